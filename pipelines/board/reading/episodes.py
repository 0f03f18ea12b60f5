"""Every warning there ever was: searched, counted, and one with what became of it.

Add here: a read of past and present warnings. Keep out: open cases as cards (`cards.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row

PAGE = 50
_COLUMNS = (
    "alert_id rule rule_title_zh rule_title_en metric dimension scope_type scope_id scope_name level "
    "peak_level state opened_on since onset_first onset_last danger_on closed_on amount_at_risk "
    "probability owner_id case_id role origin outcome proposed_outcome feedback message acknowledged_at "
    "planned_at resolved_at resolved_by assigned_to value expected limit_value sample_size "
    "period_start period_end record_zh record_en other_languages"
)
_TITLE = ("rule_title_zh", "rule_title_en", "other_languages")
# What the address may ask for, and the column it is compared with.
FILTERS = {"level": "peak_level", "state": "state", "rule": "rule", "outcome": "outcome"}


def search(marts: SlicedMarts, asked: Mapping[str, str], page: int) -> tuple[list[Row], int, int]:
    """One page of warnings that match, newest first; how many match; how many there are."""
    has_mode = marts.has_column("fct_alerts", "mode")
    where = ["coalesce(mode, '') <> 'watch'" if has_mode else "true"]
    values: list[object] = []
    base = where[0]
    for name, column in FILTERS.items():
        if asked.get(name):
            where.append(f"{column} = ?")
            values.append(asked[name])
    kind, _, ident = asked.get("scope", "").partition(":")
    if kind and ident:
        where.append("scope_type = ? and scope_id = ?")
        values.extend((kind, ident))
    for name, operator in (("from", ">="), ("to", "<=")):
        day = _day(asked.get(name, ""))
        if day:
            where.append(f"opened_on {operator} ?")
            values.append(day)
    for word in asked.get("q", "").split()[:6]:
        where.append(
            "(concat_ws(' ', scope_name, rule_title_zh, rule_title_en, rule, dimension, message, "
            "alert_id) ilike ? escape '!')"
        )
        values.append(f"%{_literal(word)}%")
    condition = " and ".join(where)
    name = marts.name("fct_alerts")
    count = marts.select(f"select count(*) as n from {name} where {condition}", values)[0]["n"]
    total = marts.select(f"select count(*) as n from {name} where {base}")[0]["n"]
    rows = marts.rows(
        "fct_alerts",
        _COLUMNS,
        condition,
        values,
        f"opened_on desc, alert_id limit {PAGE} offset {PAGE * page}",
    )
    return rows, int(count), int(total)


def _literal(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def rules(marts: SlicedMarts) -> list[Row]:
    """Every rule that ever warned, with its title: what a filter offers."""
    # A version published before an upgrade lacks the columns that came with it.
    kept = [c for c in _TITLE if marts.has_column("fct_alerts", c)]
    titles = ", ".join(f"any_value({column}) as {column}" for column in kept)
    return marts.select(
        f"select rule, {titles}, count(*) as n from {marts.name('fct_alerts')} "
        "group by rule order by n desc, rule"
    )


def one(marts: SlicedMarts, alert_id: str) -> Row | None:
    """A warning, None where there is none that the viewer may see."""
    rows = marts.rows("fct_alerts", _COLUMNS, "alert_id = ?", [alert_id])
    return rows[0] if rows else None


def evidence(marts: SlicedMarts, row: Row, until: dt.date, most: int) -> list[Row]:
    """What a warning was judged on, whole periods only (the one that runs is not comparable), oldest first."""
    rows = marts.rows(
        "fct_alert_evidence",
        "period_start value usual limit_value probability level",
        "rule = ? and scope_type = ? and scope_id = ? and dimension = ? and is_complete "
        "and period_start <= ?",
        [row["rule"], row["scope_type"], row["scope_id"], row["dimension"] or "", until],
        f"period_start desc limit {most}",
    )
    return rows[::-1]


def of_case(marts: SlicedMarts, case_id: str | None) -> list[Row]:
    """All warnings of a case that the viewer sees, the root first, then by opening."""
    if not case_id:
        return []
    return marts.rows(
        "fct_alerts", _COLUMNS, "case_id = ?", [case_id], "role <> 'root', opened_on, alert_id"
    )


def earlier(marts: SlicedMarts, row: Row, most: int = 3) -> list[Row]:
    """The last times that the same rule warned of the same, over by now, the newest first."""
    return marts.rows(
        "fct_alerts",
        _COLUMNS,
        "rule = ? and scope_type = ? and scope_id = ? and coalesce(dimension, '') = ? and opened_on < ? "
        "and closed_on is not null",
        [row["rule"], row["scope_type"], row["scope_id"], row["dimension"] or "", row["opened_on"]],
        f"opened_on desc, alert_id limit {most}",
    )


def alike(marts: SlicedMarts, row: Row, most: int = 5) -> list[Row]:
    """Earlier warnings of the same rule that people closed, and what they did."""
    return marts.rows(
        "rpt_case_library",
        "alert_id scope_type scope_id scope_name level opened_on resolved_on days_open outcome plans note resolved_by",
        "rule = ? and alert_id <> ?",
        [row["rule"], row["alert_id"]],
        f"resolved_on desc, alert_id limit {most}",
    )


def library(marts: SlicedMarts, most: int = 100) -> list[Row]:
    """Resolved cases with what was done, newest first."""
    return marts.rows(
        "rpt_case_library",
        "alert_id rule scope_type scope_id scope_name level opened_on resolved_on days_open outcome plans note resolved_by",
        order=f"resolved_on desc, alert_id limit {most}",
    )


def records(marts: SlicedMarts) -> list[Row]:
    """How often every rule was right."""
    return marts.rows(
        "rpt_rule_records",
        "rule level title_zh title_en mode cases hits precision precision_low precision_high "
        "median_lead_days expected_false_per_100 sentence_zh sentence_en other_languages",
        "level = 'warning'",
        order="cases desc, rule",
    )


def rewards(marts: SlicedMarts) -> list[Row]:
    """Who answered well this month, and why."""
    return marts.rows(
        "rpt_reward_list", "person_id month reason count score", order="score desc, person_id"
    )


def scores(marts: SlicedMarts) -> list[Row]:
    """Scores of answering by person and month, newest month first."""
    return marts.rows(
        "rpt_response_scores",
        "person_id month alerts_owned alerts_due answered_in_time median_hours_to_ack alerts_ended "
        "recovered false_alarms score",
        order="month desc, score desc nulls last, person_id",
    )
