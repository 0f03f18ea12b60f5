"""The facts of an Excel binary workbook (.xlsb) that value readers hide: errors, calendar, currencies.

Add here: another record that carries such a fact. Keep out: cell values (python-calamine reads those).

Record layouts: [MS-XLSB], sections 2.4.1 to 2.4.1032: a type and a length of variable size, then the
body. BrtRowHdr (0), BrtCellError (3), BrtFmlaError (11), BrtFmt (44), BrtXF (47), BrtWbProp (153),
BrtBundleSh (156), BrtBeginCellXFs (617).

Excel writes the column into every cell. Other programs leave it out where a cell stands right of the one
before (BrtShort..., 12 to 18); the value reader passes over such cells without a word, so they are given
their columns first.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator

from pipelines.sources.spreadsheet.formats.facts.number_formats import currency_of, foreign
from pipelines.sources.spreadsheet.formats.facts.ooxml import Package
from pipelines.sources.spreadsheet.formats.grid import SheetFacts
from pipelines.sources.spreadsheet.formats.refused import MOST_CELLS, damaged, too_far

_ROW, _ERROR, _FORMULA_ERROR, _PROPERTIES, _SHEET = 0, 3, 11, 153, 156
_LAST_CELL = 11  # records 1 to 11 are cells
_FIRST_SHORT, _LAST_SHORT = 12, 18  # the cells 1 to 7 without their column
_NUMBERS = (2, 5, 9)
_FORMAT, _CELL_FORMAT, _CELL_FORMATS, _CELL_FORMATS_END = 44, 47, 617, 618
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


def read_facts(package: Package, own: str) -> tuple[bool, dict[str, SheetFacts]]:
    """(counts from 1904, facts by sheet name); `own` is the company's currency. Raises `Refused`."""
    date1904 = False
    shown = foreign(_currencies(package), own)
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
            found[name] = _sheet(name, package.data(part), shown)
    return date1904, found


def with_columns(data: bytes, package: Package) -> tuple[bytes, Package]:
    """The workbook with a column in every cell; itself if all of them have one. Raises `Refused`."""
    sheets = set(package.targets("xl/_rels/workbook.bin.rels").values())
    sheets = {part.casefold() for part in sheets if "/worksheets/" in part and package.has(part)}
    whole = {part: _whole(package.data(part)) for part in sheets}
    if not any(whole.values()):
        return data, package
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.infolist():
            kept = whole.get(part.filename.casefold())
            target.writestr(part.filename, kept or source.read(part))
    data = written.getvalue()
    return data, Package(data)


def _whole(data: bytes) -> bytes | None:
    """A sheet's records with the cells' columns written out; None if none of them is short."""
    if not any(_FIRST_SHORT <= kind <= _LAST_SHORT for kind, _ in _records(data)):
        return None
    written, column = bytearray(), -1
    for kind, body in _records(data):
        if kind == _ROW:
            column = -1
        elif _ROW < kind <= _LAST_CELL and len(body) >= 4:
            (column,) = struct.unpack_from("<I", body)
        elif _FIRST_SHORT <= kind <= _LAST_SHORT:
            column += 1
            kind, body = kind - _FIRST_SHORT + 1, struct.pack("<I", column) + body
        written += bytes([kind] if kind < 0x80 else [kind & 0x7F | 0x80, kind >> 7])
        length = len(body)
        while length >= 0x80:
            written.append(length & 0x7F | 0x80)
            length >>= 7
        written.append(length)
        written += body
    return bytes(written)


def _currencies(package: Package) -> list[str]:
    """The currency that each style of cells shows, empty for none."""
    formats: dict[int, str] = {}
    styles: list[str] = []
    within = False
    if package.has("xl/styles.bin"):
        for kind, body in _records(package.data("xl/styles.bin")):
            if kind == _FORMAT and len(body) >= 6:
                formats[struct.unpack_from("<H", body)[0]] = currency_of(_text(body, 2)[0])
            elif kind in (_CELL_FORMATS, _CELL_FORMATS_END):
                within = kind == _CELL_FORMATS
            elif kind == _CELL_FORMAT and within and len(body) >= 4:
                styles.append(formats.get(struct.unpack_from("<H", body, 2)[0], ""))
    return styles


def _sheet(name: str, data: bytes, shown: list[str]) -> SheetFacts:
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
            style = int.from_bytes(body[4:7], "little")
            if kind in _NUMBERS and style < len(shown) and shown[style]:
                facts.currencies[(row, column)] = shown[style]
            if kind in (_ERROR, _FORMULA_ERROR) and len(body) >= 9:
                facts.errors[(row, column)] = _CODES.get(body[8], "#N/A")
    cells = (facts.last_row + 1) * (facts.last_column + 1)
    if cells > MOST_CELLS:
        raise too_far(name, cells)
    return facts
