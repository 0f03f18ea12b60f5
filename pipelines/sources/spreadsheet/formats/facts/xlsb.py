"""The facts of an Excel binary workbook (.xlsb) that value readers hide: errors, calendar.

Add here: another record that carries such a fact. Keep out: cell values (python-calamine reads those).

Record layouts: [MS-XLSB], sections 2.4.1 to 2.4.1032: a type and a length of variable size, then the
body. BrtRowHdr (0), BrtCellError (3), BrtFmlaError (11), BrtWbProp (153), BrtBundleSh (156).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from pipelines.sources.spreadsheet.formats.facts.ooxml import Package
from pipelines.sources.spreadsheet.formats.grid import SheetFacts
from pipelines.sources.spreadsheet.formats.refused import MOST_CELLS, damaged, too_far

_ROW, _ERROR, _FORMULA_ERROR, _PROPERTIES, _SHEET = 0, 3, 11, 153, 156
_LAST_CELL = 11  # records 1 to 11 are cells
_CODES = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset, end = 0, len(data)
    while offset < end:
        kind = data[offset]
        offset += 1
        if kind & 0x80 and offset < end:
            kind = kind & 0x7F | (data[offset] & 0x7F) << 7
            offset += 1
        length = 0
        for part in range(4):
            if offset >= end:
                return
            byte = data[offset]
            offset += 1
            length |= (byte & 0x7F) << 7 * part
            if not byte & 0x80:
                break
        yield kind, data[offset : offset + length]
        offset += length


def _text(body: bytes, offset: int) -> tuple[str, int]:
    (count,) = struct.unpack_from("<I", body, offset)
    end = offset + 4 + 2 * count
    if count == 0xFFFFFFFF or end > len(body):
        return "", offset + 4
    return body[offset + 4 : end].decode("utf-16-le", "replace"), end


def read_facts(package: Package) -> tuple[bool, dict[str, SheetFacts]]:
    """(counts from 1904, facts by sheet name). Raises `Refused`."""
    date1904 = False
    targets = package.targets("xl/_rels/workbook.bin.rels")
    found: dict[str, SheetFacts] = {}
    for kind, body in _records(package.data("xl/workbook.bin")):
        if kind == _PROPERTIES and body:
            date1904 = bool(body[0] & 1)
        elif kind == _SHEET and len(body) >= 12:
            relation, offset = _text(body, 8)
            name, _ = _text(body, offset)
            part = targets.get(relation, "")
            if not package.has(part):
                raise damaged(where=name)
            found[name] = _sheet(name, package.data(part))
    return date1904, found


def _sheet(name: str, data: bytes) -> SheetFacts:
    facts = SheetFacts()
    row = -1
    for kind, body in _records(data):
        if kind == _ROW and len(body) >= 4:
            (row,) = struct.unpack_from("<I", body)
        elif _ROW < kind <= _LAST_CELL and len(body) >= 8:
            (column,) = struct.unpack_from("<I", body)
            if kind > 1:  # 1 is a cell with nothing but a format
                facts.last_row = max(facts.last_row, row)
                facts.last_column = max(facts.last_column, column)
            if kind in (_ERROR, _FORMULA_ERROR) and len(body) >= 9:
                facts.errors[(row, column)] = _CODES.get(body[8], "#N/A")
    cells = (facts.last_row + 1) * (facts.last_column + 1)
    if cells > MOST_CELLS:
        raise too_far(name, cells)
    return facts
