"""The attachments of one message: names and bytes, and why one cannot be taken.

Add here: another kind of part. Keep out: which of them are wanted (`mailbox.py`), and what is
inside a sheet.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

from pipelines.language import Text
from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.places.mail_text import part_name

_DEEPEST = 20  # parts within parts; more is a message made to hurt
_ARCHIVES = {".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz"}
_NOT_FILES = {"application/pgp-signature", "application/pkcs7-signature", "text/calendar"}
_ENCRYPTED = {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}


@dataclass(frozen=True)
class Attachment:
    """One attachment. `refused` says why its content is not taken; `content` is empty then."""

    title: str
    content: bytes = b""
    refused: Text | None = None


def attachments(raw: bytes) -> list[Attachment]:
    """Every attachment in the order of the message, those of forwarded messages included.

    Texts, pictures (they are mostly parts of a signature), invitations and signatures are left
    out. Archives, wrapped and encrypted messages are named with the reason.
    """
    return list(_walk(BytesParser().parsebytes(raw), 0))


def _walk(part: Message, depth: int) -> Iterator[Attachment]:
    kind = part.get_content_type()
    if part.is_multipart():  # also message/rfc822: its payload is the message within
        if depth >= _DEEPEST:
            too_deep = Told(
                "it lies too deep within forwarded messages", "它在层层转发的邮件里埋得太深"
            )
            yield Attachment("unnamed", refused=too_deep)
            return
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _walk(inner, depth + 1)
        return
    name = part_name(part)
    attached = part.get_content_disposition() == "attachment"
    if part.get_content_maintype() == "image" or kind in _NOT_FILES:
        return
    if not name and (not attached and part.get_content_maintype() in ("text", "multipart")):
        return  # the message's own words
    title = name or f"unnamed{mimetypes.guess_extension(kind) or ''}"
    if refused := _refused(kind, title):
        yield Attachment(title, refused=refused)
        return
    content = part.get_payload(decode=True)
    broken = [type(d).__name__ for d in part.defects if "Base64" in type(d).__name__]
    if broken or not isinstance(content, bytes):
        damaged = Told(
            "its content was damaged on the way; have it sent again",
            "内容在传送中损坏，请对方重新发送",
        )
        yield Attachment(title, refused=damaged)
        return
    yield Attachment(title, content)


def _refused(kind: str, title: str) -> Text | None:
    suffix = Path(title).suffix.lower()
    if suffix in _ARCHIVES:
        return Told(
            f"archives ({suffix}) are not unpacked; have the workbook itself attached",
            f"压缩包（{suffix}）不会解压，请对方直接附上工作簿",
        )
    if kind == "application/ms-tnef" or title.lower() == "winmail.dat":
        return Told(
            "Outlook has wrapped the attachments (winmail.dat); have the message sent as HTML or "
            "plain text instead of rich text",
            "Outlook 把附件封装了起来（winmail.dat）；请对方用 HTML 或纯文本格式发送，不要用 RTF 格式",
        )
    if kind in _ENCRYPTED or suffix == ".p7m":
        return Told(
            "the message is encrypted; have it sent without encryption of the message",
            "邮件已加密，请对方不加密发送",
        )
    return None
