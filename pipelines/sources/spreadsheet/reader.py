"""One file and one mapping to rows: bytes in, canonical rows out.

Add here: the order of the steps. Keep out: which files there are and what came before
(`connector.py`), and the steps themselves.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.configuration.file_mapping import FileMapping
from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import resolve
from pipelines.entities import ENTITIES, Entity
from pipelines.language import text
from pipelines.sources.spreadsheet.faults import FileRejected, NotPlain
from pipelines.sources.spreadsheet.formats.csv_parts import WHOLE_UP_TO
from pipelines.sources.spreadsheet.formats.csv_text import (
    decode,
    evident,
    is_utf8,
    marked,
    read_grid,
    read_table,
)
from pipelines.sources.spreadsheet.formats.file_kinds import sniff
from pipelines.sources.spreadsheet.formats.grid import Grid, is_blank
from pipelines.sources.spreadsheet.formats.workbook import open_book
from pipelines.sources.spreadsheet.layout.body import Body, SheetRows, body_of_table, body_of_text
from pipelines.sources.spreadsheet.layout.headings import aliases, key, read_heading
from pipelines.sources.spreadsheet.layout.table import Table, all_tables, find_table
from pipelines.sources.spreadsheet.layout.tally import (
    other_table,
    refuse_lost,
    refuse_unread,
    united,
)
from pipelines.sources.spreadsheet.lists.large_lists import (
    Ways,
    fits,
    read_in_parts,
)
from pipelines.sources.spreadsheet.lists.row_choice import headings_read
from pipelines.sources.spreadsheet.lists.rows import read_rows
from pipelines.sources.spreadsheet.targets.sheet_rows import read_targets
from pipelines.sources.spreadsheet.targets.turned import CORNER, turned_mapping, with_corner
from pipelines.sources.spreadsheet.values.reading import Reading

# Any change of what the parsers make of the same bytes gets a new number: files are read again.
PARSER_VERSION = 5

TARGET_TEMPLATE = FileMapping(
    match="*",
    entity="targets",
    shape="months_as_columns",
    columns={},
)


@dataclass(frozen=True)
class _Wanted:
    """What is to be made of a grid. `joined` gives the table that the mapping joins."""

    entity: Entity
    mapping: FileMapping | None
    reading: Reading
    file: str
    joined: Callable[[], tuple[Body, str]] | None = None


def read_file(
    data: bytes,
    name: str,
    entity: str,
    mapping: FileMapping | None,
    reading: Reading,
    file: str,
    others: Mapping[str, bytes] | None = None,
) -> SheetRows:
    """Every row that one file gives for one entity. `file` is the key that the rows carry.

    `others` are the files that the mapping joins, by name. Raises `FileRejected` for whatever is
    wrong with the file as a whole.
    """
    if mapping and mapping.decimal:
        reading = replace(reading, decimal=mapping.decimal)
    job = _Wanted(ENTITIES[entity], mapping, reading, file)
    kind = sniff(data)
    stem = Path(name).stem
    if mapping and mapping.join:
        job = replace(job, joined=lambda: _joined(data, name, mapping, reading, others or {}))
    if kind == "text":
        encoding = _encoding(mapping, reading)
        if len(data) > WHOLE_UP_TO and fits(job.entity, mapping):
            with contextlib.suppress(NotPlain):
                return read_in_parts(data, stem, job.entity, _ways_of(job), encoding)
        _refuse_large(data, reading)
        remark = None
        if encoding is None and not marked(data) and not is_utf8(data):
            encoding, remark = evident(data)
        text_ = decode(data, encoding)
        if mapping is None and (quick := read_table(text_)):
            headings, cells = quick
            if _are_canonical(job.entity, headings):
                body = body_of_text(stem, headings, cells)
                found = read_rows(body, job.entity, None, reading, file)
                found.remarks += [remark] if remark else []
                return found
        found = _from_grid(read_grid(text_, stem), job)
        found.remarks += [remark] if remark else []
        return found
    pattern = mapping.sheet if mapping else None
    book = open_book(data, pattern=pattern, password=_password(mapping), currency=reading.currency)
    if mapping is None and len(book.visible) > 1:
        named = [sheet for sheet in book.visible if key(sheet) == key(entity)]
        pattern = named[0] if named else None
    several = mapping is not None and mapping.sheets == "all"
    rows = united([_from_grid(grid, job) for grid in book.chosen(pattern, several)], job.entity)
    if hidden := book.hidden:
        rows.remarks.append(text("sheets.hidden_sheets", count=len(hidden), sheets=hidden))
    return rows


def _joined(
    data: bytes, name: str, mapping: FileMapping, reading: Reading, others: Mapping[str, bytes]
) -> tuple[Body, str]:
    """The table that a mapping joins: in another file, or on another sheet of this one."""
    join = mapping.join
    assert join is not None
    if join.file:
        if not others:
            raise FileRejected(
                text("sheets.join.no_file", file=join.file),
                next_step=text("sheets.next.correct_join"),
            )
        if len(others) > 1:
            raise FileRejected(
                text("sheets.join.several_files", file=join.file, found=sorted(others)),
                next_step=text("sheets.next.correct_join"),
            )
        name, data = next(iter(others.items()))
    if sniff(data) == "text":
        _refuse_large(data, reading)
        grid = read_grid(decode(data, _encoding(mapping, reading)), Path(name).stem)
    else:
        book = open_book(data, pattern=join.sheet, password=_password(mapping))
        (grid,) = book.chosen(join.sheet)
    known = {key(heading) for heading in join.by.values()}
    known |= {one for heading in mapping.columns.values() for one in read_heading(heading).keys}
    known |= {*aliases(mapping.entity), *headings_read(mapping)}
    tables = all_tables(grid, known, strict=False, wanted="", ignore=True)
    return body_of_table(tables[0]), name if join.file else grid.name


def _refuse_large(data: bytes, reading: Reading) -> None:
    if len(data) > reading.largest_whole:
        raise FileRejected(
            text("sheets.large.not_plain", most=reading.largest_whole // 1048576),
            next_step=text("sheets.next.split"),
        )


def _encoding(mapping: FileMapping | None, reading: Reading) -> str | None:
    return (mapping.encoding if mapping else None) or reading.encoding


def _password(mapping: FileMapping | None) -> str | None:
    if mapping is None or mapping.password is None:
        return None
    try:
        return resolve(mapping.password, f"files({mapping.match}).password")
    except ConfigurationError as error:
        variable = mapping.password.strip("${}")
        raise FileRejected(
            text("sheets.no_password", variable=variable),
            next_step=text("sheets.next.set_variable", variable=variable),
        ) from error


def _are_canonical(entity: Entity, headings: list[str]) -> bool:
    """True if the first line holds at least one canonical heading: then it is the heading line."""
    names = {key(column.name) for column in entity.columns}
    return any(key(heading) in names for heading in headings)


def _ways_of(job: _Wanted) -> Ways:
    """How the list in one part of a large file is found, and read."""

    def read_body(body: Body) -> SheetRows:
        return read_rows(body, job.entity, None, job.reading, job.file)

    return Ways(
        lambda grid: _tables_of_list(grid, job),
        lambda grid, table: _records(grid, [table], job),
        read_body,
        lambda headings: job.mapping is None and _are_canonical(job.entity, headings),
    )


def _from_grid(grid: Grid, job: _Wanted) -> SheetRows:
    mapping, entity = job.mapping, job.entity
    if mapping is None:
        if entity.name == "targets" and not _has_heading(grid, "target_amount"):
            # The template for people: 工号, 姓名, 年份 and months as columns.
            table = find_table(grid, set(aliases("targets")))
            return read_targets(table, TARGET_TEMPLATE, job.reading, job.file)
        return _records(grid, _tables_of_list(grid, job), job)
    known = _known(mapping)
    if mapping.shape == "months_as_columns":
        return read_targets(find_table(grid, known), mapping, job.reading, job.file)
    if mapping.shape == "months_as_rows":
        turned, title = with_corner(grid)
        table = find_table(turned, known | {key(CORNER)})
        table.title.extend(title)
        return read_targets(table, turned_mapping(mapping), job.reading, job.file)
    return _records(grid, _tables_of_list(grid, job), job)


def _known(mapping: FileMapping) -> set[str]:
    known = set(aliases(mapping.entity))
    for heading in (*mapping.columns.values(), *mapping.defaults.values()):
        known.update(read_heading(heading).keys)
    return known


def _tables_of_list(grid: Grid, job: _Wanted) -> list[Table]:
    """Every table of records on a sheet with one record per row."""
    mapping = job.mapping
    if mapping is None:
        names = {key(column.name) for column in job.entity.columns}
        wanted = ", ".join(column.name for column in job.entity.columns)
        return all_tables(grid, names, strict=True, wanted=wanted, ignore=False)
    known = _known(mapping) | headings_read(mapping)
    ignore = mapping.other_tables == "ignore"
    return all_tables(grid, known, strict=False, wanted="", ignore=ignore)


def _records(grid: Grid, tables: list[Table], job: _Wanted) -> SheetRows:
    """All tables of a sheet, and the proof that no row of it was lost."""
    refuse_unread(grid, tables)
    parts = []
    for table in tables:
        other = job.joined() if job.joined else None
        try:
            part = read_rows(
                body_of_table(table), job.entity, job.mapping, job.reading, job.file, other
            )
        except FileRejected as rejected:
            if len(tables) > 1:
                raise other_table(table, rejected) from rejected
            raise
        refuse_lost(table, part.table.num_rows + len(part.rejections) + part.left_out)
        parts.append(part)
    return united(parts, job.entity)


def _has_heading(grid: Grid, name: str) -> bool:
    return any(
        isinstance(value, str) and not is_blank(value) and key(value) == key(name)
        for row in grid.rows[:30]
        for value in row
    )
