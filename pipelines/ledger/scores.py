"""How well people answer: response scores, the reward list, the library of resolved cases.

Add here: a way of counting responses. Keep out: the facts counted (`openings.py`).

The score is ours, from 0 to 100: 60 parts for answering in time, 40 for alerts that ended well.
Where one of the two has nothing to count, the other stands alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import select

from pipelines.ledger.due import TERMS, IsWorkday, add_workdays
from pipelines.ledger.models import Signal
from pipelines.ledger.openings import hours_between
from pipelines.ledger.store import Ledger
from pipelines.ledger.transitions import RULE_CHANGED

_IN_TIME_PARTS, _RECOVERED_PARTS = 60, 40
# An alert that was no risk says nothing about whether the answer to it worked.
_NOT_COUNTED = {"false_alarm", "data_error"}
SCORE_COLUMNS = {
    "person_id": "str",
    "month": "datetime64[us]",
    "alerts_owned": "Int64",
    "alerts_due": "Int64",
    "answered_in_time": "Int64",
    "median_hours_to_ack": "Float64",
    "alerts_ended": "Int64",
    "recovered": "Int64",
    "false_alarms": "Int64",
    "score": "Float64",
}


def response_scores_frame(
    openings: pd.DataFrame, *, as_of: dt.date, timezone: ZoneInfo, is_workday: IsWorkday
) -> pd.DataFrame:
    """`rpt_response_scores`: one row per person and month in which an alert of theirs opened.

    `month` is its first day. Alerts that ended because their rule was changed or removed are left out.
    `alerts_due` are those answered or whose term has passed,
    `answered_in_time` those answered by its last day. `alerts_ended` have an outcome other than
    false alarm or data error, `recovered` of them recovered. Hours are clock hours from the first
    notice. `score` is null when nothing was due and nothing ended. `openings`: `openings_frame` of that
    day, here and below.
    """
    # An alert that a change of the rules took back counts neither for nor against whoever had it.
    openings = openings[openings["outcome"] != RULE_CHANGED]
    grouped: dict[tuple[str, pd.Timestamp], list[dict[str, Any]]] = {}
    for opening in openings[openings["person_id"].notna()].to_dict("records"):
        key = (opening["person_id"], pd.Timestamp(opening["opened_on"]).replace(day=1))
        grouped.setdefault(key, []).append({str(name): opening[name] for name in opening})
    rows = [
        _score(person, month, group, as_of, timezone, is_workday)
        for (person, month), group in sorted(grouped.items())
    ]
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS)).astype(SCORE_COLUMNS)


def _score(
    person_id: str,
    month: pd.Timestamp,
    openings: list[dict[str, Any]],
    as_of: dt.date,
    timezone: ZoneInfo,
    is_workday: IsWorkday,
) -> dict[str, object]:
    due = in_time = ended = recovered = false_alarms = 0
    hours: list[float] = []
    for opening in openings:
        term = add_workdays(opening["opened_on"], TERMS[opening["level"]]["seen"], is_workday)
        first = opening["first_response_at"]
        answered = pd.notna(first)
        on_time = answered and first.astimezone(timezone).date() <= term
        due += bool(answered or term < as_of)
        in_time += bool(on_time)
        ended += pd.notna(opening["outcome"]) and opening["outcome"] not in _NOT_COUNTED
        recovered += opening["outcome"] == "recovered"
        false_alarms += opening["outcome"] == "false_alarm"
        taken = hours_between(opening["told_at"], first if answered else None)
        if taken is not None:
            hours.append(taken)
    parts = [(_IN_TIME_PARTS, in_time, due), (_RECOVERED_PARTS, recovered, ended)]
    counted = [(part, of / among) for part, of, among in parts if among]
    weight = sum(part for part, _ in counted)
    return {
        "person_id": person_id,
        "month": month,
        "alerts_owned": len(openings),
        "alerts_due": due,
        "answered_in_time": in_time,
        "median_hours_to_ack": float(pd.Series(hours).median()) if hours else None,
        "alerts_ended": ended,
        "recovered": recovered,
        "false_alarms": false_alarms,
        "score": 100 * sum(part * share for part, share in counted) / weight if weight else None,
    }


def reward_list(
    ledger: Ledger,
    openings: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    month: dt.date,
    minimum: int = 3,
) -> pd.DataFrame:
    """Whom to thank for a month, best first: person_id, reason, count, score.

    `answered`: those with at least `minimum` alerts due, by score. `reported`: those whose
    hand-reported risks of that month were resolved as real (no false alarm, no data error).
    `scores`: `response_scores_frame` of the same openings.
    """
    first = pd.Timestamp(month).replace(day=1)
    scores = scores[(scores["month"] == first) & (scores["alerts_due"] >= minimum)]
    answered = pd.DataFrame(
        {
            "person_id": scores["person_id"],
            "reason": "answered",
            "count": scores["answered_in_time"],
            "score": scores["score"],
        }
    )
    answered = answered[answered["count"] > 0]
    reports = _real_reports(ledger, first, openings)
    return (
        pd.concat([answered, reports], ignore_index=True)
        .sort_values(
            ["reason", "score", "count", "person_id"], ascending=[True, False, False, True]
        )
        .reset_index(drop=True)
    )


def _real_reports(ledger: Ledger, month: pd.Timestamp, openings: pd.DataFrame) -> pd.DataFrame:
    with ledger.reading() as session:
        query = select(Signal.alert_id, Signal.person_id)
        reporters = dict(session.execute(query).tuples().all())
    reported = openings[openings["alert_id"].isin(list(reporters))]
    real = [
        reporters[opening["alert_id"]]
        for opening in reported.to_dict("records")
        if pd.Timestamp(opening["opened_on"]).replace(day=1) == month
        and pd.notna(opening["outcome"])
        and opening["outcome"] not in _NOT_COUNTED
    ]
    counts = pd.Series(real, dtype="str").value_counts()
    return pd.DataFrame(
        {
            "person_id": pd.Series(list(counts.index), dtype="str"),
            "reason": pd.Series(["reported"] * len(counts), dtype="str"),
            "count": pd.Series(list(counts), dtype="Int64"),
            "score": pd.Series([None] * len(counts), dtype="Float64"),
        }
    )


def case_library_frame(openings: pd.DataFrame, *, timezone: ZoneInfo) -> pd.DataFrame:
    """Resolved alerts as cases to learn from, newest first: one row per resolved opening.

    Columns: alert_id, rule, scope_type, scope_id, scope_name, level, opened_on, resolved_on,
    days_open, outcome, plans (lines of text), note, resolved_by.
    """
    resolved = openings[openings["resolved_at"].notna()].copy()
    resolved["resolved_on"] = [
        instant.astimezone(timezone).date() for instant in resolved["resolved_at"]
    ]
    resolved["days_open"] = [
        (end - start).days
        for start, end in zip(resolved["opened_on"], resolved["resolved_on"], strict=True)
    ]
    resolved["plans"] = ["\n".join(plans) for plans in resolved["plans"]]
    columns = ["alert_id", "rule", "scope_type", "scope_id", "scope_name", "level", "opened_on",
               "resolved_on", "days_open", "outcome", "plans", "note", "resolved_by"]  # fmt: skip
    return resolved.sort_values(["resolved_at", "alert_id"], ascending=[False, True])[
        columns
    ].reset_index(drop=True)
