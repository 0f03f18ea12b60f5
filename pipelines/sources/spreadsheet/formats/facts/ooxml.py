"""The facts of an .xlsx/.xlsm file that value readers hide: errors, formulas, hidden rows, dates.

Add here: another fact read from the XML of a workbook or sheet.
Keep out: cell values (python-calamine reads those), and what to do about a fact.

Names are compared without namespace, so that the Strict variant of the format reads as well.
Document type declarations are refused before any entity could expand.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers import expat

from pipelines.sources.spreadsheet.formats.facts.number_formats import currency_of, foreign
from pipelines.sources.spreadsheet.formats.grid import SheetFacts, letters, position
from pipelines.sources.spreadsheet.formats.refused import (
    MOST_UNPACKED,
    Refused,
    damaged,
    too_far,
)

_BLOCK = 1 << 18
MOST_PARTS = 20_000

# What zipfile raises over damaged archives, unknown compression and encrypted members.
_ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)


class Package:
    """A zip of parts. Raises `Refused` for what must not be opened.

    Parts are found in any case, as office programs and the value reader find them.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            parts = self._zip.infolist()
        except _ZIP_FAULTS as error:
            raise damaged() from error
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS:
            counted = {"count": f"{len(parts):,}", "most": f"{MOST_PARTS:,}"}
            raise Refused("sheets.too_many_parts", "sheets.next.delete_unused", **counted)
        if unpacked > MOST_UNPACKED:
            raise Refused(
                "sheets.unpacks_too_large",
                "sheets.next.delete_unused",
                size=unpacked // 1048576,
                most=MOST_UNPACKED // 1048576,
            )
        self._parts = {part.filename.casefold(): part.filename for part in parts}
        if len(self._parts) < len(parts):
            raise Refused("sheets.two_parts_one_name", "sheets.next.copy_ended")
        self.date1904 = False
        self._sheets: dict[str, str] = {}
        self._currencies: list[str] = []

    def has(self, part: str) -> bool:
        return part.casefold() in self._parts

    def has_any(self, start: str, end: str) -> bool:
        return any(name.startswith(start) and name.endswith(end) for name in self._parts)

    def read_workbook(self) -> None:
        """Read which part holds which sheet, the calendar, and the currencies of number formats."""
        ids: dict[str, str] = {}

        def workbook(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr":
                self.date1904 = attributes.get("date1904", "0") in ("1", "true")
            elif name == "sheet":
                sheet = attributes.get("name", "")
                if sheet in ids:
                    raise Refused("sheets.two_sheets_one_name", "sheets.next.save_as", sheet=sheet)
                ids[sheet] = attributes.get("id", "")

        self.parse("xl/workbook.xml", workbook)
        targets = self.targets("xl/_rels/workbook.xml.rels")
        self._sheets = {sheet: targets.get(one, "") for sheet, one in ids.items()}
        if self.has("xl/styles.xml"):
            styles = _Styles()
            self.parse("xl/styles.xml", styles.start, styles.end)
            self._currencies = styles.currencies

    def targets(self, part: str) -> dict[str, str]:
        """The parts that a workbook names, by the id of the relation."""
        found: dict[str, str] = {}

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target[1:] if target.startswith("/") else posixpath.join("xl", target)
                found[attributes.get("Id", "")] = posixpath.normpath(path)

        if self.has(part):
            self.parse(part, relation)
        return found

    def facts(self, sheet: str, most_cells: int, currency: str) -> SheetFacts:
        """The facts of one sheet; raises `Refused` if its extent is absurd, or its part is missing."""
        scan = _SheetScan(self._currencies, currency)
        part = self._sheets.get(sheet, "")
        if not self.has(part):
            raise damaged(where=sheet)
        self.parse(part, scan.start, scan.end, scan.text)
        facts = scan.facts
        cells = (facts.last_row + 1) * (facts.last_column + 1)
        if cells > most_cells:
            raise too_far(f"{sheet}!{letters(facts.last_column)}{facts.last_row + 1}", cells)
        return facts

    def data(self, part: str) -> bytes:
        """The bytes of one part, as far as they may go."""
        try:
            with self._zip.open(self._parts[part.casefold()]) as stream:
                found = stream.read(MOST_UNPACKED + 1)
        except _ZIP_FAULTS as error:
            raise damaged() from error
        if len(found) > MOST_UNPACKED:
            raise _part_too_large()
        return found

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Stream one part through handlers of elements; names come without their namespace."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True

        def local(name: str) -> str:
            return name.rpartition(" ")[2]

        def on_start(name: str, attributes: dict[str, str]) -> None:
            start(local(name), {local(key): value for key, value in attributes.items()})

        def refuse(*_: Any) -> None:
            raise Refused("sheets.declares_entities", "sheets.next.ask_sender")

        parser.StartElementHandler = on_start
        parser.StartDoctypeDeclHandler = refuse
        if end is not None:
            parser.EndElementHandler = lambda name: end(local(name))
        if text is not None:
            parser.CharacterDataHandler = text
        seen, size = 0, _BLOCK
        try:
            with self._zip.open(self._parts[part.casefold()]) as stream:
                while block := stream.read(size):
                    # Sizes in the directory of a zip can lie; what really unpacks cannot.
                    seen += len(block)
                    if seen > MOST_UNPACKED:
                        raise _part_too_large()
                    before = parser.CurrentByteIndex
                    parser.Parse(block, False)
                    # A token that goes on is read again from its start: so the pieces grow with it.
                    size = _BLOCK if parser.CurrentByteIndex != before else 2 * size
                parser.Parse(b"", True)
        except (*_ZIP_FAULTS, expat.ExpatError) as error:
            raise damaged() from error


def _part_too_large() -> Refused:
    return Refused("sheets.part_too_large", "sheets.next.ask_sender", most=MOST_UNPACKED // 1048576)


class _Styles:
    """Collects the currency that each cell style shows, empty for none."""

    def __init__(self) -> None:
        self._formats: dict[str, str] = {}
        self._within = False
        self.currencies: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            code = attributes.get("formatCode", "")
            self._formats[attributes.get("numFmtId", "")] = currency_of(code)
        elif name == "cellXfs":
            self._within = True
        elif name == "xf" and self._within:
            self.currencies.append(self._formats.get(attributes.get("numFmtId", ""), ""))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._within = False


_CELL = re.compile(r"^[A-Z]{1,3}[1-9]\d{0,6}$")


class _SheetScan:
    """Collects the facts of one sheet while its XML streams by.

    A cell counts towards the extent as soon as it holds an element, even an empty one: value readers
    make empty text of it.
    """

    def __init__(self, currencies: list[str], own: str) -> None:
        self.facts = SheetFacts()
        self._foreign = foreign(currencies, own)
        self._currency = ""
        self._row, self._column = -1, -1
        self._kind = ""
        self._formula = self._in_value = False
        self._value: list[str] = []
        self._has_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            reference = attributes.get("r")
            if reference is None:
                self._column += 1
            elif _CELL.match(reference):
                self._row, self._column = position(reference)
            else:
                raise damaged()
            self._kind = attributes.get("t", "n")
            style = attributes.get("s", "")
            self._currency = (
                self._foreign[int(style)]
                if style.isdecimal() and int(style) < len(self._foreign)
                else ""
            )
            self._formula = self._has_value = False
            self._value.clear()
        elif name in ("v", "t"):
            self._in_value = self._has_value = True
        elif name == "is":
            self._has_value = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            number = attributes.get("r")
            if number is not None and not (number.isdecimal() and 0 < int(number) <= 1 << 20):
                raise damaged()
            self._row = int(number) - 1 if number else self._row + 1
            self._column = -1
            if attributes.get("hidden") in ("1", "true"):
                self.facts.hidden_rows.add(self._row)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", "").split(":"))

    def _merge(self, corners: Iterable[str]) -> None:
        try:
            (top, left), (bottom, right) = (position(corner) for corner in corners)
        except ValueError:
            return
        self.facts.merges.append((top, left, bottom, right))

    def text(self, data: str) -> None:
        if self._in_value:
            self._value.append(data)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_value = False
        elif name == "c":
            self._close()

    def _close(self) -> None:
        facts, cell, value = self.facts, (self._row, self._column), "".join(self._value)
        if self._formula:
            facts.formulas.add(cell)
            if not value and self._kind != "str":
                facts.uncached.add(cell)
            elif not value or (self._kind == "n" and value in ("0", "0.0")):
                facts.hollow.add(cell)
        if self._kind == "e":
            facts.errors[cell] = value or "#N/A"
        if self._currency and value and self._kind == "n":
            facts.currencies[cell] = self._currency
        if self._has_value or self._formula:
            facts.last_row = max(facts.last_row, self._row)
            facts.last_column = max(facts.last_column, self._column)
