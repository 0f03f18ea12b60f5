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
from pipelines.language.text import text as text_
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
            too_deep = text_("sheets.mail_parts.lies_too_deep_within")
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
        damaged = text_("sheets.mail_parts.its_content_was_damaged")
        yield Attachment(title, refused=damaged)
        return
    yield Attachment(title, content)


def _refused(kind: str, title: str) -> Text | None:
    suffix = Path(title).suffix.lower()
    if suffix in _ARCHIVES:
        return text_("sheets.mail_parts.archives_not_unpacked_have", suffix=suffix)
    if kind == "application/ms-tnef" or title.lower() == "winmail.dat":
        return text_("sheets.mail_parts.outlook_has_wrapped_attachments")
    if kind in _ENCRYPTED or suffix == ".p7m":
        return text_("sheets.mail_parts.message_encrypted_have_sent")
    return None
