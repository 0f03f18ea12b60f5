"""What `forewarn check` says of each file and of all together, before anything is loaded.

Add here: another thing that a person should know beforehand.
Keep out: what a run says of a file (`outcomes.py`).

"ok" is said only of a file that is read whole. What is read but lacks something, or is not read on
purpose, is a remark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from pipelines.configuration.tables import PersonAccount, StageRow
from pipelines.language import Text, text
from pipelines.sources.protocol import Finding
from pipelines.sources.spreadsheet.faults import Sentences
from pipelines.sources.spreadsheet.outcomes import Outcome
from pipelines.sources.spreadsheet.plan import Plan

# Columns without which figures cannot be made; the catalogues say which figures.
COSTS: dict[str, tuple[str, ...]] = {
    "opportunities": ("amount", "closed_at", "expected_close_date", "account_id"),
    "orders": ("owner_id", "promised_at", "delivered_at"),
    "accounts": ("created_at", "owner_id"),
    "leads": ("created_at", "converted_at"),
    "users": ("team_id",),
    "teams": ("region",),
}
_STAGES = {"opportunities": ("stage",), "stage_history": ("from_stage", "to_stage")}
_OWNERS = ("opportunities", "accounts", "leads", "activities", "orders")
_CALLED = ("user_id", "user_name", "email")
# From this share of the rows on the night's own check of stages stops the publication.
_COMMON = 0.15
_SHOWN = 8


def findings_of(outcome: Outcome) -> Iterator[Finding]:
    """One finding for the file, and one more if columns are missing that figures need."""
    job, rows = outcome.job, outcome.rows
    subject = f"{job.key} → {job.entity}"
    if rows is None:
        assert outcome.reason is not None
        yield Finding(subject, False, outcome.reason, outcome.next_step or "")
        return
    count = rows.table.num_rows
    said: list[Text] = [text("sheets.check.rows", count=count)]
    if rows.rejections:
        first = rows.rejections[0]
        said.append(
            text(
                "sheets.check.unreadable",
                count=len(rows.rejections),
                address=first.address or "",
                reason=first.reason,
            )
        )
    yield Finding(
        subject,
        not rows.rejections,
        Sentences([*said, *rows.remarks]).as_text(),
        remark=count == 0,
    )
    empty = [
        name for name in COSTS.get(job.entity, ()) if count and rows.table[name].null_count == count
    ]
    if empty:
        costs = Sentences([text(f"sheets.costs.{job.entity}.{name}") for name in empty])
        yield Finding(
            subject,
            True,
            text("sheets.check.costs", columns=empty, costs=costs),
            text("sheets.next.costs"),
            remark=True,
        )


def superseded_findings(plan: Plan) -> Iterator[Finding]:
    """Files that are not read: older versions, and those that nothing matches."""
    for old, new in plan.superseded:
        yield Finding(old.key, True, text("sheets.check.older", newer=new.ref.name), remark=True)
    for ref in plan.unmatched:
        # Without the name, which the subject is: files that are left out for one reason are one line.
        why = text("sheets.check.unmapped") if ref.refused is None else ref.refused
        yield Finding(ref.name, ref.refused is None, why, remark=True)


def unknown_stages(
    source: str, outcomes: Sequence[Outcome], stages: Iterable[StageRow]
) -> Iterator[Finding]:
    """Stages of deals and their moves that stages.csv has neither for this source nor for all.

    A remark where few rows have them; a problem where they are common, since no night is published then.
    """
    known = {row.source_stage for row in stages if row.source in (source, "*")}
    known |= {row.stage for row in stages}
    used: Counter[str] = Counter()
    for entity, columns in _STAGES.items():
        for table in _tables(outcomes, entity):
            for column in columns:
                used.update(_values(table, column))
    unknown = Counter({name: count for name, count in used.items() if name not in known})
    if unknown:
        yield Finding(
            text("sources.check.stages"),
            sum(unknown.values()) < _COMMON * sum(used.values()),
            text("sheets.check.unknown_stages", stages=_most(unknown)),
            text("sources.add_row_stages_csv_each"),
            remark=True,
        )


def unknown_people(
    outcomes: Sequence[Outcome], people: Iterable[PersonAccount]
) -> Iterator[Finding]:
    """Owners, and people with a target, whom neither the users of these sheets nor people.csv have.

    Nothing where these sheets list no users: another source may.
    """
    users = _tables(outcomes, "users")
    if not users:
        return
    known = {
        _folded(value) for table in users for name in _CALLED for value in _values(table, name)
    }
    for person in people:
        named = (person.person_id, person.name, person.email, person.source_user_id)
        known |= {_folded(value) for value in named if value}
    unknown: Counter[str] = Counter()
    for entity in _OWNERS:
        for table in _tables(outcomes, entity):
            unknown.update(v for v in _values(table, "owner_id") if _folded(v) not in known)
    for table in _tables(outcomes, "targets"):
        kinds = table["scope_type"].to_pylist()
        for kind, value in zip(kinds, table["scope_id"].to_pylist(), strict=True):
            if kind == "rep" and value and _folded(value) not in known:
                unknown[str(value).strip()] += 1
    if unknown:
        yield Finding(
            text("sources.check.users"),
            True,
            text("sheets.check.unknown_people", people=_most(unknown)),
            text("sheets.next.unknown_people"),
            remark=True,
        )


def _tables(outcomes: Sequence[Outcome], entity: str) -> list[pa.Table]:
    return [one.rows.table for one in outcomes if one.rows and one.job.entity == entity]


def _values(table: pa.Table, column: str) -> list[str]:
    return [
        str(value).strip() for value in table[column].to_pylist() if value and str(value).strip()
    ]


def _folded(value: str) -> str:
    return str(value).strip().casefold()


def _most(found: Counter[str]) -> list[Text]:
    shown = found.most_common(_SHOWN)
    told = [text("sheets.check.name_in_rows", name=name, count=count) for name, count in shown]
    more = len(found) - len(shown)
    return [*told, text("sheets.check.names_more", count=more)] if more else told
