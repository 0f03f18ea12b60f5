"""The columns of a target sheet: which hold months, which only check them, which are labels.

Add here: another way in which sheets arrange months. Keep out: cells and rows (`targets.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pipelines.configuration.sources import FileMapping
from pipelines.language import text
from pipelines.language.text import Joined
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.grid import letters
from pipelines.sources.spreadsheet.layout.aliases import HEADINGS, SCOPE_WORDS, YEAR_HEADINGS
from pipelines.sources.spreadsheet.layout.headings import assign_mapped, block_kind, key, shown
from pipelines.sources.spreadsheet.layout.table import Table, TableColumn
from pipelines.sources.spreadsheet.values.months import Span, is_week, parse_span, years_in


@dataclass(frozen=True)
class SpanColumn:
    """A column of figures: its position in the table, and the month (or longer span) it is for."""

    position: int
    span: Span
    years_on: int = 0  # years after the first month's: a fiscal year that wraps at December


@dataclass
class Matrix:
    """A target sheet's columns by position in the table.

    `months` are the target months in order; `checks` the quarters, halves and totals of targets;
    `labels` the canonical columns that rows give; `texts` all label columns; `metric` and `year`
    the columns that say a row's metric and year, if there are any.
    """

    months: list[SpanColumn]
    checks: list[SpanColumn]
    labels: dict[str, int]
    texts: list[int]
    metric: int | None
    year: int | None
    not_read: list[str]


def _span(column: TableColumn) -> Span | None:
    """A column's span: a month in any of its headings, else a quarter, half or total."""
    spans = [span for level in column.levels if (span := parse_span(level))]
    if not spans:
        return None
    order = ("month", "quarter", "half", "total")
    found = min(reversed(spans), key=lambda span: order.index(span.kind))
    if found.year is None:
        years = {y for level in column.levels if isinstance(level, str) for y in years_in(level)}
        years |= {int(level) for level in column.levels if _is_year(level)}
        if len(years) == 1:
            found = replace(found, year=years.pop())
    return found


def _is_year(level: object) -> bool:
    return (
        isinstance(level, int | float)
        and not isinstance(level, bool)
        and float(level).is_integer()
        and 1990 <= level <= 2100
    )


def read_matrix(table: Table, mapping: FileMapping) -> Matrix:
    """Sort the columns of a table with months as columns.

    Raises `FileRejected` for no month, a month twice, a hole between months, or no scope column.
    """
    spans: list[tuple[SpanColumn, str | None]] = []
    texts: list[int] = []
    not_read: list[str] = []
    for position, column in enumerate(table.columns):
        if not column.levels:
            continue
        span = _span(column)
        if span is None:
            texts.append(position)
            continue
        kind = block_kind(shown(level) for level in column.levels)
        if kind in (None, "target"):
            spans.append((SpanColumn(position, span), kind))
        else:
            not_read.append(column.heading.text)
    months = [column for column, _ in spans if column.span.kind == "month"]
    # Beside blocks that say what they are, a total that does not say it could total anything.
    blocks = bool(not_read) or any(kind == "target" for _, kind in spans)
    checks = [
        column
        for column, kind in spans
        if column.span.kind != "month" and (kind == "target" or not blocks)
    ]
    if not months:
        months, checks = _longer(spans)
        if not months and any(column.span.kind == "half" for column, _ in spans):
            raise FileRejected(
                text("sheets.targets.only_halves"),
                where=table.where,
                next_step=text("sheets.next.quarters_or_year"),
            )
    if not months and any(is_week(level) for column in table.columns for level in column.levels):
        raise FileRejected(
            text("sheets.targets.only_weeks"),
            where=table.where,
            next_step=text("sheets.next.months_not_weeks"),
        )
    if not months:
        raise FileRejected(
            text_("sheets.matrix.no_month_but", not_read=[*not_read[:6]])
            if not_read
            else text_("sheets.matrix.no_month"),
            where=table.where,
            next_step=text_("sheets.matrix.give_months_as_headings"),
        )
    months = _in_sequence(table, months)
    figures = {column.position for column, _ in spans}
    first = min(column.position for column in months)
    texts = [p for p in texts if p not in figures]
    labels = _labels(table, mapping, texts)
    keys = {p: set(table.columns[p].heading.keys) for p in texts}
    metric = _one(keys, HEADINGS["targets"]["metric"])
    year = _one(keys, YEAR_HEADINGS)
    # Words behind the months are notes about a row, and never name a totals row.
    wanted = [p for p in texts if p < first or p in labels.values()]
    return Matrix(months, checks, labels, wanted, metric, year, not_read)


def _longer(
    spans: list[tuple[SpanColumn, str | None]],
) -> tuple[list[SpanColumn], list[SpanColumn]]:
    """(columns of targets, columns that check them) of a sheet without months.

    Quarters, or else the one column of the whole year. Halves alone are no period that targets have.
    """
    columns = [column for column, _ in spans]
    quarters = [column for column in columns if column.span.kind == "quarter"]
    if quarters:
        return quarters, [column for column in columns if column.span.kind != "quarter"]
    years = [column for column in columns if column.span.kind == "total"]
    return (years, []) if len(years) == 1 else ([], [])


def _one(keys: dict[int, set[str]], words: tuple[str, ...]) -> int | None:
    known = {key(word) for word in words}
    return next((position for position, own in keys.items() if own & known), None)


def _in_sequence(table: Table, months: list[SpanColumn]) -> list[SpanColumn]:
    """Count years on where the months wrap, and refuse doubles and holes."""
    found: list[SpanColumn] = []
    on = 0
    for column in months:
        before = found[-1].span if found else None
        if before and column.span.year is None and before.year is None:
            if column.span.number == before.number:
                raise _twice(table, [found[-1], column])
            on += column.span.number < before.number
        found.append(replace(column, years_on=on if column.span.year is None else 0))
    seen: dict[tuple[int | None, int, int], SpanColumn] = {}
    for column in found:
        place = (column.span.year, column.years_on, column.span.number)
        if place in seen:
            raise _twice(table, [seen[place], column])
        seen[place] = column
    if len({column.span.year is None for column in found}) > 1:
        raise FileRejected(
            text_("sheets.matrix.some_month_headings_say"),
            where=table.where,
            next_step=text_("sheets.matrix.write_all_them_same"),
        )
    in_year = 4 if found[0].span.kind == "quarter" else 12
    numbers = [((c.span.year or 0) + c.years_on) * in_year + c.span.number for c in found]
    if on > 1 or sorted(numbers) != list(range(min(numbers), max(numbers) + 1)):
        listed = [table.columns[c.position].heading.text for c in found]
        raise FileRejected(
            text_("sheets.matrix.months_not_complete", listed=[*listed]),
            where=table.where,
            next_step=text_("sheets.matrix.add_missing_month_columns"),
        )
    return found


def _twice(table: Table, columns: list[SpanColumn]) -> FileRejected:
    names = [table.columns[column.position] for column in columns]
    places = Joined(
        [
            text_(
                "sheets.matrix.column_and_heading", column=letters(c.index), heading=c.heading.text
            )
            for c in names
        ],
        "and",
    )
    return FileRejected(
        text_("sheets.matrix.month_twice", places=places),
        where=table.where,
        next_step=text_("sheets.matrix.name_blocks"),
    )


def _labels(table: Table, mapping: FileMapping, texts: list[int]) -> dict[str, int]:
    headings = [table.columns[position].heading for position in texts]
    wanted = {n: h for n, h in mapping.columns.items() if n not in ("period", "target_amount")}
    scope_type = mapping.values.get("scope_type", "")
    if "scope_id" not in wanted and scope_type in SCOPE_WORDS:
        # 区域 and 姓名 may stand side by side: what the mapping says decides which one counts.
        for word in SCOPE_WORDS[scope_type]:
            match = [h.text for h in headings if key(word) in h.keys]
            if match:
                wanted["scope_id"] = match[0]
                break
    assigned = assign_mapped("targets", headings, wanted, mapping.values, table.where).columns
    labels = {
        name: texts[position]
        for name, position in assigned.items()
        if name not in ("period", "target_amount", "metric")
    }
    if "scope_id" not in labels and "scope_id" not in mapping.values:
        seen = [heading.text for heading in headings]
        raise FileRejected(
            text_("sheets.matrix.for_nobody", seen=seen or text_("sheets.matrix.none")),
            where=table.where,
            next_step=text_("sheets.matrix.name_mapping_sources_yml"),
        )
    return labels


def months_of(span: Span, months: list[SpanColumn], fiscal_year_start: int) -> list[list[int]]:
    """The positions in `months` that a check column adds, in each way it can be meant.

    A quarter or half may be one of the calendar or of the fiscal year. Empty: nothing to check,
    because not all its months are in the sheet.
    """
    quarters = months[0].span.kind == "quarter"
    if span.kind == "total":
        whole_year = len(months) == (4 if quarters else 12)
        return [list(range(len(months)))] if whole_year or not span.rest else []
    if quarters:
        halves = (2 * span.number - 1, 2 * span.number)
        places = [place for place, one in enumerate(months) if one.span.number in halves]
        return [places] if len(places) == 2 else []
    length = 3 if span.kind == "quarter" else 6
    ways = []
    for start in dict.fromkeys((1, fiscal_year_start)):
        numbers = {(start - 1 + length * (span.number - 1) + n) % 12 + 1 for n in range(length)}
        places = [place for place, month in enumerate(months) if month.span.number in numbers]
        if len(places) == length:
            ways.append(places)
    return ways
