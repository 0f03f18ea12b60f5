"""Warnings: what is open, what changed in the last week, and what was done about it.

Add here: a figure read from fct_alerts or fct_alert_responses.
Keep out: what is counted over cases (`cases.py`), how a level is decided (`pipelines/alerting`), wording and layout.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.language import stored
from pipelines.reporting.alert_records import Account, Alert, Deal, Driver, RuleRecord, Unready
from pipelines.reporting.cases import Case, Counts, cases_of, changes_of, counted
from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.records import level_rank

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Alerts:
    """Warning episodes as of one day; every list is ordered by level, then amount x probability.

    `cases` holds the same alerts as `open`, those of one cause together: what a director reads.

    `new`, `raised`, `recovered` and `closed` are the changes of the seven days up to the day, one alert
    for each case; `ended` has every alert that ended in them.
    Rules in mode `watch` tell nobody: their open episodes are in `watched` only. `records` has
    every rule that runs, in the order of their names. `unready` has the rules that tell and cannot be
    judged yet, the next one first; `judged_rules` counts the others.
    """

    open: tuple[Alert, ...] = ()
    cases: tuple[Case, ...] = ()
    new: tuple[Alert, ...] = ()
    raised: tuple[Alert, ...] = ()
    recovered: tuple[Alert, ...] = ()
    closed: tuple[Alert, ...] = ()
    ended: tuple[Alert, ...] = ()
    watched: tuple[Alert, ...] = ()
    records: tuple[RuleRecord, ...] = ()
    unready: tuple[Unready, ...] = ()
    judged_rules: int = 0

    @property
    def unanswered(self) -> tuple[Case, ...]:
        """Open cases that nobody has answered yet."""
        return tuple(case for case in self.cases if not case.is_answered)

    @property
    def counts(self) -> Counts:
        """The numbers of the page."""
        return counted(self.cases)


def urgency(alert: Alert) -> tuple[int, float, str, str]:
    """Sort key: level (danger first), amount times probability (largest first), then age."""
    return level_rank(alert.level), -alert.weight, alert.opened_on.isoformat(), alert.alert_id


def read_alerts(marts: Marts, as_of: dt.date, people: Mapping[str, str]) -> Alerts:
    """Read the episodes opened up to a day; `people` maps a person id to a name."""
    responses = _last_responses(marts, as_of)
    rows = marts.rows(
        "fct_alerts",
        "alert_id rule metric dimension scope_type scope_id scope_name opened_on closed_on "
        "level since danger_on mode peak_level state value expected limit_value sample_size "
        "amount_at_risk probability owner_id message message_zh message_en drivers:varchar "
        "deals:varchar accounts:varchar record_zh record_en other_languages case_id role",
        "opened_on <= ?",
        [as_of],
        "alert_id",
    )
    since = as_of - WEEK
    watched = [row for row in rows if row["mode"] == "watch"]
    episodes, watched_episodes = (
        [_alert(row, people, responses.get(row["alert_id"])) for row in chosen]
        for chosen in ([row for row in rows if row["mode"] != "watch"], watched)
    )
    is_open = [a for a in episodes if a.closed_on is None or a.closed_on > as_of]
    changes = changes_of(episodes, since, as_of, urgency)

    def ordered(alerts: list[Alert]) -> tuple[Alert, ...]:
        return tuple(sorted(alerts, key=urgency))

    judged_rules, unready = _readiness(marts)
    return Alerts(
        unready=unready,
        judged_rules=judged_rules,
        open=ordered(is_open),
        cases=cases_of(marts, is_open, urgency),
        new=changes.new,
        raised=changes.raised,
        recovered=changes.recovered,
        closed=changes.closed,
        ended=ordered(
            [a for a in episodes if a.closed_on is not None and since < a.closed_on <= as_of]
        ),
        watched=ordered([a for a in watched_episodes if a.closed_on is None]),
        records=_records(marts),
    )


def _records(marts: Marts) -> tuple[RuleRecord, ...]:
    rows = marts.rows(
        "rpt_rule_records",
        "rule title_zh title_en other_languages grain mode cases precision precision_low precision_high "
        "median_lead_days expected_false_per_100",
        "level = 'warning'",
        order="rule",
    )
    return tuple(
        RuleRecord(
            rule=row["rule"],
            titles=stored.in_each(row, "title"),
            grain=row["grain"],
            is_told=row["mode"] == "alert",
            cases=row["cases"],
            precision=row["precision"],
            precision_low=row["precision_low"],
            precision_high=row["precision_high"],
            lead_days=row["median_lead_days"],
            expected_false=row["expected_false_per_100"],
        )
        for row in rows
    )


def _readiness(marts: Marts) -> tuple[int, tuple[Unready, ...]]:
    rows = marts.rows(
        "rpt_rule_readiness",
        "rule state ready_on sentence_zh sentence_en",
        "mode = 'alert'",
        order="ready_on nulls last, rule",
    )
    unready = tuple(
        Unready(row["rule"], row["ready_on"], row["sentence_zh"], row["sentence_en"])
        for row in rows
        if row["state"] != "judged"
    )
    return len(rows) - len(unready), unready


def _last_responses(marts: Marts, as_of: dt.date) -> dict[str, Row]:
    rows = marts.rows(
        "fct_alert_responses",
        "alert_id person_id action acted_at:date",
        "cast(acted_at as date) <= ?",
        [as_of],
        "acted_at, action, person_id",
    )
    return {row["alert_id"]: row for row in rows}


def _alert(row: Row, people: Mapping[str, str], response: Row | None) -> Alert:
    message = row["message"] or ""
    return Alert(
        alert_id=str(row["alert_id"]),
        rule=row["rule"],
        metric=row["metric"] or "",
        dimension=row["dimension"] or "",
        scope_type=row["scope_type"],
        scope_id=row["scope_id"],
        scope_name=row["scope_name"] or row["scope_id"] or "",
        opened_on=row["opened_on"],
        closed_on=row["closed_on"],
        level=row["level"],
        since=row["since"] or row["opened_on"],
        danger_on=row["danger_on"],
        peak_level=row["peak_level"],
        state=row["state"],
        value=row["value"],
        expected=row["expected"],
        limit=row["limit_value"],
        sample_size=row["sample_size"],
        amount=row["amount_at_risk"],
        probability=row["probability"],
        owner=people.get(row["owner_id"], row["owner_id"] or ""),
        messages={
            language: said or message for language, said in stored.in_each(row, "message").items()
        },
        drivers=_drivers(row["drivers"]),
        deals=_deals(row["deals"], people),
        accounts=_accounts(row["accounts"], people),
        records=stored.in_each(row, "record"),
        case_id=row["case_id"] or "",
        role=row["role"] or "root",
        last_action=(response or {}).get("action") or "",
        last_action_on=(response or {}).get("acted_at"),
        last_action_by=people.get(
            (response or {}).get("person_id") or "", (response or {}).get("person_id") or ""
        ),
    )


def _drivers(text: str | None) -> tuple[Driver, ...]:
    """The drivers column: JSON list of {name, share, amount}; nothing when it is not that."""
    return tuple(
        Driver(str(item["name"]), _number(item.get("share")), _number(item.get("amount")))
        for item in _items(text)
        if item.get("name")
    )


def _deals(text: str | None, people: Mapping[str, str]) -> tuple[Deal, ...]:
    """The deals column: JSON list, the largest first; nothing when it is not that."""
    found = []
    for item in _items(text):
        if not item.get("name"):
            continue
        owner, idle = str(item.get("owner_id") or ""), _number(item.get("idle_workdays"))
        found.append(
            Deal(
                name=str(item["name"]),
                owner=people.get(owner, owner),
                stage=str(item.get("stage") or ""),
                amount=_number(item.get("amount")),
                idle_workdays=None if idle is None else int(idle),
                expected_close_on=_day(item.get("expected_close_on")),
            )
        )
    return tuple(found)


def _accounts(text: str | None, people: Mapping[str, str]) -> tuple[Account, ...]:
    """The accounts column, as `_deals` reads the deals."""
    found = []
    for item in _items(text):
        if not item.get("name"):
            continue
        owner, days = str(item.get("owner_id") or ""), _number(item.get("unheard_days"))
        found.append(
            Account(
                name=str(item["name"]),
                owner=people.get(owner, owner),
                revenue=_number(item.get("revenue_12m")),
                unheard_days=None if days is None else int(days),
            )
        )
    return tuple(found)


def _items(text: str | None) -> list[dict[str, object]]:
    try:
        items = json.loads(text) if text else []
    except json.JSONDecodeError:
        return []
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _day(value: object) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def _number(value: object) -> float | None:
    # JSON written by Python may carry NaN, which is not a number a reader should see.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(value)
