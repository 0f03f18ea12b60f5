"""One file and one mapping to rows: bytes in, canonical rows out.

Add here: the order of the steps. Keep out: which files there are and what came before
(`connector.py`), and the steps themselves.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import FileMapping, resolve
from pipelines.entities import ENTITIES, Entity
from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.csv_text import decode, read_grid, read_table
from pipelines.sources.spreadsheet.formats.file_kinds import sniff
from pipelines.sources.spreadsheet.formats.grid import Grid, is_blank
from pipelines.sources.spreadsheet.formats.workbook import open_book
from pipelines.sources.spreadsheet.layout.body import SheetRows, body_of_table, body_of_text
from pipelines.sources.spreadsheet.layout.headings import aliases, key, read_heading
from pipelines.sources.spreadsheet.layout.table import find_table
from pipelines.sources.spreadsheet.lists.rows import read_rows
from pipelines.sources.spreadsheet.targets.sheet_rows import read_targets
from pipelines.sources.spreadsheet.values.columns import Reading

# Any change of what the parsers make of the same bytes gets a new number: files are read again.
PARSER_VERSION = 1

TARGET_TEMPLATE = FileMapping(
    match="*",
    entity="targets",
    shape="months_as_columns",
    columns={},
)


def read_file(
    data: bytes, name: str, entity: str, mapping: FileMapping | None, reading: Reading, file: str
) -> SheetRows:
    """Every row that one file gives for one entity. `file` is the key that the rows carry.

    Raises `FileRejected` for whatever is wrong with the file as a whole.
    """
    target = ENTITIES[entity]
    kind = sniff(data)
    stem = Path(name).stem
    if kind == "text":
        text = decode(data)
        if mapping is None and (quick := read_table(text)):
            headings, cells = quick
            if _are_canonical(target, headings):
                return read_rows(body_of_text(stem, headings, cells), target, None, reading, file)
        return _from_grid(read_grid(text, stem), target, mapping, reading, file)
    book = open_book(data, kind, _password(mapping))
    pattern = mapping.sheet if mapping else None
    if mapping is None and len(book.visible) > 1:
        named = [sheet for sheet in book.visible if key(sheet) == key(entity)]
        pattern = named[0] if named else None
    several = mapping is not None and mapping.sheets == "all"
    parts = [
        _from_grid(grid, target, mapping, reading, file) for grid in book.chosen(pattern, several)
    ]
    skipped = []
    if hidden := book.hidden:
        skipped.append(
            Told(
                f"hidden sheets not read: {', '.join(hidden)}",
                f"没有读取隐藏的工作表：{'、'.join(hidden)}",
            )
        )
    if len(parts) == 1:
        parts[0].remarks.extend(skipped)
        return parts[0]
    return SheetRows(
        pa.concat_tables([part.table for part in parts]),
        [rejection for part in parts for rejection in part.rejections],
        [*(remark for part in parts for remark in part.remarks), *skipped],
        sum(part.read for part in parts),
    )


def _password(mapping: FileMapping | None) -> str | None:
    if mapping is None or mapping.password is None:
        return None
    try:
        return resolve(mapping.password, f"files({mapping.match}).password")
    except ConfigurationError as error:
        problem = error.problems[0]
        variable = mapping.password.strip("${}")
        raise FileRejected(
            Told(
                f"its open password is not at hand: {problem.found}",
                f"取不到打开密码：没有设置环境变量 {variable}",
            ),
            next_step=Told(str(problem.accepted), f"请先设置环境变量 {variable}"),
        ) from error


def _are_canonical(entity: Entity, headings: list[str]) -> bool:
    """True if the first line holds at least one canonical heading: then it is the heading line."""
    names = {key(column.name) for column in entity.columns}
    return any(key(heading) in names for heading in headings)


def _from_grid(
    grid: Grid, entity: Entity, mapping: FileMapping | None, reading: Reading, file: str
) -> SheetRows:
    if mapping is None:
        names = {key(column.name) for column in entity.columns}
        if entity.name == "targets" and not _has_heading(grid, "target_amount"):
            # The template for people: 工号, 姓名, 年份 and months as columns.
            table = find_table(grid, set(aliases("targets")), months=True)
            return read_targets(table, TARGET_TEMPLATE, reading, file)
        wanted = ", ".join(column.name for column in entity.columns)
        table = find_table(grid, names, strict=True, wanted=wanted)
        return read_rows(body_of_table(table), entity, None, reading, file)
    known = set(aliases(entity.name))
    for heading in (*mapping.columns.values(), *mapping.defaults.values()):
        known.update(read_heading(heading).keys)
    if mapping.shape == "months_as_columns":
        table = find_table(grid, known, months=True)
        return read_targets(table, mapping, reading, file)
    table = find_table(grid, known)
    return read_rows(body_of_table(table), entity, mapping, reading, file)


def _has_heading(grid: Grid, name: str) -> bool:
    return any(
        isinstance(value, str) and not is_blank(value) and key(value) == key(name)
        for row in grid.rows[:30]
        for value in row
    )
