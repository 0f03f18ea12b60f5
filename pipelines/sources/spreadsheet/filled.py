"""Columns that held values and suddenly hold none: a heading that was renamed empties a column silently.

Add here: what is remembered of a file's columns from one load to the next. Keep out: other
comparisons with the last load (`outcomes.py`).

What was filled travels behind the content in the cursor of the file's extract
(`<content>|amount=40 closed_at=12`), and stays there while the file is rejected.
"""

from __future__ import annotations

from pipelines.entities import ENTITIES
from pipelines.language import text
from pipelines.sources.protocol import Extract
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.body import SheetRows
from pipelines.sources.spreadsheet.outcomes import Outcome

_MARK = "|"
# A column with fewer values than this may well lose them all: the two deals that were lost last week.
_FEWEST = 5


def content_of(extract: Extract) -> str:
    """The cursor of a file without what is remembered of its columns."""
    return (extract.cursor or "").partition(_MARK)[0]


def _filled_before(extract: Extract | None) -> dict[str, int]:
    words = (extract.cursor or "").partition(_MARK)[2].split() if extract else []
    pairs = (word.partition("=") for word in words)
    return {name: int(count) for name, _, count in pairs if count.isdecimal()}


def _filled_now(rows: SheetRows, entity: str) -> dict[str, int]:
    names = [column.name for column in ENTITIES[entity].columns]
    counts = {name: len(rows.table) - rows.table[name].null_count for name in names}
    return {name: count for name, count in counts.items() if count}


def refuse_emptied(outcome: Outcome, before: Extract | None) -> None:
    """Reject a file in which a column has lost every value since the last good version of it.

    Money counts from the first value on, other columns from five: small lists do lose their last
    lost deal. The mapping's `may_empty` names columns of which this is known.
    """
    known = _filled_before(before)
    rows, job = outcome.rows, outcome.job
    if rows is None or not rows.table.num_rows:
        outcome.cursor = _with(outcome.cursor, known)
        return
    now = _filled_now(rows, job.entity)
    allowed = job.mapping.may_empty if job.mapping else ()
    kinds = {column.name: column.kind for column in ENTITIES[job.entity].columns}
    lost = [
        name
        for name, count in known.items()
        if name in kinds
        and name not in now
        and name not in allowed
        and (kinds[name] == "money" or count >= _FEWEST)
    ]
    if lost:
        counts = {name: known[name] for name in lost}
        outcome.reject(
            FileRejected(
                text("sheets.emptied", columns=lost, values=sum(counts.values())),
                next_step=text("sheets.next.emptied", columns=lost),
            )
        )
        now = known
    outcome.cursor = _with(outcome.cursor, now)


def _with(cursor: str | None, filled: dict[str, int]) -> str | None:
    if cursor is None or not filled:
        return cursor
    return f"{cursor}{_MARK}{' '.join(f'{name}={count}' for name, count in filled.items())}"
