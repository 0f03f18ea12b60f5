"""What Zoho itself counts: records of a module, and changes and amounts within a time span.

Add here: another total of the system. Keep out: comparing (`quality/`).

COQL's aggregates are listed but hardly documented: where an organisation refuses them or answers in
another form, there is no count, and the load says so by leaving `source_rows` empty.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pipelines.sources.http import Refusal
from pipelines.sources.zoho.modules import STAMP, ZohoModule
from pipelines.sources.zoho.session import Session

_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Totals:
    """Records and their amount, in the one currency of the organisation; None where not told."""

    rows: int | None = None
    amount: Decimal | None = None


def record_count(session: Session, module: ZohoModule) -> int | None:
    """How many records a module has now; None if it is not told."""
    try:
        content = session.get(f"{module.name}/actions/count", expect={"count": (int, str)})
        return 0 if content is None else int(content["count"])
    except (Refusal, ValueError):
        return None


def window_totals(
    session: Session,
    module: ZohoModule,
    since: dt.datetime | None,
    upto: dt.datetime,
    *,
    amounts: bool,
) -> Totals:
    """Records last changed within [since, upto), and their amount if asked for.

    Without `since`: of all records.
    """
    condition = "id is not null"
    if since is not None:
        start, end = since.isoformat(timespec="seconds"), upto.isoformat(timespec="seconds")
        condition = f"({STAMP} >= '{start}' and {STAMP} < '{end}')"
    summed = f", SUM({module.amount})" if amounts and module.amount else ""
    query = f"select COUNT(id){summed} from {module.name} where {condition}"
    try:
        content = session.post("coql", {"select_query": query}, expect={"data": list})
        if content is None:
            return Totals(0, Decimal(0) if summed else None)
        row = {str(key).lower(): value for key, value in content["data"][0].items()}
        rows = next((int(v) for k, v in row.items() if k.startswith("count")), None)
        amount = next((v for k, v in row.items() if k.startswith("sum")), None)
        # Sums of binary fractions end in noise; money has cents.
        return Totals(rows, None if amount is None else Decimal(str(amount)).quantize(_CENT))
    except (Refusal, ValueError, LookupError, AttributeError, TypeError, InvalidOperation):
        return Totals()


def reconciled(before: int | None, came: int, after: int | None, loaded: int) -> int | None:
    """The count that stands against `loaded` rows: the system's, where the load explains no change.

    A system in use changes between counting and reading; what came must lie between the counts
    before and after. Then it is complete; else the later count tells how many rows are missing.
    """
    if before is None or after is None:
        return None
    if min(before, after) <= came <= max(before, after):
        return loaded
    return loaded + after - came
