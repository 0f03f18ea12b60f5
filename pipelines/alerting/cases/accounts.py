"""Which customers stand behind an alert: the few worth the most that one should call first.

Add here: the choice for another metric of customers. Keep out: opportunities (`deals.py`), and how a
customer is written in a notice or report.

Read from `fct_account_health` of the same night, so a customer never knows more than its alert.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from pipelines.alerting.cases.behind import first_as_json, largest_first, with_list
from pipelines.alerting.series.scope_tree import ScopeTree

_SERVED = ("active", "at_risk", "new")

# Of `fct_account_health`.
COLUMNS = (
    "account_id",
    "account_name",
    "owner_id",
    "team_id",
    "is_key_account",
    "silent",
    "churn_state",
    "revenue_12m",
    "open_opportunities",
    "last_order_on",
    "last_heard_on",
)
Choice = Callable[[pd.DataFrame, pd.Timestamp], pd.Series]


def _unheard(accounts: pd.DataFrame, since: pd.Timestamp) -> pd.Series:
    """Neither answered nor bought since the figure went bad."""
    heard = pd.to_datetime(accounts["last_heard_on"])
    return heard.isna() | (heard < since)


def _silent_key_accounts(accounts: pd.DataFrame, since: pd.Timestamp) -> pd.Series:
    return accounts["is_key_account"].astype(bool) & _unheard(accounts, since)


def _silent(accounts: pd.DataFrame, _: pd.Timestamp) -> pd.Series:
    return accounts["silent"].fillna(False).astype(bool)


def _lost(accounts: pd.DataFrame, _: pd.Timestamp) -> pd.Series:
    """Past its own rhythm, and worth something in the last year."""
    worth = pd.to_numeric(accounts["revenue_12m"]) > 0
    return accounts["churn_state"].isin(("at_risk", "churned")) & worth


def _unanswering(accounts: pd.DataFrame, since: pd.Timestamp) -> pd.Series:
    served = accounts["churn_state"].isin(_SERVED) | (accounts["open_opportunities"] > 0)
    return served & _unheard(accounts, since)


CHOICES: dict[str, Choice] = {
    "key_account_engagement": _silent_key_accounts,
    "silent_accounts": _silent,
    "churn_rate": _lost,
    "inbound_share": _unanswering,
}


def with_accounts(
    alerts: pd.DataFrame, accounts: pd.DataFrame, tree: ScopeTree, *, as_of: dt.date
) -> pd.DataFrame:
    """The frame with `accounts`: JSON list of at most five, the most revenue first; else null.

    `alerts`: episodes (columns of `fct_alerts`); only open ones of the metrics in `CHOICES` get
    customers. `accounts`: `fct_account_health` of the same day. Each customer: id, name, owner_id,
    revenue_12m (company currency), last_order_on, last_heard_on, unheard_days.
    """
    accounts = accounts.assign(revenue_12m=pd.to_numeric(accounts["revenue_12m"]).astype("float64"))
    accounts = largest_first(accounts, "revenue_12m", "account_id")
    record = partial(_record, as_of=as_of)

    def listed(alert: dict[str, Any], choose: Choice) -> str | None:
        scope = (str(alert["scope_type"]), str(alert["scope_id"]))
        chosen = _in_scope(accounts, scope, tree) & choose(accounts, pd.Timestamp(alert["since"]))
        return first_as_json(accounts, chosen.to_numpy(bool, na_value=False), record)

    return with_list(alerts, "accounts", CHOICES, listed)


def _in_scope(accounts: pd.DataFrame, scope: tuple[str, str], tree: ScopeTree) -> pd.Series:
    """By the rep who looks after the customer today: he is the one who can call."""
    if scope[0] == "company":
        return pd.Series(True, index=accounts.index)
    if scope[0] == "rep":
        return accounts["owner_id"].astype(str) == scope[1]
    teams = {
        team for team in accounts["team_id"].dropna().unique()
        if scope == ("team", team) or scope in tree.ancestors(("team", team))
    }  # fmt: skip
    return accounts["team_id"].isin(teams)


def _record(row: dict[str, Any], as_of: dt.date) -> dict[str, object]:
    def day(name: str) -> str | None:
        return None if pd.isna(row[name]) else pd.Timestamp(row[name]).date().isoformat()

    heard = day("last_heard_on")
    return {
        "id": str(row["account_id"]),
        "name": str(row["account_id"] if pd.isna(row["account_name"]) else row["account_name"]),
        "owner_id": None if pd.isna(row["owner_id"]) else row["owner_id"],
        "revenue_12m": row["revenue_12m"],
        "last_order_on": day("last_order_on"),
        "last_heard_on": heard,
        "unheard_days": None if heard is None else (as_of - dt.date.fromisoformat(heard)).days,
    }
