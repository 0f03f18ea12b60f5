"""The facts of an OpenDocument sheet (.ods) that value readers hide: errors, hidden rows, currencies.

Add here: another fact read from `content.xml`. Keep out: cell values (python-calamine reads those).

Element names: OpenDocument 1.3, part 3, section 9 (tables). Office programs write a repeated row or
cell once, with the number of repetitions.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.sources.spreadsheet.formats.facts.number_formats import is_own
from pipelines.sources.spreadsheet.formats.facts.ooxml import Package
from pipelines.sources.spreadsheet.formats.grid import SheetFacts
from pipelines.sources.spreadsheet.formats.refused import MOST_CELLS, too_far


def read_facts(package: Package, own: str) -> dict[str, SheetFacts]:
    """Facts by sheet name; `own` is the company's currency. Raises `Refused` for an absurd extent."""
    scan = _Scan(own)
    package.parse("content.xml", scan.start, scan.end, scan.text)
    return scan.sheets


class _Scan:
    """Follows rows and cells with their repetitions."""

    def __init__(self, own: str) -> None:
        self._own = own
        self.sheets: dict[str, SheetFacts] = {}
        self._name = ""
        self._row = self._column = -1
        self._rows = self._cells = 1
        self._is_error = self._in_text = self._has_text = False
        self._words: list[str] = []

    def start(self, name: str, given: dict[str, str]) -> None:
        if name == "table":
            self._name = given.get("name", "")
            self.sheets[self._name] = SheetFacts()
            self._row, self._rows = -1, 1
        elif name == "table-row" and self._name:
            self._row += self._rows
            self._rows = _times(given.get("number-rows-repeated"))
            self._column, self._cells = -1, 1
            if given.get("visibility", "visible") != "visible" and self._rows < 10_000:
                hidden = range(self._row + 1, self._row + self._rows + 1)
                self.sheets[self._name].hidden_rows.update(row - 1 for row in hidden)
        elif name in ("table-cell", "covered-table-cell") and self._name:
            self._column += self._cells
            self._cells = _times(given.get("number-columns-repeated"))
            self._is_error = given.get("value-type") == "error"
            self._has_text = False
            if "value-type" in given:
                self._reach()
            currency = given.get("currency", "")
            if currency and not is_own(currency, self._own):
                for cell in self._repeated():
                    self.sheets[self._name].currencies[cell] = currency
            self._words = []
        elif name == "p":
            self._in_text = True

    def text(self, data: str) -> None:
        if self._in_text:
            self._words.append(data)

    def end(self, name: str) -> None:
        if name == "p":
            self._in_text = False
        elif name == "table-cell" and self._name and self._words:
            words = "".join(self._words)
            self._reach()
            if self._is_error or words.startswith("Err:") or _is_error(words):
                for cell in self._repeated():
                    self.sheets[self._name].errors[cell] = words
            self._words = []

    def _repeated(self) -> Iterator[tuple[int, int]]:
        for below in range(min(self._rows, 1000)):
            for beside in range(min(self._cells, 1000)):
                yield self._row + below, self._column + beside

    def _reach(self) -> None:
        """Content that repeats to the far end of a sheet would make a grid of billions."""
        facts = self.sheets[self._name]
        facts.last_row = max(facts.last_row, self._row + self._rows - 1)
        facts.last_column = max(facts.last_column, self._column + self._cells - 1)
        cells = (facts.last_row + 1) * (facts.last_column + 1)
        if cells > MOST_CELLS:
            raise too_far(self._name, cells)


def _is_error(words: str) -> bool:
    return words in ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")


def _times(value: str | None) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 9 else 1
