"""Tables under an Excel name that are no Excel files: HTML pages, and SpreadsheetML of 2003.

Add here: another markup in which older business systems export tables.
Keep out: archives of XML parts (`ooxml.py`, `ods.py`).

Every table of a page is a sheet of its own; tables that only lay out others are passed over. Cells
are text as shown, and numbers or dates where SpreadsheetML says so.
"""

from __future__ import annotations

import codecs
import contextlib
import datetime as dt
import re
from html.parser import HTMLParser
from typing import Any
from xml.parsers import expat

from pipelines.sources.spreadsheet.formats.grid import SheetFacts
from pipelines.sources.spreadsheet.formats.refused import MOST_CELLS, Refused, damaged, too_far

Sheet = tuple[str, bool, list[list[Any]], SheetFacts]
_WIDEST, _LONGEST = 16_384, 1_048_576
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_\-]+)", re.IGNORECASE)


def read_sheets(data: bytes) -> list[Sheet]:
    """Every table as (name, shown, rows, facts). Raises `Refused` if there is none."""
    head = data[:4096].lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in data[:8192] and b"<html" not in head:
        found = _Spreadsheet2003().read(data)
    else:
        page = _Page()
        page.feed(_text(data))
        page.close()
        found = page.sheets()
    if not found:
        key = "sheets.is_page" if b"<?xml" not in head[:100] else "sheets.is_xml"
        raise Refused(key, "sheets.next.save_as")
    return found


def _text(data: bytes) -> str:
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    said = _CHARSET.search(data[:4096])
    names = [said.group(1).decode("ascii")] if said else []
    for encoding in (*names, "utf-8", "gb18030"):
        encoding = "gb18030" if encoding.lower() in ("gb2312", "gbk") else encoding
        with contextlib.suppress(UnicodeDecodeError, LookupError):
            return data.decode(encoding)
    raise damaged()


class _Table:
    """One table while its cells come in; a cell that spans others is a merged range."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[list[Any]] = []
        self.facts = SheetFacts()
        self.nested = False
        self._taken: set[tuple[int, int]] = set()
        self._cells = 0

    def row(self, number: int | None = None) -> None:
        while len(self.rows) < (number if number is not None else len(self.rows)) or not number:
            self.rows.append([])
            if not number:
                break
        if len(self.rows) > _LONGEST:
            raise too_far(self.name, len(self.rows))

    def put(self, value: Any, down: int, across: int, column: int | None = None) -> None:
        if not self.rows:
            self.rows.append([])
        row = len(self.rows) - 1
        cells = self.rows[row]
        place = len(cells) if column is None else column
        while (row, place) in self._taken:
            place += 1
        if place + across > _WIDEST or down > _LONGEST:
            raise too_far(self.name, (row + down) * (place + across))
        self._cells += max(place + 1 - len(cells), 0) + down * across
        if self._cells > MOST_CELLS:
            raise too_far(self.name, self._cells)
        cells.extend([""] * (place + 1 - len(cells)))
        cells[place] = value
        if down > 1 or across > 1:
            self.facts.merges.append((row, place, row + down - 1, place + across - 1))
            for below in range(down):
                self._taken.update((row + below, place + beside) for beside in range(across))
            if down > 1 or across > 1:
                cells.extend([""] * (place + across - len(cells)))


class _Page(HTMLParser):
    """The tables of an HTML page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[_Table] = []
        self._done: list[_Table] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._close_cell()
            if self._open:
                self._open[-1].nested = True  # those around it are already
            self._open.append(_Table(f"Table{len(self._open) + len(self._done) + 1}"))
        elif not self._open:
            return
        elif tag == "tr":
            self._close_cell()
            self._open[-1].row()
        elif tag in ("td", "th"):
            self._close_cell()
            given = dict(attrs)
            self._span = (_count(given.get("rowspan")), _count(given.get("colspan")))
            self._cell = []
        elif tag in ("br", "p", "div") and self._cell:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr"):
            self._close_cell()
        elif tag == "table" and self._open:
            self._close_cell()
            self._done.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is not None and self._open:
            words = " ".join("".join(self._cell).replace("\xa0", " ").split())
            self._open[-1].put(words, *self._span)
        self._cell = None

    def sheets(self) -> list[Sheet]:
        self._close_cell()
        tables = [table for table in (*self._done, *self._open) if not table.nested]
        filled = [t for t in tables if any(value for row in t.rows for value in row)]
        return [(table.name, True, table.rows, table.facts) for table in filled]


def _count(value: str | None) -> int:
    return max(int(value), 1) if value and value.isdecimal() and len(value) < 8 else 1


class _Spreadsheet2003:
    """The worksheets of a SpreadsheetML 2003 document (`ss:Worksheet`, `ss:Row`, `ss:Cell`)."""

    def __init__(self) -> None:
        self._tables: list[_Table] = []
        self._place: int | None = None
        self._span = (1, 1)
        self._type = ""
        self._words: list[str] | None = None
        self._value: Any = ""

    def read(self, data: bytes) -> list[Sheet]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _no_entities
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise damaged(str(error)) from error
        return [(table.name, True, table.rows, table.facts) for table in self._tables]

    def _start(self, name: str, given: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        own = {key.rpartition(" ")[2]: value for key, value in given.items()}
        if name == "Worksheet":
            sheet = own.get("Name", f"Sheet{len(self._tables) + 1}")
            if sheet in {table.name for table in self._tables}:
                raise Refused("sheets.two_sheets_one_name", "sheets.next.save_as", sheet=sheet)
            self._tables.append(_Table(sheet))
        elif not self._tables:
            return
        elif name == "Row":
            table = self._tables[-1]
            table.row(max(_count(own.get("Index")), len(table.rows) + 1))
            if own.get("Hidden") == "1":
                table.facts.hidden_rows.add(len(table.rows) - 1)
        elif name == "Cell":
            self._place = _count(own["Index"]) - 1 if "Index" in own else None
            down, across = own.get("MergeDown", "0"), own.get("MergeAcross", "0")
            self._span = (_more(down), _more(across))
            self._value = ""
        elif name == "Data":
            self._type, self._words = own.get("Type", "String"), []

    def _end(self, name: str) -> None:
        name = name.rpartition(" ")[2]
        if name == "Data" and self._words is not None:
            self._value = _typed(self._type, "".join(self._words))
            self._words = None
        elif name == "Cell" and self._tables:
            self._tables[-1].put(self._value, *self._span, self._place)

    def _text(self, data: str) -> None:
        if self._words is not None:
            self._words.append(data)


def _more(value: str) -> int:
    return int(value) + 1 if value.isdecimal() and len(value) < 8 else 1


def _typed(kind: str, text: str) -> Any:
    if kind == "Number":
        with contextlib.suppress(ValueError):
            return float(text)
    if kind == "Boolean":
        return text == "1"
    if kind == "DateTime":
        with contextlib.suppress(ValueError):
            moment = dt.datetime.fromisoformat(text)
            return moment.date() if moment.time() == dt.time() else moment
    return text  # text, and error values such as #N/A, which cells are refused for


def _no_entities(*_: Any) -> None:
    raise Refused("sheets.declares_entities", "sheets.next.ask_sender")
