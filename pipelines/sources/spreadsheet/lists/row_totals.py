"""Totals rows in lists: found by their labels, left out, and used to check the rows.

Add here: what totals rows of lists need. Keep out: the arithmetic (`checks.py`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.checks import LIKELY_TOTAL, Line, check_totals, is_total, plain
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.lists.row_work import RowWork
from pipelines.sources.spreadsheet.values.columns import parser


def drop_totals(work: RowWork) -> list[tuple[int, dict[str, Any]]]:
    """Take totals rows out of the body: (position before the cut, cells of the money columns).

    A row is one only if a label says so and a required cell besides is empty: a customer may be
    named Total.
    """
    body, used = work.body, work.assignment.columns
    kinds = {name: work.entity.column(name).kind for name in used}
    labels = {place for name, place in used.items() if kinds[name] == "text"} | {0}
    needed = [
        name
        for name in work.entity.required
        if name in used and kinds[name] != "money" and used[name] not in body.made
    ]
    suspects: dict[int, int] = {}
    for place in labels:
        cells = body.cells(place)
        if isinstance(cells, pa.Array):
            likely = cells.filter(pc.match_substring_regex(cells, LIKELY_TOTAL, ignore_case=True))
            words = [value for value in pc.unique(likely).to_pylist() if is_total(value)]
            rows = (
                pc.indices_nonzero(pc.is_in(cells, value_set=pa.array(words, pa.string())))
                if words
                else pa.array([], pa.uint64())
            ).to_pylist()
        else:
            rows = [row for row, value in enumerate(cells) if is_total(value)]
        suspects.update(dict.fromkeys(rows, place))
    if not suspects:
        return []
    # Cells that a mapping fills from above are empty in records as well.
    if work.mapping:
        needed = [name for name in needed if name not in work.mapping.fill_down] or needed
    raw = {name: body.cells(place, merged=False) for name, place in used.items()}

    def cell(name: str, row: int) -> Any:
        value = raw[name][row]
        return value.as_py() if isinstance(value, pa.Scalar) else value

    totals = []
    for row, place in sorted(suspects.items()):
        if any(used[name] != place and cell(name, row) == "" for name in needed):
            money = {
                name: cell(name, row)
                for name, where in used.items()
                if kinds[name] == "money" and where not in body.made
            }
            totals.append((row, money))
    if totals:
        gone = {row for row, _ in totals}
        listed = [str(body.rows[row] + 1) for row in sorted(gone)[:20]]
        work.remarks.append(text_("sheets.row_totals.left_out", listed=[*listed]))
        kept = [row for row in range(len(body.rows)) if row not in gone]
        work.blocks = {place for place, row in enumerate(kept) if row - 1 in gone}
        work.left_out += len(gone)
        body.keep(kept)
    return totals


def check_totals_rows(work: RowWork, totals: list[tuple[int, dict[str, Any]]]) -> None:
    """Raise `FileRejected` if a totals row does not match the rows it totals."""
    if not totals:
        return
    currency = work.columns.get("currency")
    if currency is not None and pc.count_distinct(currency).as_py() > 1:
        work.remarks.append(text_("sheets.row_totals.unchecked_currencies"))
        return
    places = {row for row, _ in totals}
    for name in totals[0][1]:
        unit = work.units[name].multiplier if name in work.units else Decimal(1)
        parse = parser(work.entity.column(name), work.readings.get(name, work.reading))
        amounts = work.columns[name].to_pylist()
        bad = {row for row, faults in work.faults.items() if any(f[0] == name for f in faults)}
        if bad:
            work.remarks.append(text_("sheets.row_totals.unchecked_unreadable", column=name))
            continue
        lines: list[Line] = []
        stated = dict(totals)
        details = iter(range(len(amounts)))
        for position in range(len(amounts) + len(totals)):
            if position in places:
                try:
                    amount = parse(stated[position][name])
                except CellFault:
                    amount = None
                lines.append(Line(-1, {} if amount is None else {0: amount}, is_total=True))
                continue
            row = next(details)
            amount = amounts[row]
            lines.append(Line(row, {} if amount is None else {0: amount / unit}))
        for wrong in check_totals(lines):
            place = work.assignment.columns[name]
            first, last = (work.body.address(row, place) for row in (wrong.first, wrong.last))
            heading = work.body.headings[place].text
            says, added = plain(wrong.stated), plain(wrong.added)
            raise FileRejected(
                text_(
                    "sheets.row_totals.sum_differs",
                    says=says,
                    heading=heading,
                    first=first,
                    last=last,
                    added=added,
                ),
                where=first,
                next_step=text_("sheets.row_totals.correct"),
            )
