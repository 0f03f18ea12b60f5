"""Compressed bodies, inflated piece by piece and never beyond what a reply may hold.

Add here: another encoding that is asked for. Keep out: how bytes arrive (`transport.py`).

The HTTP library inflates a whole piece before anybody can ask how large it has become, and an
encoding that is named twice it inflates twice: 6 KB then become gigabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

ACCEPTED = "gzip, deflate"
_PIECE = 1024 * 1024
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class TooLarge(Exception):
    """The body holds more than it may, by its bytes on the way or inflated."""


class Inflater:
    """The bytes of one body. `encoding` is its Content-Encoding, `most` the bytes it may hold.

    Raises `httpx.DecodingError` for an encoding that was not asked for, or one within another, and
    for damaged bytes; `TooLarge` before more than `most` bytes and a piece are in memory.
    """

    def __init__(self, encoding: str, most: int) -> None:
        names = [name for name in encoding.lower().replace(",", " ").split() if name != "identity"]
        if len(names) > 1 or any(name not in _WINDOW for name in names):
            raise httpx.DecodingError(f"the answer is encoded as {encoding[:60]!r}")
        self._name = names[0] if names else ""
        self._inflate = zlib.decompressobj(_WINDOW[self._name]) if names else None
        self._most, self._came, self._given, self._raw = most, 0, 0, False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What a piece of the body holds, in pieces of at most a megabyte."""
        self._came += len(data)
        if self._came > self._most:
            raise TooLarge
        if self._inflate is None:
            yield data
            return
        while data:
            if self._inflate.eof:
                # gzip may have several members, and some servers fill up with zeros.
                data = data.lstrip(b"\0")
                if data:
                    self._inflate = zlib.decompressobj(_WINDOW[self._name])
            piece = self._inflated(data) if data else b""
            self._given += len(piece)
            if self._given > self._most:
                raise TooLarge
            if piece:
                yield piece
            ended = self._inflate.eof and data
            data = self._inflate.unused_data if ended else self._inflate.unconsumed_tail

    def _inflated(self, data: bytes) -> bytes:
        assert self._inflate is not None
        try:
            return self._inflate.decompress(data, _PIECE)
        except zlib.error as error:
            # Some servers send `deflate` without the header that belongs to it.
            if self._name == "deflate" and not self._raw and not self._given:
                self._inflate, self._raw = zlib.decompressobj(-zlib.MAX_WBITS), True
                return self._inflated(data)
            raise httpx.DecodingError(str(error)) from None

    def end(self) -> None:
        """Raise `httpx.DecodingError` if the body ended before its compression did."""
        if self._inflate is not None and self._came and not self._inflate.eof:
            raise httpx.DecodingError("the compressed answer was cut off")
