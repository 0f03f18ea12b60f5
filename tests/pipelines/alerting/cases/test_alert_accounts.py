"""The customers behind an alert about customers: whom to call first."""

import datetime as dt
import json
from typing import Any

import pandas as pd
import pytest
import yaml

from pipelines.alerting.cases.accounts import CHOICES, with_accounts
from pipelines.alerting.cases.behind import MOST
from pipelines.alerting.series.catalogue import METRICS
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.settings import DBT_PROJECT

AS_OF, SINCE = dt.date(2026, 10, 30), dt.date(2026, 10, 5)
TREE = ScopeTree(
    pd.DataFrame(
        [
            ("company", "company", "", "", ""),
            ("region", "华东", "", "company", "company"),
            ("team", "T1", "", "region", "华东"),
            ("team", "T2", "", "company", "company"),
        ],
        columns=["scope_type", "scope_id", "scope_name", "parent_scope_type", "parent_scope_id"],
    )
)


def account(ident: str, revenue: float, **values: Any) -> dict[str, Any]:
    return {
        "account_id": ident, "account_name": f"客户{ident}", "owner_id": "R1", "team_id": "T1",
        # Where the customer is: not by what the metrics of customers are counted.
        "region": "华南", "churn_state": "active", "open_opportunities": 0, "silent": False,
        "last_order_on": dt.date(2026, 9, 1), "last_heard_on": dt.date(2026, 9, 20),
        "revenue_12m": revenue, "is_key_account": True, **values,
    }  # fmt: skip


def listed(metric: str, accounts: list[dict[str, Any]], **values: Any) -> list[dict[str, Any]]:
    alert = {
        "metric": metric, "scope_type": "team", "scope_id": "T1", "state": "open", "since": SINCE,
        **values,
    }  # fmt: skip
    shown = with_accounts(pd.DataFrame([alert]), pd.DataFrame(accounts), TREE, as_of=AS_OF)
    text = shown.loc[0, "accounts"]
    return json.loads(text) if text else []


def ids(*arguments: Any, **values: Any) -> list[str]:
    return [row["id"] for row in listed(*arguments, **values)]


def test_the_five_worth_most_that_were_not_heard_from_since() -> None:
    accounts = [account(f"C{i}", 100.0 * i) for i in range(1, 8)]
    accounts += [
        account("heard", 9e9, last_heard_on=SINCE),
        account("small", 9e9, is_key_account=False),
        account("theirs", 9e9, team_id="T2"),
    ]
    rows = listed("key_account_engagement", accounts)
    assert [row["id"] for row in rows] == ["C7", "C6", "C5", "C4", "C3"]
    assert len(rows) == MOST
    assert rows[0] == {
        "id": "C7", "name": "客户C7", "owner_id": "R1", "revenue_12m": 700.0,
        "last_order_on": "2026-09-01", "last_heard_on": "2026-09-20", "unheard_days": 40,
    }  # fmt: skip


def test_one_that_was_never_heard_from_has_no_days() -> None:
    (row,) = listed("key_account_engagement", [account("C1", 5.0, last_heard_on=None)])
    assert row["last_heard_on"] is None
    assert row["unheard_days"] is None


@pytest.mark.parametrize(
    ("metric", "kept", "left"),
    [
        ("silent_accounts", {"silent": True}, {"silent": None}),
        ("churn_rate", {"churn_state": "churned"}, {"churn_state": "active"}),
        ("churn_rate", {"churn_state": "at_risk"}, {"churn_state": "churned", "revenue_12m": 0.0}),
        ("inbound_share", {"churn_state": "at_risk"}, {"last_heard_on": SINCE}),
        ("inbound_share", {"churn_state": "none", "open_opportunities": 1}, {"churn_state": "churned"}),
    ],
)  # fmt: skip
def test_each_metric_has_its_own_choice(metric: str, kept: dict, left: dict) -> None:
    accounts = [account("kept", 1.0, **kept), account("left", **{"revenue": 9.0, **_given(left)})]
    if "revenue_12m" in left:
        accounts[1]["revenue_12m"] = left["revenue_12m"]
    assert ids(metric, accounts) == ["kept"]


def _given(values: dict) -> dict:
    return {name: value for name, value in values.items() if name != "revenue_12m"}


def test_scopes_follow_the_rep_who_looks_after_the_customer() -> None:
    accounts = [
        account("C1", 1.0),
        account("C2", 2.0, team_id="T2", owner_id="R2", region="华东"),
        account("C3", 3.0, team_id=None, owner_id=None, region="华东"),
    ]
    metric = "key_account_engagement"
    assert ids(metric, accounts, scope_type="region", scope_id="华东") == ["C1"]
    assert ids(metric, accounts, scope_type="rep", scope_id="R2") == ["C2"]
    everyone = ids(metric, accounts, scope_type="company", scope_id="company")
    assert everyone == ["C3", "C2", "C1"]


def test_ended_alerts_and_other_metrics_name_nobody() -> None:
    accounts = [account("C1", 1.0)]
    assert ids("key_account_engagement", accounts, state="recovered") == []
    assert ids("revenue", accounts) == []
    assert set(CHOICES) <= set(METRICS)


def test_the_columns_exist_in_the_mart() -> None:
    (path,) = (DBT_PROJECT / "models" / "marts").rglob("fct_account_health.yml")
    (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    assert set(account("C1", 1.0)) <= {column["name"] for column in model["columns"]}
