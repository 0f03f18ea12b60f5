"""A large text file cut into parts at line ends, so that memory need not grow with the file.

Add here: another sign of where a record ends. Keep out: what a part means (`large_lists.py`).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

PART = 8 * 1024 * 1024
WHOLE_UP_TO = 24 * 1024 * 1024  # what is smaller is read at once
LARGEST_TEXT = 300 * 1024 * 1024


def encoding_of(data: bytes) -> str | None:
    """utf-8-sig, utf-8 or gb18030 by strict decoding of all of it; None for UTF-16, whose lines end otherwise.

    A file that is none of these is called gb18030, and decoding it then says what is wrong.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for at in range(0, len(data), PART):
            decoder.decode(view[at : at + PART], final=at + PART >= len(data))
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"


def parts(data: bytes) -> Iterator[bytes]:
    """Slices of about `PART` bytes that end with a record: behind a line end outside quotation marks.

    In UTF-8 and GB18030 neither byte is ever part of another character.
    """
    start = 0
    while start < len(data):
        end, quotes, counted = min(start + PART, len(data)), 0, start
        while end < len(data):
            line_end = data.find(b"\n", end)
            end = len(data) if line_end < 0 else line_end + 1
            quotes += data.count(b'"', counted, end)
            counted = end
            if quotes % 2 == 0:
                break
        yield data[start:end]
        start = end
