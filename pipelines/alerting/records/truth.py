"""What an alert is held against: labels of known risks, and how periods really ended.

Add here: another kind of truth. Keep out: counting hits (`backtest.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.alerting.series.scope_tree import Scope, ScopeTree

# After its last day a risk still shows in windows and ripening deals.
GRACE = dt.timedelta(days=28)
MISSED_BELOW = 0.9


@dataclass(frozen=True)
class Label:
    """One known risk; `shown_by` names rules or metrics of which one at least ought to show it.

    `also`: other scopes in which it may be named (a product line in one region has two).
    """

    kind: str
    scope: Scope
    first_day: dt.date
    last_day: dt.date
    shown_by: frozenset[str]
    also: frozenset[Scope] = frozenset()

    def explains(self, day: dt.date) -> bool:
        """Whether an alert opened on that day can be about this risk."""
        return self.first_day <= day <= self.last_day + GRACE


def read_labels(entries: Iterable[Mapping[str, Any]]) -> list[Label]:
    """Labels from the entries of `labels.json`: kind, scope_type, scope_id, first_day, last_day,
    and optionally expected_rules (names of rules or metrics) and, of a product line in one region only,
    that region. KeyError or ValueError on a broken entry.
    """
    return [
        Label(
            kind=str(entry["kind"]),
            scope=(str(entry["scope_type"]), str(entry["scope_id"])),
            first_day=dt.date.fromisoformat(str(entry["first_day"])),
            last_day=dt.date.fromisoformat(str(entry["last_day"])),
            shown_by=frozenset(map(str, entry.get("expected_rules", ()))),
            also=frozenset({("region", str(entry["region"]))} if entry.get("region") else ()),
        )
        for entry in entries
    ]


def explained_by(
    label: Label,
    *,
    scope: Scope,
    rule: str,
    metric: str,
    detects: tuple[str, ...],
    day: dt.date,
    tree: ScopeTree,
) -> bool:
    """The alert is in time, in a scope of the same line, and of a kind that shows this risk."""
    return (
        label.explains(day)
        and (bool({rule, metric} & label.shown_by) or label.kind in detects)
        and any(tree.related(scope, place) for place in (label.scope, *label.also))
    )


def period_outcomes(
    metrics: pd.DataFrame, completion: pd.DataFrame, *, as_of: dt.date
) -> pd.DataFrame:
    """How every ended period ended: period_type, scope_type, scope_id, period_start, period_end,
    attainment, missed (below 90 %). Grain: scope × period, revenue targets only.

    The end value is `target_attainment` of `fct_metrics`; where it is missing, the last row of
    the completion history, if that is of the period's last week.
    """
    key = ["period_type", "scope_type", "scope_id", "period_start"]
    rows = completion[completion["metric"] == "revenue"].copy()
    for name in ("period_start", "period_end", "as_of"):
        rows[name] = pd.to_datetime(rows[name])
    rows = rows[rows["period_end"] < pd.Timestamp(as_of)]
    rows = rows[(rows["as_of"] <= rows["period_end"]) & (rows["as_of"] >= rows["period_start"])]
    last = rows.sort_values("as_of", kind="stable").groupby(key, observed=True).tail(1)
    # Targets of other metrics stand in the dimension.
    revenue = (metrics["metric"] == "target_attainment") & (metrics["dimension"].fillna("") == "")
    final = metrics[revenue & metrics["grain"].isin(["month", "quarter"])][
        ["grain", "scope_type", "scope_id", "period_start", "value"]
    ].rename(columns={"grain": "period_type", "value": "final"})
    final = final.astype({name: str for name in key if name != "period_start"})
    final = final.assign(period_start=pd.to_datetime(final["period_start"]))
    joined = last.merge(final, on=key, how="left")
    late = (joined["period_end"] - joined["as_of"]).dt.days <= 6
    attainment = joined["final"].astype(float)
    attainment = attainment.where(
        attainment.notna(), joined["attainment"].where(late).astype(float)
    )
    result = joined[[*key, "period_end"]].assign(
        attainment=attainment, missed=attainment < MISSED_BELOW
    )
    return result[attainment.notna() & (joined["target_amount"].astype(float) > 0)].reset_index(
        drop=True
    )
