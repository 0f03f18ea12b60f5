"""What `forewarn check` says of each file, before anything is loaded.

Add here: another thing that a person should know of a file beforehand.
Keep out: what a run says of a file (`outcomes.py`).

"ok" is said only of a file that is read whole. What is read but lacks something, or is not read on
purpose, is a remark.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.language import Text, text
from pipelines.sources.protocol import Finding
from pipelines.sources.spreadsheet.faults import Sentences
from pipelines.sources.spreadsheet.outcomes import Outcome, unmatched_text
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
        yield Finding(ref.name, ref.refused is None, unmatched_text(ref), remark=True)
