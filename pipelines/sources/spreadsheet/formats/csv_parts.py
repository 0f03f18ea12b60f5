"""A large text file cut into parts at line ends, so that memory need not grow with the file.

Add here: another sign of where a record ends. Keep out: what a part means (`large_lists.py`), and how a
text is encoded (`csv_text.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from pipelines.language import Text
from pipelines.sources.spreadsheet.formats.csv_text import evident, is_utf8, marked

PART = 8 * 1024 * 1024
WHOLE_UP_TO = 24 * 1024 * 1024  # what is smaller is read at once
LEAST_LARGEST = 300 * 1024 * 1024
_MEMORY_PER_BYTE = 3  # the file, its rows and a part at work (measured: 2.8)
# Their line ends and quotation marks may be bytes of other characters.
_NOT_CUT = ("utf-32", "utf_32", "utf-7", "utf_7", "iso2022", "iso-2022", "hz")


def largest_text() -> int:
    """Bytes that a text file may have: what a quarter of the machine's memory holds, 300 MB at least."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(LEAST_LARGEST, machine // 4 // _MEMORY_PER_BYTE)


def encoding_of(data: bytes, told: str | None) -> tuple[str | None, Text | None]:
    """How a large text is encoded (None: in a way that cannot be cut), and what is worth a remark.

    `told` is what the mapping says. Raises `FileRejected` where the bytes show no encoding.
    """
    mark = marked(data)
    if mark == "utf-16":
        return "utf-16-le" if data[:1] == b"\xff" else "utf-16-be", None
    if mark:
        return mark, None
    if is_utf8(data):
        return "utf-8", None
    encoding, remark = (told, None) if told else evident(data)
    return (None if encoding.casefold().startswith(_NOT_CUT) else encoding), remark


def parts(data: bytes, encoding: str = "utf-8") -> Iterator[bytes]:
    """Slices of about `PART` bytes that end with a record: behind a line end outside quotation marks.

    In UTF-8, GB18030 and code pages neither byte is ever part of another character.
    """
    wide = encoding.startswith("utf-16")
    start = 0
    while start < len(data):
        end, quotes, counted = min(start + PART, len(data)), 0, start
        end += (end - start) % 2 if wide else 0
        while end < len(data):
            end = _line_end(data, start, end, encoding if wide else "")
            piece = data[counted:end]
            quotes += piece.decode(encoding, "replace").count('"') if wide else piece.count(b'"')
            counted = end
            if quotes % 2 == 0:
                break
        yield data[start:end]
        start = end


def _line_end(data: bytes, start: int, at: int, wide: str) -> int:
    """Behind the first line end from `at` on; `wide` names an encoding of two bytes."""
    sought = "\n".encode(wide) if wide else b"\n"
    found = data.find(sought, at)
    while wide and found >= 0 and (found - start) % 2:
        found = data.find(sought, found + 1)
    return len(data) if found < 0 else found + len(sought)
