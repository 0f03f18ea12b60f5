"""Which opportunities stand behind an alert: the few that decide whether it comes true.

Add here: the choice for another metric. Keep out: parts of the organisation (`drivers.py`), and
how a deal is written in a notice or report.

Read from `fct_opportunities` of the same night, so a deal never knows more than its alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from pipelines.alerting.cases.behind import first_as_json, largest_first, with_list

# Workdays without a touch after which a deal counts as left alone; as in dbt's idle_limit_workdays.
IDLE_WORKDAYS = 14

_COLUMN_OF_SCOPE = {
    "region": "region",
    "team": "team_id",
    "rep": "owner_id",
    "product_line": "product_line",
}
# Of `fct_opportunities`, and the outcomes that stand behind an alert.
COLUMNS = (
    "opportunity_id",
    "opportunity_name",
    "owner_id",
    "team_id",
    "region",
    "product_line",
    "stage",
    "outcome",
    "amount",
    "expected_close_on",
    "closed_on",
    "idle_workdays",
    "push_count",
    "is_stalled",
    "is_overdue",
)
OUTCOMES = ("open", "lost")
Choice = Callable[[pd.DataFrame, dict[str, Any]], pd.Series]


def _open(deals: pd.DataFrame, _: dict[str, Any]) -> pd.Series:
    return deals["outcome"] == "open"


def _due(deals: pd.DataFrame, alert: dict[str, Any]) -> pd.Series:
    """Open and expected in the period, or overdue: what can still be booked in it."""
    end = alert.get("period_end")
    due = deals["outcome"] == "open"
    return due if end is None or pd.isna(end) else due & (deals["expected_close_on"] <= _day(end))


def _pushed(deals: pd.DataFrame, _: dict[str, Any]) -> pd.Series:
    moved = (deals["push_count"].fillna(0) > 0) | deals["is_overdue"].fillna(False).astype(bool)
    return (deals["outcome"] == "open") & moved


def _overdue(deals: pd.DataFrame, _: dict[str, Any]) -> pd.Series:
    return (deals["outcome"] == "open") & deals["is_overdue"].fillna(False).astype(bool)


def _stalled(deals: pd.DataFrame, _: dict[str, Any]) -> pd.Series:
    return (deals["outcome"] == "open") & deals["is_stalled"].fillna(False).astype(bool)


def _idle(deals: pd.DataFrame, _: dict[str, Any]) -> pd.Series:
    return (deals["outcome"] == "open") & (deals["idle_workdays"].fillna(0) > IDLE_WORKDAYS)


def _in_stage(deals: pd.DataFrame, alert: dict[str, Any]) -> pd.Series:
    """Open in the stage that converts badly: those can still be saved."""
    stage = alert.get("dimension") or ""
    in_it = deals["outcome"] == "open"
    return in_it & (deals["stage"] == stage) if stage else in_it


def _lost(deals: pd.DataFrame, alert: dict[str, Any]) -> pd.Series:
    return (deals["outcome"] == "lost") & (deals["closed_on"] >= _day(alert["since"]))


CHOICES: dict[str, Choice] = {
    "target_attainment": _due,
    "pipeline_coverage": _due,
    "pipeline_coverage_next": _open,
    "concentration": _due,
    "open_pipeline_amount": _open,
    "slippage_share": _pushed,
    "overdue_close_share": _overdue,
    "stalled_share": _stalled,
    "sales_cycle_days": _stalled,
    "moved_share": _stalled,
    "days_in_stage": _stalled,
    "idle_share": _idle,
    "activities": _idle,
    "stage_conversion": _in_stage,
    "win_rate": _lost,
    "win_rate_amount": _lost,
}


def with_deals(
    alerts: pd.DataFrame, opportunities: pd.DataFrame, *, quarter_end: dt.date | None
) -> pd.DataFrame:
    """The frame with `deals`: JSON list of at most five, the largest amount first; else null.

    `alerts`: episodes (columns of `fct_alerts`); only open ones of the metrics in `CHOICES` get
    deals. `opportunities`: `fct_opportunities` of the same day. `quarter_end`: last day of the
    running fiscal quarter, the period of metrics that have none of their own. Each deal: id,
    name, owner_id, stage, amount (company currency), idle_workdays, expected_close_on.
    """
    deals = opportunities[[name for name in COLUMNS if name in opportunities]]
    # What was won, or lost before any alert began, stands behind none.
    lost_since = pd.to_datetime(alerts.loc[alerts["state"] == "open", "since"]).min()
    closed = pd.to_datetime(deals["closed_on"])
    deals = deals[
        (deals["outcome"] == "open") | (deals["outcome"].eq("lost") & (closed >= lost_since))
    ]
    deals = deals.assign(
        expected_close_on=pd.to_datetime(deals["expected_close_on"]),
        closed_on=pd.to_datetime(deals["closed_on"]),
        amount=pd.to_numeric(deals["amount"]).astype("float64"),
        **{
            name: deals[name].astype(str)
            for name in _COLUMN_OF_SCOPE.values()
            if name != "owner_id"
        },
    )

    deals = largest_first(deals, "amount", "opportunity_id")

    places = {
        kind: deals.groupby(deals[column].astype(str), sort=False).indices
        for kind, column in _COLUMN_OF_SCOPE.items()
    }
    none = np.zeros(0, np.intp)

    @cache
    def within(kind: str, ident: str) -> pd.DataFrame:
        """The deals of a scope, in their order: several alerts ask for them."""
        if kind == "company":
            return deals
        found = places[kind].get(ident, none) if kind in places else none
        return deals.take(np.asarray(found, np.intp))

    def listed(alert: dict[str, Any], choose: Choice) -> str | None:
        if alert.get("period_end") is None or pd.isna(alert["period_end"]):
            alert["period_end"] = quarter_end
        mine = within(str(alert["scope_type"]), str(alert["scope_id"]))
        return first_as_json(mine, choose(mine, alert).to_numpy(bool), _record)

    return with_list(alerts, "deals", CHOICES, listed)


def _record(row: dict[str, Any]) -> dict[str, object]:
    def known(name: str) -> Any:
        return None if pd.isna(row[name]) else row[name]

    idle, close = known("idle_workdays"), known("expected_close_on")
    return {
        "id": str(row["opportunity_id"]),
        "name": str(known("opportunity_name") or row["opportunity_id"]),
        "owner_id": known("owner_id"),
        "stage": known("stage"),
        "amount": known("amount"),
        "idle_workdays": None if idle is None else int(idle),
        "expected_close_on": None if close is None else pd.Timestamp(close).date().isoformat(),
    }


def _day(value: object) -> pd.Timestamp:
    return pd.Timestamp(value)  # type: ignore[arg-type]
