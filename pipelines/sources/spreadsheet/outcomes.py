"""What a run says of each file: loaded, rejected, gone, a copy, in conflict, not asked for.

Add here: another remark across files or against the last load.
Keep out: which files are read (`plan.py`, `connector.py`) and how.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.entities import ENTITIES
from pipelines.language import Text
from pipelines.language.text import text as text_
from pipelines.sources.protocol import Batch, Extract, Previous, Rejection, State, joined
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.body import SheetRows
from pipelines.sources.spreadsheet.places.folder import FileRef
from pipelines.sources.spreadsheet.plan import Job, Plan

# Columns that say when something happened; never a date that lies in the future by plan.
_EVENT_TIMES = ("created_at", "updated_at", "changed_at", "occurred_at", "ordered_at", "closed_at")
_AMOUNTS = ("target_amount", "amount")
_BAND = Decimal("0.5")  # a total that moves by more than this since the last load is remarked
CONFLICT = ":conflict"
UNMATCHED = "unmatched"


@dataclass
class Outcome:
    """What became of one job: rows, or why there are none, and the cursor of what was looked at."""

    job: Job
    cursor: str | None
    rows: SheetRows | None = None
    reason: Text | None = None
    next_step: Text | None = None

    def reject(self, rejected: FileRejected) -> None:
        self.rows = None
        self.reason = rejected.told(self.job.key, self.job.entity)
        self.next_step = rejected.next_step


def results(outcome: Outcome, before: Extract | None) -> Iterator[Batch | Rejection | Extract]:
    """The rows, the rows that could not be read, and the extract that closes them."""
    job, rows = outcome.job, outcome.rows
    if rows is None:
        yield _without_rows(job.entity, "rejected", job.key, outcome.reason, outcome.cursor)
        return
    if rows.table.num_rows:
        yield Batch(job.entity, rows.table)
    yield from rows.rejections
    amount = _amount(rows.table)
    told = joined([*_band(job, before, amount), *rows.remarks])
    yield Extract(
        job.entity,
        "loaded",
        job.key,
        outcome.cursor,
        rows=rows.table.num_rows,
        rejected_rows=len(rows.rejections),
        newest_record_at=_newest(rows.table),
        source_rows=rows.read,
        source_amount=amount,
        message=told if told.en else None,
    )


def _without_rows(
    entity: str, state: State, file: str | None, told: Text | None, cursor: str | None = None
) -> Extract:
    """The extract of a file that gives no rows in this run, and why."""
    return Extract(entity, state, file, cursor, message=told)


def _amount(table: pa.Table) -> Decimal | None:
    for name in _AMOUNTS:
        if name in table.column_names:
            # Sums of many rows need more digits than one row has.
            total = pc.sum(table[name].cast(pa.decimal128(38, 2))).as_py()
            return total if total is not None else Decimal("0.00")
    return None


def _newest(table: pa.Table) -> dt.datetime | None:
    times = [pc.max(table[name]).as_py() for name in _EVENT_TIMES if name in table.column_names]
    return max((time for time in times if time), default=None)


def _band(job: Job, before: Extract | None, amount: Decimal | None) -> list[Text]:
    if job.entity != "targets" or not before or not before.source_amount or amount is None:
        return []
    change = amount / before.source_amount - 1
    if abs(change) <= _BAND:
        return []
    return [
        text_(
            "sheets.outcomes.total_leaps",
            amount=f"{amount:,.2f}",
            change=f"{change:+.0%}",
            source_amount=f"{before.source_amount:,.2f}",
        )
    ]


def same(job: Job, cursor: str, twin: str) -> Extract:
    """The outcome of a file with the same content as another one: not in force."""
    text = text_("sheets.outcomes.copy", ref=job.ref.name, twin=twin)
    return _without_rows(job.entity, "gone", job.key, text, cursor)


def mark_conflicts(outcomes: list[Outcome]) -> None:
    """Reject all target files that give one target twice: one owner per scope and year."""
    owners: dict[tuple[object, ...], list[int]] = {}
    names = ENTITIES["targets"].key
    for number, outcome in enumerate(outcomes):
        if outcome.rows is None:
            continue
        columns = (outcome.rows.table[name].to_pylist() for name in names)
        for place in zip(*columns, strict=True):
            owners.setdefault(place, []).append(number)
    clashes = {place: sorted(set(n)) for place, n in owners.items() if len(set(n)) > 1}
    for number in sorted({n for numbers in clashes.values() for n in numbers}):
        mine = [(place, numbers) for place, numbers in clashes.items() if number in numbers]
        others = sorted({outcomes[n].job.key for _, ns in mine for n in ns if n != number})
        period, kind, scope, metric, _ = mine[0][0]
        outcome = outcomes[number]
        outcome.reject(
            FileRejected(
                text_(
                    "sheets.outcomes.targets_elsewhere",
                    mine=len(mine),
                    others=[*others],
                    metric=metric,
                    kind=kind,
                    scope=scope,
                    period=period,
                ),
                next_step=text_("sheets.outcomes.one_file_each"),
            )
        )
        outcome.cursor = f"{outcome.cursor}{CONFLICT}"


def note_shared_keys(outcome: Outcome, known: dict[str, list[tuple[str, pa.ChunkedArray]]]) -> None:
    """Remark on keys that another file of this run gives as well; both files are loaded."""
    entity = ENTITIES[outcome.job.entity]
    if outcome.rows is None or len(entity.key) != 1:
        return
    mine = outcome.rows.table[entity.key[0]]
    for other, theirs in known.setdefault(entity.name, []):
        shared = mine.filter(pc.is_in(mine, value_set=theirs.combine_chunks()))
        if len(shared):
            example = shared[0].as_py()
            outcome.rows.remarks.append(
                text_(
                    "sheets.outcomes.keys_elsewhere",
                    shared=len(shared),
                    other=other,
                    example=example,
                )
            )
    known[entity.name].append((outcome.job.key, mine))


def unmatched_text(ref: FileRef) -> Text:
    """The remark for a file that nobody asked for."""
    if ref.refused:
        return text_("sheets.outcomes.refused", ref=ref.name, refused=ref.refused)
    return text_("sheets.outcomes.unmapped", title=ref.title)


def remarks(
    unmatched: list[FileRef], previous: Previous, state: dict[tuple[str, str | None], str]
) -> Iterator[Extract]:
    """One remark per file that nobody asked for, once; its entity is the empty string."""
    for ref in unmatched:
        place = ("", ref.name)
        state[place] = "rejected"
        before = previous.extracts.get(place)
        if not before or before.state == "gone":
            yield _without_rows("", "rejected", ref.name, unmatched_text(ref), UNMATCHED)


def withdrawn(
    plan: Plan,
    previous: Previous,
    state: dict[tuple[str, str | None], str],
    absent: Callable[[str], Text | None],
) -> Iterator[Extract]:
    """Files that were in force and are no longer: replaced by a newer version, or not there.

    `absent` is what the place says of a file that is not there.
    """
    old = {job.place: newest for job, newest in plan.superseded}
    for place, before in previous.extracts.items():
        if place in state or before.state == "gone":
            continue
        entity, file = place
        newest = old.get(place)
        if newest is None:
            read_now = text_("sheets.outcomes.gone", file=file)
            text = absent(file or "") if entity else read_now
            if text:
                yield _without_rows(entity, "gone", file, text)
        elif state.get(newest.place) == "loaded":
            text = text_("sheets.outcomes.replaced", file=file, ref=newest.ref.name)
            yield _without_rows(entity, "gone", file, text)
