"""A list in a text file too large to be read at once: read part by part, with the file's own row numbers.

Add here: what has to be compared between parts. Keep out: cutting (`formats/csv_parts.py`) and the rules
for rows (`lists/`), which see one part at a time; a list for which that is not enough is `NotPlain`.

What is in memory at once is the file, one part and the rows that come out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.configuration.file_mapping import FileMapping
from pipelines.entities import Entity
from pipelines.language import text
from pipelines.sources.protocol import Rejection
from pipelines.sources.spreadsheet.faults import FileRejected, NotPlain
from pipelines.sources.spreadsheet.formats.csv_parts import encoding_of, parts
from pipelines.sources.spreadsheet.formats.csv_text import (
    read_cells,
    read_grid,
    read_table,
    separator,
    strict,
)
from pipelines.sources.spreadsheet.formats.grid import Grid
from pipelines.sources.spreadsheet.layout.body import Body, SheetRows, body_of_text
from pipelines.sources.spreadsheet.layout.table import Table


@dataclass(frozen=True)
class Ways:
    """How a part of a list is read: the tables on its grid, one of them, or a body without a grid.

    `is_plain` says of the headings in its first line whether the body alone will do, which costs a tenth.
    """

    find: Callable[[Grid], list[Table]]
    read: Callable[[Grid, Table], SheetRows]
    read_body: Callable[[Body], SheetRows]
    is_plain: Callable[[list[str]], bool]


def fits(entity: Entity, mapping: FileMapping | None) -> bool:
    """Whether every row of such a list says all that its record needs."""
    if entity.name == "targets":
        return False
    return mapping is None or not (
        mapping.shape != "rows" or mapping.join or mapping.group_by or mapping.fill_down
    )


def read_in_parts(
    data: bytes,
    name: str,
    entity: Entity,
    ways: Ways,
    told: str | None = None,
) -> SheetRows:
    """Rows of a plain list; `told` is the encoding that the mapping says.

    Raises `NotPlain` where parts cannot be told from each other, and `FileRejected`.
    """
    encoding, remark = encoding_of(data, told)
    if encoding is None:
        raise NotPlain
    found = list(_read(data, encoding, name, ways))
    decimals = {kind for part in found for kind in part.decimals}
    if len(decimals) > 1:
        raise FileRejected(
            text("sheets.large.two_decimals"), next_step=text("sheets.next.say_decimal")
        )
    rejections = [one for part in found for one in part.rejections]
    table = pa.concat_tables([part.table for part in found])
    remarks = list(dict.fromkeys(one for part in found for one in part.remarks))
    remarks += [remark] if remark else []
    read_rows = sum(part.read for part in found)
    left_out = sum(part.left_out for part in found)
    del found
    keep, again, doubles = _keys(entity, table)
    if doubles:
        remarks.append(text("sheets.rows.rows_repeat_another_row", doubles=doubles))
    return SheetRows(
        table if keep is None else table.filter(keep),
        rejections + again,
        remarks,
        read_rows - doubles,
        left_out=left_out + doubles,
    )


def _read(data: bytes, encoding: str, name: str, ways: Ways) -> Iterator[SheetRows]:
    """The rows of each part, which stand below the headings of the first."""
    heading: list[list[Any]] = []
    delimiter, before = "", 0
    for number, part in enumerate(parts(data, encoding)):
        told = strict(part, encoding).removeprefix("\ufeff" if number == 0 else "")
        delimiter = delimiter or separator(told)
        if plain := _plain_part(told, name, delimiter, heading, before, ways):
            headings, body = plain
            heading, before = heading or [list(headings)], before + len(body.rows) + (not number)
            yield ways.read_body(body)
            continue
        grid = read_grid(told, name, delimiter)
        own = len(grid.rows)
        grid.is_part = True
        if number:
            rows = [list(row) for row in heading] + grid.rows
            skipped = before - len(heading)
            grid = replace(grid, rows=rows, skipped=skipped, skipped_from=len(heading))
        tables = ways.find(grid)
        if len(tables) != 1 or tables[0].repeated:
            raise NotPlain
        if number == 0:
            heading = grid.rows[: tables[0].bottom + 1]
        before += own
        yield ways.read(grid, tables[0])


def _plain_part(
    told: str, name: str, delimiter: str, heading: list[list[Any]], before: int, ways: Ways
) -> tuple[list[str], Body] | None:
    """Headings and body of a part that can be read column by column, None for one that needs a grid."""
    if before == 0:
        headings, cells = read_table(told, delimiter) or ([], None)
    else:
        headings = heading[0] if len(heading) == 1 else []
        cells = read_cells(told, headings, delimiter) if ways.is_plain(headings) else None
    if cells is None or not ways.is_plain(headings):
        return None
    body = body_of_text(name, headings, cells, before or 1)
    body.is_part = True
    return headings, body


def _keys(entity: Entity, table: pa.Table) -> tuple[pa.Array | None, list[Rejection], int]:
    """Which rows stay (None: all), rejections of keys that an earlier part gave otherwise, equal rows."""
    name = entity.key[0]
    if len(entity.key) == 1 and pc.count_distinct(table[name], "all").as_py() == table.num_rows:
        return None, [], 0
    counts = (
        table.select(list(entity.key)).group_by(list(entity.key)).aggregate([([], "count_all")])
    )
    if counts.num_rows == table.num_rows:
        return None, [], 0
    several = pc.unique(counts.filter(pc.greater(counts["count_all"], 1))[name].combine_chunks())
    rows = pc.indices_nonzero(pc.is_in(table[name], value_set=several)).to_pylist()
    columns = [column.name for column in entity.columns]
    first: dict[tuple[object, ...], tuple[int, dict[str, object]]] = {}
    dropped: list[int] = []
    again: list[Rejection] = []
    for row in rows:
        cells = {column: table[column][row].as_py() for column in columns}
        earlier, told = first.setdefault(tuple(cells[key] for key in entity.key), (row, cells))
        if earlier == row:
            continue
        dropped.append(row)
        if told != cells:
            shown = ", ".join(str(cells[key]) for key in entity.key)
            where = str(table["_address"][earlier].as_py()).rpartition("!")[2]
            again.append(
                Rejection(
                    entity.name,
                    text("sheets.rows.key_twice", shown=shown, first=where),
                    file=table["_file"][row].as_py(),
                    address=table["_address"][row].as_py(),
                    column=name,
                    value=str(cells[name]),
                )
            )
    if not dropped:
        return None, [], 0
    gone = pc.is_in(
        pa.array(range(table.num_rows), pa.int64()), value_set=pa.array(dropped, pa.int64())
    )
    return pc.invert(gone), again, len(dropped) - len(again)
