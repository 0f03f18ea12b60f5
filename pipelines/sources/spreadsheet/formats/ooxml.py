"""The facts of an .xlsx/.xlsm file that value readers hide: errors, formulas, hidden rows, dates.

Add here: another fact read from the XML of a workbook or sheet.
Keep out: cell values (python-calamine reads those), and what to do about a fact.

Names are compared without namespace, so that the Strict variant of the format reads as well.
Document type declarations are refused before any entity could expand.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import Any
from xml.parsers import expat

from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import MOST_CELLS, SheetFacts, letters, position

MOST_UNPACKED = 200 * 1024 * 1024
_BLOCK = 1 << 18
_DAMAGED = FileRejected(
    Told(
        "the workbook is damaged or was cut off (it is not a complete .xlsx file)",
        "工作簿已损坏或不完整（不是完整的 .xlsx 文件）",
    ),
    next_step=Told(
        "wait until a copy has ended, then open it in Excel or WPS and save it again as .xlsx",
        "请等文件复制完，然后用 Excel 或 WPS 打开并重新保存为 .xlsx",
    ),
)
_ASK_ITS_SENDER = Told(
    "do not open it; ask its sender what made it", "请不要打开它，先问清发件人它是怎么生成的"
)

# What zipfile raises over damaged archives, unknown compression and encrypted members.
_ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(ValueError, NotImplementedError, RuntimeError),
)


class Package:
    """An .xlsx file as a zip of XML parts. Raises `FileRejected` for what must not be opened."""

    def __init__(self, data: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            parts = self._zip.infolist()
        except _ZIP_FAULTS as error:
            raise _DAMAGED from error
        unpacked = sum(part.file_size for part in parts)
        if unpacked > MOST_UNPACKED:
            raise FileRejected(
                Told(
                    f"the workbook unpacks to {unpacked // 1048576} MB; at most "
                    f"{MOST_UNPACKED // 1048576} MB are opened",
                    f"工作簿解压后有 {unpacked // 1048576} MB，最多打开 "
                    f"{MOST_UNPACKED // 1048576} MB",
                ),
                next_step=Told(
                    "delete unused rows, sheets and pictures, or split the file",
                    "请删除用不到的行、工作表和图片，或拆分文件",
                ),
            )
        self.names = {part.filename for part in parts}
        self.date1904 = False
        self._sheets: dict[str, str] = {}
        self.hidden: set[str] = set()
        if "xl/workbook.xml" in self.names:
            self._read_workbook()

    def _read_workbook(self) -> None:
        ids: dict[str, str] = {}
        targets: dict[str, str] = {}

        def workbook(name: str, attributes: dict[str, str]) -> None:
            if name == "workbookPr":
                self.date1904 = attributes.get("date1904", "0") in ("1", "true")
            elif name == "sheet":
                ids[attributes.get("name", "")] = attributes.get("id", "")
                if attributes.get("state", "visible") != "visible":
                    self.hidden.add(attributes.get("name", ""))

        def relation(name: str, attributes: dict[str, str]) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        self._parse("xl/workbook.xml", workbook)
        if "xl/_rels/workbook.xml.rels" in self.names:
            self._parse("xl/_rels/workbook.xml.rels", relation)
        for sheet, relation_id in ids.items():
            target = targets.get(relation_id, "")
            path = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            self._sheets[sheet] = posixpath.normpath(path)

    def facts(self, sheet: str) -> SheetFacts:
        """The facts of one sheet; raises `FileRejected` if its extent is absurd."""
        scan = _SheetScan()
        part = self._sheets.get(sheet, "")
        if part in self.names:
            self._parse(part, scan.start, scan.end, scan.text)
        facts = scan.facts
        if (facts.last_row + 1) * (facts.last_column + 1) > MOST_CELLS:
            corner = f"{letters(facts.last_column)}{facts.last_row + 1}"
            raise FileRejected(
                Told(
                    f"the sheet reaches to {corner}, far more than a table can fill",
                    f"工作表一直延伸到 {corner} 单元格，远远超出一个表格的范围",
                ),
                where=f"{sheet}!{corner}",
                next_step=Told(
                    "delete the stray cells at the far end of the sheet and save it",
                    "请删除工作表远处的零散单元格并保存",
                ),
            )
        return facts

    def _parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True

        def local(name: str) -> str:
            return name.rpartition(" ")[2]

        def on_start(name: str, attributes: dict[str, str]) -> None:
            start(local(name), {local(key): value for key, value in attributes.items()})

        def refuse(*_: Any) -> None:
            raise FileRejected(
                Told(
                    "the workbook declares XML entities, which no office program writes",
                    "工作簿里声明了 XML 实体，办公软件不会这样写",
                ),
                next_step=_ASK_ITS_SENDER,
            )

        parser.StartElementHandler = on_start
        parser.StartDoctypeDeclHandler = refuse
        if end is not None:
            parser.EndElementHandler = lambda name: end(local(name))
        if text is not None:
            parser.CharacterDataHandler = text
        seen = 0
        try:
            with self._zip.open(part) as stream:
                while block := stream.read(_BLOCK):
                    # Sizes in the directory of a zip can lie; what really unpacks cannot.
                    seen += len(block)
                    if seen > MOST_UNPACKED:
                        raise FileRejected(
                            Told(
                                f"a part of the workbook unpacks to more than "
                                f"{MOST_UNPACKED // 1048576} MB",
                                f"工作簿的一部分解压后超过 {MOST_UNPACKED // 1048576} MB",
                            ),
                            next_step=_ASK_ITS_SENDER,
                        )
                    parser.Parse(block, False)
                parser.Parse(b"", True)
        except (*_ZIP_FAULTS, expat.ExpatError) as error:
            raise _DAMAGED from error


class _SheetScan:
    """Collects the facts of one sheet while its XML streams by."""

    def __init__(self) -> None:
        self.facts = SheetFacts()
        self._row, self._column = -1, -1
        self._kind = ""
        self._formula = self._in_value = False
        self._value: list[str] = []
        self._has_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            try:
                self._row, self._column = position(attributes["r"])
            except (KeyError, ValueError):
                self._column += 1
            self._kind = attributes.get("t", "n")
            self._formula = self._has_value = False
            self._value.clear()
        elif name in ("v", "t"):
            self._in_value = True
        elif name == "f":
            self._formula = True
        elif name == "row":
            number = attributes.get("r", "")
            self._row = int(number) - 1 if number.isdecimal() else self._row + 1
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
        if value or self._formula:
            facts.last_row = max(facts.last_row, self._row)
            facts.last_column = max(facts.last_column, self._column)
