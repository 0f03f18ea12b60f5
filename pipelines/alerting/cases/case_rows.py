"""The mart of cases: one row for each cause, with what speaks for it and which alerts belong to it.

Add here: another column of `fct_cases`. Keep out: which alerts have one cause (`causes.py`).
"""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from pipelines.alerting.cases.case_money import lead_of
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.language import stored

CASE_COLUMNS = [
    "case_id",
    "root_alert_id",
    "rule",
    "metric",
    "scope_type",
    "scope_id",
    "scope_name",
    "dimension",
    "level",
    "peak_level",
    "state",
    "opened_on",
    "since",
    "closed_on",
    "as_of",
    "alerts",
    "alerts_open",
    "amount_at_risk",
    "amount_counted",
    "probability",
    "owner_id",
    "symptoms",
    "title_zh",
    "title_en",
    stored.COLUMN,
    "message_zh",
    "message_en",
]


def case_rows(alerts: pd.DataFrame, tree: ScopeTree) -> pd.DataFrame:
    """`fct_cases` from alerts that have a `case_id` and a `role`: `CASE_COLUMNS`, one row each, open
    ones first, the gravest first. A case is open while one of its alerts is.
    """
    given = alerts[alerts["case_id"].notna() & (alerts["case_id"] != "")]
    found: dict[str, list[dict[Any, Any]]] = {}
    for alert in given.sort_values(["case_id", "opened_on", "alert_id"]).to_dict("records"):
        found.setdefault(alert["case_id"], []).append(alert)
    rows = [_case(members) for members in found.values()]
    frame = pd.DataFrame(rows).reindex(columns=CASE_COLUMNS)
    frame["amount_counted"] = _counted(frame, tree)
    order = frame.assign(
        _open=frame["state"] == "open",
        _danger=frame["level"] == "danger",
        _money=pd.to_numeric(frame["amount_at_risk"]).fillna(0.0),
    ).sort_values(
        ["_open", "_danger", "_money", "opened_on", "case_id"],
        ascending=[False, False, False, False, True],
    )
    return frame.loc[order.index].reset_index(drop=True)


def _case(members: list[dict[Any, Any]]) -> dict[str, Any]:
    """The row of one case from its alerts, in the order of their opening; the money is added later."""
    root = next(alert for alert in members if alert["role"] == "root")
    lead = lead_of(members)
    standing = [alert for alert in members if alert["state"] == "open"]
    first = members[0]["opened_on"]
    ended = [alert["closed_on"] for alert in members if not pd.isna(alert["closed_on"])]

    def gravest(alerts: list[dict[Any, Any]], name: str) -> str:
        return "danger" if any(alert[name] == "danger" for alert in alerts) else "warning"

    return {
        **{name: root[name] for name in _OF_ROOT},
        **{name: lead[name] for name in _OF_LEAD},
        "case_id": root["case_id"],
        "root_alert_id": root["alert_id"],
        "level": gravest(standing or members, "level"),
        "peak_level": gravest(members, "peak_level"),
        "state": "open" if standing else "closed",
        "opened_on": first,
        "since": min(root["since"], first),
        "closed_on": None if standing else max(ended, default=None),
        "alerts": len(members),
        "alerts_open": len(standing),
        "symptoms": json.dumps(
            [
                {name: str(alert[name]) for name in _OF_SYMPTOM}
                for alert in members
                if alert["role"] != "root"
            ],
            ensure_ascii=False,
        ),
        "title_zh": lead["rule_title_zh"],
        "title_en": lead["rule_title_en"],
        stored.COLUMN: stored.under_other_names(
            lead.get(stored.COLUMN), {"rule_title": "title", "message": "message"}
        ),
    }


_OF_ROOT = (
    "rule",
    "metric",
    "scope_type",
    "scope_id",
    "scope_name",
    "dimension",
    "owner_id",
)
# A root that has ended says nothing about tonight.
_OF_LEAD = ("as_of", "probability", "amount_at_risk", "message_zh", "message_en")
_OF_SYMPTOM = ("alert_id", "rule", "scope_type", "scope_id", "scope_name", "level", "state")


def _counted(cases: pd.DataFrame, tree: ScopeTree) -> list[float | None]:
    """The part of each open case's amount that no case of a scope above or of the same scope holds.

    Summed over the open cases it counts no revenue twice: under a scope that is at risk as a whole,
    only what exceeds the amount above it is added, and a product line adds nothing to what the sales
    force already holds.
    """
    result: list[float | None] = [None] * len(cases)
    order = {"company": 0, "region": 1, "team": 2, "rep": 3, "product_line": 4}
    rows = [
        (order.get(str(kind), 9), -float(amount), n, (str(kind), str(ident)))
        for n, (kind, ident, amount, state) in enumerate(
            zip(cases["scope_type"], cases["scope_id"], cases["amount_at_risk"], cases["state"],
                strict=True)
        )
        if state == "open" and amount is not None and not pd.isna(amount)
    ]  # fmt: skip
    left: dict[tuple[str, str], float] = {}
    for _, minus, n, scope in sorted(rows):
        amount = -minus
        holders = [scope, *tree.ancestors(scope)]
        if scope[0] == "product_line":
            holders = [*left]
        covered = max((left.get(h, 0.0) for h in holders), default=0.0)
        result[n] = max(amount - covered, 0.0)
        for h in holders:
            if h in left:
                left[h] = max(left[h] - amount, 0.0)
        left[scope] = max(left.get(scope, 0.0), amount)
    return result
