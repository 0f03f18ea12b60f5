"""The facts of an .xls file (BIFF8) that value readers hide: errors, formulas, hidden rows, dates,
currencies.

Add here: another record of the format that carries such a fact.
Keep out: cell values (python-calamine reads those).

Record layouts: [MS-XLS], sections 2.4.24 (BoolErr), 2.4.77 (Date1904), 2.4.28 (BoundSheet8),
2.4.126 (Format), 2.4.127 (Formula), 2.4.175 (MulRk), 2.4.180 (Number), 2.4.220 (RK), 2.4.221 (Row),
2.4.268 (String: the text result of the formula before it), 2.4.353 (XF).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipelines.sources.spreadsheet.formats.facts.number_formats import currency_of, foreign
from pipelines.sources.spreadsheet.formats.grid import SheetFacts

_BOF, _EOF, _DATEMODE, _BOUNDSHEET, _FILEPASS = 0x0809, 0x000A, 0x0022, 0x0085, 0x002F
_ROW, _FORMULA, _STRING, _BOOLERR = 0x0208, 0x0006, 0x0207, 0x0205
_FORMAT, _STYLE, _NUMBER, _RK, _RKS = 0x041E, 0x00E0, 0x0203, 0x027E, 0x00BD
_CODES = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
}


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    offset = start
    while offset + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, offset)
        yield kind, stream[offset + 4 : offset + 4 + length]
        offset += 4 + length


def is_encrypted(stream: bytes) -> bool:
    """True if a FilePass record (2.4.117) precedes the sheets."""
    for kind, _ in _records(stream, 0):
        if kind in (_FILEPASS, _EOF):
            return kind == _FILEPASS
    return False


def read_facts(stream: bytes, own: str) -> tuple[bool, dict[str, SheetFacts]]:
    """(date1904, facts by sheet name) of a `Workbook` stream; a cut-off stream gives what it has.

    `own` is the company's currency.
    """
    date1904 = False
    formats: dict[int, str] = {}
    styles: list[str] = []
    offsets: dict[str, int] = {}
    for kind, body in _records(stream, 0):
        if kind == _EOF:
            break
        if kind == _DATEMODE and body[:2] == b"\x01\x00":
            date1904 = True
        elif kind == _BOUNDSHEET and len(body) >= 8:
            (offset,) = struct.unpack_from("<I", body)
            wide = bool(body[7] & 1)
            offsets[_text(body[8:], body[6], wide)] = offset
        elif kind == _FORMAT and len(body) >= 5:
            number, length = struct.unpack_from("<HH", body)
            formats[number] = currency_of(_text(body[5:], length, bool(body[4] & 1)))
        elif kind == _STYLE and len(body) >= 4:
            styles.append(formats.get(struct.unpack_from("<H", body, 2)[0], ""))
    shown = foreign(styles, own)
    return date1904, {name: _sheet(stream, offset, shown) for name, offset in offsets.items()}


def _text(body: bytes, length: int, wide: bool) -> str:
    raw = body[: length * (2 if wide else 1)]
    return raw.decode("utf-16-le" if wide else "latin-1", "replace")


def _sheet(stream: bytes, start: int, shown: list[str]) -> SheetFacts:
    facts = SheetFacts()
    depth = 0
    last = (-1, -1)  # the formula whose text result may follow
    for kind, body in _records(stream, start):
        if kind == _BOF:
            depth += 1  # embedded charts are sub-streams of their own
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                break
        elif depth != 1:
            continue
        elif kind == _ROW and len(body) >= 14:
            if struct.unpack_from("<H", body, 12)[0] & 0x20:
                facts.hidden_rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _BOOLERR and len(body) >= 8:
            row, column = struct.unpack_from("<HH", body)
            if body[7]:
                facts.errors[(row, column)] = _CODES.get(body[6], "#N/A")
        elif kind in (_NUMBER, _RK, _RKS) and len(body) >= 6:
            _money(facts, shown, kind, body)
        elif kind == _FORMULA and len(body) >= 14:
            _money(facts, shown, kind, body)
            row, column = struct.unpack_from("<HH", body)
            last = (row, column)
            _formula(facts, last, body[6:14])
        elif kind == _STRING:
            facts.uncached.discard(last)
    return facts


def _money(facts: SheetFacts, shown: list[str], kind: int, body: bytes) -> None:
    """The currencies that one record of numbers shows: of a cell, or of several in a row."""
    row, column = struct.unpack_from("<HH", body)
    at = range(4, len(body) - 2, 6) if kind == _RKS else (4,)
    for place, offset in enumerate(at):
        (style,) = struct.unpack_from("<H", body, offset)
        if style < len(shown) and shown[style]:
            facts.currencies[(row, column + place)] = shown[style]


def _formula(facts: SheetFacts, cell: tuple[int, int], result: bytes) -> None:
    facts.formulas.add(cell)
    if result[6:8] == b"\xff\xff":  # not a number: text, truth value, error or empty text
        if result[0] == 0:
            facts.uncached.add(cell)  # until the text is seen
        elif result[0] == 3:
            facts.hollow.add(cell)
        elif result[0] == 2:
            facts.errors[cell] = _CODES.get(result[2], "#N/A")
    elif struct.unpack("<d", result)[0] == 0:
        facts.hollow.add(cell)
