"""Header fields of a mail as text, in whatever way the sender's program has encoded them.

Add here: another way of encoding a header or a file name.
Keep out: what a header means (`mail_rules.py`) and which parts are attachments (`mail_parts.py`).
"""

from __future__ import annotations

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from urllib.parse import unquote_to_bytes

# Programs name the small character set and use characters of the large one that contains it.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "us-ascii": "utf-8"}
_LONGEST_SHOWN = 120
_MAIL_NAME = re.compile(r"^\d{4}-\d\d-\d\d \S+@\S+ ")
# Words that follow one another: a character may be cut between two of them.
_WORDS = re.compile(r"(?:=\?[^?\s]+\?[bBqQ]\?[^?]*\?=(?:\s+(?==\?))?)+")


def raw_headers(message: Message, name: str) -> list[str]:
    """Every header of that name, topmost first, unfolded; bytes outside ASCII are decoded."""
    return [
        _unfolded(decoded_bytes(str(value).encode("ascii", "surrogateescape")))
        for key, value in message.raw_items()
        if key.lower() == name.lower()
    ]


def header_text(message: Message, name: str) -> str:
    """The first header of that name with its encoded words decoded, or an empty text."""
    values = raw_headers(message, name)
    return shown(encoded_words(values[0])) if values else ""


def encoded_words(text: str) -> str:
    """`=?gb2312?B?...?=` as text (RFC 2047); text without such words comes back as it is."""
    return _WORDS.sub(_run_of_words, text)


def decoded_bytes(data: bytes, charset: str | None = None) -> str:
    """Bytes in the charset that was given, else UTF-8, else GB 18030 (which contains GBK)."""
    given = (charset or "").lower()
    for name in (_WIDER.get(given, given), "utf-8", "gb18030"):
        if not name or name == "unknown-8bit":
            continue
        try:
            return data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return data.decode("utf-8", "replace")


def part_name(part: Message) -> str:
    """The file name of a part: `filename` or `name`, by RFC 2231, RFC 2047 or in raw bytes."""
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        values = raw_headers(part, header)
        if not values:
            continue
        # A message of its own, since the library would replace bytes outside ASCII by marks.
        bare = Message()
        bare[header] = values[0]
        given = bare.get_param(parameter, header=header)
        if isinstance(given, tuple):
            charset, _, value = given
            # The library has put the bytes of %XX into a text of Latin-1 characters.
            try:
                name = decoded_bytes(value.encode("latin-1"), charset)
            except UnicodeEncodeError:
                name = decoded_bytes(unquote_to_bytes(value), charset)
        else:
            name = encoded_words(given or "")
        if name := file_name(name):
            return name
    return ""


def file_name(text: str) -> str:
    """A name without folders and without characters that a name should not have."""
    name = re.split(r"[/\\]", shown(text))[-1].strip(" .")
    stem, dot, suffix = name.rpartition(".")
    # The suffix says what the file is, so a long name is cut before it.
    return name if len(name) <= _LONGEST_SHOWN else f"{stem[:100]}{dot}{suffix[:10]}"


def is_mail_name(name: str) -> bool:
    """True for the name under which an attachment is shown: `<day> <sender> <its name>`."""
    return bool(_MAIL_NAME.match(name))


def given_name(name: str) -> str:
    """The name that the author gave: of an attachment without day and sender, who may bear a year."""
    return _MAIL_NAME.sub("", name)


def shown(text: str) -> str:
    """Text on one line, composed, without control and direction characters."""
    plain = "".join(" " if c in "\r\n\t" else c for c in text)
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co"))
    return unicodedata.normalize("NFC", re.sub(r" {2,}", " ", plain)).strip()


def shortened(text: str) -> str:
    """Text cut to a length that fits a message."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _run_of_words(found: re.Match[str]) -> str:
    try:
        parts = decode_header(found.group(0).strip())
    except HeaderParseError:
        return found.group(0)
    return "".join(
        part if isinstance(part, str) else decoded_bytes(part, charset) for part, charset in parts
    )


def _unfolded(text: str) -> str:
    return re.sub(r"\r?\n[ \t]?", " ", text)
