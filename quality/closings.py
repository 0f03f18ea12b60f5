"""Findings about when deals closed: dates that are missing, impossible, or at odds with the history.

Add here: something about closings that whoever keeps the deals should see. Keep out: which date counts
(`int_opportunities__closings`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.language import Text, text
from quality.loaded import table_exists
from quality.results import CheckResult, counted

# So many wins without a single loss are no luck: losses are not written down.
_WINS_WITHOUT_A_LOSS = 10


@dataclass(frozen=True)
class _Rule:
    """What must hold of every deal: the deals that break it, and what is said of them or of none."""

    check: str
    broken: str  # SQL that yields opportunity_id
    said: str
    fine: str


_RULES = (
    _Rule(
        "won_opportunities_have_an_amount",
        "select opportunity_id from marts.fct_opportunities "
        "where outcome = 'won' and amount is null order by 1",
        "quality.closings.won_without_amount",
        "quality.closings.won_with_amount",
    ),
    _Rule(
        "opportunities_not_closed_before_created",
        "select opportunity_id from intermediate.int_opportunities__united "
        "where is_older_than_record order by 1",
        "quality.closings.before_creation",
        "quality.closings.after_creation",
    ),
    _Rule(
        "opportunities_not_closed_in_the_future",
        "select opportunity_id from intermediate.int_opportunities__united "
        "where current_outcome in ('won', 'lost') "
        "and cast(current_closed_at as date) > told_on order by 1",
        "quality.closings.in_the_future",
        "quality.closings.in_the_past",
    ),
    _Rule(
        "closing_dates_agree_with_the_history",
        "select deals.opportunity_id from intermediate.int_opportunities__united as deals "
        "inner join intermediate.int_opportunities__closings as closings "
        "on deals.opportunity_id = closings.opportunity_id "
        "inner join intermediate.int_opportunities__history as entries "
        "on closings.opportunity_id = entries.opportunity_id "
        "and closings.first_number = entries.change_number "
        "where entries.origin = 'stage_entry' and cast(deals.current_closed_at as date) <= deals.told_on "
        "and cast(deals.current_closed_at as date) <> cast(entries.changed_at as date) order by 1",
        "quality.closings.against_history",
        "quality.closings.as_history",
    ),
)


def check_closings(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Six findings, each a warning; none where the warehouse has no opportunities built."""
    if not table_exists(connection, "intermediate", "int_opportunities__closings"):
        return []
    return [
        _have_a_day(connection),
        *(_tried(connection, rule) for rule in _RULES),
        _losses_recorded(connection),
    ]


def _have_a_day(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    undated, closed, money = connection.execute(
        "select count(*) filter (where closed_origin = 'unknown'), count(*), "
        "coalesce(sum(amount) filter (where closed_origin = 'unknown' and outcome = 'won'), 0) "
        "from marts.fct_opportunities where outcome in ('won', 'lost')"
    ).fetchall()[0]
    said = text("quality.closings.undated", rows=undated, closed=closed, money=f"{money:,.0f}")
    fine = text("quality.closings.dated")
    return _result(connection, "closed_opportunities_have_a_day", undated, said, fine, (
        "select opportunity_id from marts.fct_opportunities where closed_origin = 'unknown' order by 1"
    ))  # fmt: skip


def _losses_recorded(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    won, lost = connection.execute(
        "select count(*) filter (where outcome = 'won'), count(*) filter (where outcome = 'lost') "
        "from marts.fct_opportunities"
    ).fetchall()[0]
    missing = won if won >= _WINS_WITHOUT_A_LOSS and not lost else 0
    return _result(
        connection,
        "losses_are_recorded",
        missing,
        text("quality.closings.no_losses", rows=won),
        text("quality.closings.losses"),
    )


def _tried(connection: duckdb.DuckDBPyConnection, rule: _Rule) -> CheckResult:
    count = int(connection.execute(f"select count(*) from ({rule.broken})").fetchall()[0][0])
    said, fine = text(rule.said, rows=count), text(rule.fine)
    return _result(connection, rule.check, count, said, fine, rule.broken)


def _result(
    connection: duckdb.DuckDBPyConnection,
    check: str,
    count: int,
    said: Text,
    fine: Text,
    rows: str | None = None,
) -> CheckResult:
    told = said if count else fine
    sample = connection.execute(f"{rows} limit 5").fetchall() if rows and count else []
    return counted(
        check,
        "opportunities",
        "warning",
        count,
        told=told,
        sample=(key for (key,) in sample),
    )
