"""The body of one table, column by column, whether it came from a workbook or a text file.

Add here: what every shape needs to know about a body. Keep out: entities and their columns.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.entities import Column
from pipelines.sources.protocol import Rejection, Told, joined
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import Grid, address, at
from pipelines.sources.spreadsheet.layout.headings import Heading, read_heading
from pipelines.sources.spreadsheet.layout.table import Table
from pipelines.sources.spreadsheet.values.cells import clean_text
from pipelines.sources.spreadsheet.values.columns import Values

MOST_BAD_SHARE, MOST_BAD_ROWS = 0.2, 5


@dataclass
class SheetRows:
    """What one sheet gave: rows with canonical columns, `_file`, `_address`, `_raw`, and the rest.

    `read` counts the rows of the sheet that hold records, whether they could be read or not.
    """

    table: pa.Table
    rejections: list[Rejection] = field(default_factory=list)
    remarks: list[Told] = field(default_factory=list)
    read: int = 0


@dataclass
class Body:
    """Headings and columns of a table. `rows` are 0-based rows of the sheet."""

    sheet: str
    headings: list[Heading]
    places: list[int]
    rows: Sequence[int]
    columns: list[pa.Array] | None = None  # a plain text file
    grid: Grid | None = None
    where: str = ""
    title: list[str] = field(default_factory=list)
    remarks: list[Told] = field(default_factory=list)

    def cells(self, position: int, *, merged: bool = True) -> Values:
        """The cells under one heading; `merged` fills merged ranges from their first cell."""
        if self.columns is not None:
            return self.columns[position]
        assert self.grid is not None
        rows = self.grid.filled if merged else self.grid.rows
        cells = [at(rows, row, self.places[position]) for row in self.rows]
        # Text from a text file takes the quick way.
        return pa.array(cells, pa.string()) if self.grid.is_text else cells

    def keep(self, wanted: Sequence[int]) -> None:
        """Keep only the rows at these positions."""
        self.rows = [self.rows[index] for index in wanted]
        if self.columns is not None:
            chosen = pa.array(wanted, pa.int64())
            self.columns = [column.take(chosen) for column in self.columns]

    def address(self, position: int, heading: int | None = None) -> str:
        """`sheet!C5` of a row (by position in the body) and a heading, or `sheet!5`."""
        column = self.places[heading] if heading is not None else None
        return address(self.sheet, self.rows[position], column)

    def refuse_dead_formulas(self, position: int, column: Column) -> None:
        """Raise `FileRejected` if cells under the heading are formulas without a real value."""
        if self.grid is None or self.grid.is_text:
            return
        facts, place = self.grid.facts, self.places[position]
        body = set(self.rows)
        dead = sorted(row for row, where in facts.uncached if where == place and row in body)
        if not dead and column.kind in ("money", "date", "timestamp"):
            zeros = [row for row, where in facts.hollow if where == place and row in body]
            formulas = sum(1 for row, where in facts.formulas if where == place and row in body)
            values = [at(self.grid.rows, row, place) for row in self.rows]
            if zeros and len(zeros) == formulas and not any(v not in ("", 0) for v in values):
                dead = sorted(zeros)
        if dead:
            raise refuse_formulas(self.grid, [(row, place) for row in dead])

    def refuse_1904_serials(self, position: int) -> None:
        """Raise `FileRejected` for dates typed as plain numbers in a workbook that counts from 1904."""
        if self.grid is None or not self.grid.date1904:
            return
        for row in self.rows:
            value = at(self.grid.rows, row, self.places[position])
            if isinstance(value, int | float) and not isinstance(value, bool):
                raise FileRejected(
                    Told(
                        f"the workbook counts its days from 1904, and {value:g} is a plain number, "
                        "not a date: it could be off by 1,462 days",
                        f"工作簿的日期从 1904 年算起，而 {value:g} 是普通数字，不是日期，"
                        "可能相差 1,462 天",
                    ),
                    where=address(self.sheet, row, self.places[position]),
                    next_step=Told(
                        "format the column as dates and correct them, or save the workbook "
                        "without the 1904 date system",
                        "请把这一列设为日期格式并改正，或取消 1904 日期系统后保存工作簿",
                    ),
                )


def refuse_formulas(grid: Grid, cells: Sequence[tuple[int, int]]) -> FileRejected:
    """The rejection for formulas that were never calculated, with their first addresses."""
    shown = [grid.address(row, column) for row, column in cells[:5]]
    more, rest = len(cells) > 5, len(cells) - 5
    return FileRejected(
        Told(
            f"formulas have no calculated value ({', '.join(shown)}"
            f"{f' and {rest} more' if more else ''}): a program wrote the file and it was "
            "never opened",
            f"公式没有计算结果（{'、'.join(shown)}{f'，另有 {rest} 处' if more else ''}）："
            "文件由程序生成，从未打开过",
        ),
        where=grid.address(*cells[0]),
        next_step=Told(
            "open the file in Excel or WPS and save it, so that the values are stored",
            "请用 Excel 或 WPS 打开文件并保存，把计算结果存下来",
        ),
    )


def body_of_table(table: Table) -> Body:
    """The body of a table found in a sheet."""
    return Body(
        table.grid.name,
        [column.heading for column in table.columns],
        [column.index for column in table.columns],
        table.body,
        grid=table.grid,
        where=table.where,
        title=table.title,
        remarks=[*table.remarks, *_hidden(table.hidden)],
    )


def _hidden(count: int) -> list[Told]:
    text = Told(f"{count} hidden rows were read as well", f"有 {count} 个隐藏行，也已读取")
    return [text] if count else []


def body_of_text(name: str, headings: Sequence[str], cells: pa.Table) -> Body:
    """The body of a plain text table whose first record is the headings."""
    return Body(
        name,
        [read_heading(heading) for heading in headings],
        list(range(len(headings))),
        range(1, cells.num_rows + 1),
        columns=[_flat(cells.column(index)) for index in range(cells.num_columns)],
        where=address(name, 0),
    )


def _flat(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def as_typed(value: Any) -> str | None:
    """A cell as text for `_raw` and rejections; None if it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value)


def is_dropped(mapping: FileMapping | None, label: Any) -> bool:
    """True if the mapping's `drop_rows` matches the whole label of a row."""
    if mapping is None or mapping.drop_rows is None or not isinstance(label, str):
        return False
    return re.fullmatch(mapping.drop_rows, clean_text(label)) is not None


def refuse_many(bad: int, read: int, samples: Sequence[Rejection]) -> None:
    """Raise `FileRejected` if so many rows are bad that the file as a whole is not what it should be."""
    if bad > MOST_BAD_ROWS and bad > MOST_BAD_SHARE * read:
        listed = joined(
            Told(f"{one.address}: {one.reason}", f"{one.address}：{one.reason_zh or one.reason}")
            for one in samples[:10]
        )
        raise FileRejected(
            Told(
                f"{bad} of {read} rows cannot be read, more than {MOST_BAD_SHARE:.0%}: {listed.en}",
                f"{read} 行中有 {bad} 行读不出，超过 {MOST_BAD_SHARE:.0%}：{listed.zh}",
            ),
            where=samples[0].address or "",
            next_step=Told(
                "correct the cells named here, or the mapping of this file in sources.yml",
                "请改正这里列出的单元格，或 sources.yml 中这个文件的映射",
            ),
        )
