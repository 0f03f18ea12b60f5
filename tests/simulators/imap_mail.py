"""Messages as mail programs write them: the ways to name an attachment, and odd parts.

Add here: another form of a message. Keep out: the server that holds it (`imap.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from email.message import EmailMessage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NUMBERS = iter(range(1, 10**6))


def mail(
    files: Mapping[str, bytes | str],
    *,
    sender: str = "li@acme.cn",
    subject: str = "周报",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """A message with attachments, named by RFC 2231 as the standard library does."""
    message = EmailMessage()
    for name, value in (headers or {}).items():
        message[name] = value
    message["From"] = f"李明 <{sender}>"
    message["To"] = "reports@acme.cn"
    message["Subject"] = subject
    message["Date"] = "Fri, 30 Oct 2026 09:00:00 +0800"
    message["Message-ID"] = f"<{next(_NUMBERS)}@acme.cn>"
    message.set_content("请查收附件。")
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def raw_mail(*parts: bytes, headers: bytes = b"", kind: bytes = b"multipart/mixed") -> bytes:
    """A message out of parts that are written byte by byte."""
    head = headers or b"From: li@acme.cn\r\nSubject: x\r\nMessage-ID: <%d@x>\r\n" % next(_NUMBERS)
    body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts)
    return head + b"Content-Type: " + kind + b'; boundary="cut"\r\n\r\n' + body + b"--cut--\r\n"


def part(disposition: bytes, content: bytes, kind: bytes = b"application/octet-stream") -> bytes:
    """One part, with its Content-Disposition (or none) given whole."""
    named = b"Content-Disposition: " + disposition + b"\r\n" if disposition else b""
    data = base64.encodebytes(content)
    return (
        b"Content-Type: "
        + kind
        + b"\r\n"
        + named
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + data
    )
