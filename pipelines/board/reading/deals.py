"""Opportunities: which need somebody, one with all that happened to it, why deals were lost.

Add here: a read of deals. Keep out: the funnel and the pipeline's sums (`pipeline_figures.py`).
"""

from __future__ import annotations

import datetime as dt

from pipelines.board.reading.organisation import Scope
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row

# Lists of open deals that need somebody, in the order of the tabs.
LISTS = ("overdue", "closing", "idle", "pushed", "large")
IDLE_WORKDAYS = 10
PAGE = 25
_COLUMNS = (
    "opportunity_id source opportunity_name account_id owner_id team_id region product_line stage "
    "stage_order outcome amount created_on expected_close_on closed_on stage_entered_on age_days "
    "days_in_stage last_touch_on idle_workdays push_count is_stalled is_overdue lost_reason"
)
_WHERE = {
    "overdue": "expected_close_on < $as_of",
    "closing": "expected_close_on between $as_of and last_day($as_of)",
    "idle": f"idle_workdays >= {IDLE_WORKDAYS}",
    "pushed": "push_count >= 2",
    "large": "amount is not null",
}


def within(scope: Scope, teams: list[str]) -> tuple[str, list[object]]:
    """A condition on deals for a scope; `teams` are the team and the teams below it."""
    kind, ident = scope
    if kind == "company":
        return "true", []
    if kind == "team":
        return f"team_id in ({', '.join('?' * len(teams))})", list(teams)
    column = {"region": "region", "rep": "owner_id", "product_line": "product_line"}[kind]
    return f"{column} = ?", [ident]


def counts(marts: SlicedMarts, scope: Scope, teams: list[str], as_of: dt.date) -> dict[str, Row]:
    """Number and amount of the open deals of each list, of all of them (`open`)."""
    if not marts.has_column("fct_opportunities", "opportunity_name"):
        return {}
    condition, values = within(scope, teams)
    parts = [
        f"count(*) filter (where {_sql(name, as_of)}) as {name}_count, "
        f"sum(amount) filter (where {_sql(name, as_of)}) as {name}_amount"
        for name in LISTS
    ]
    row = marts.select(
        f"select count(*) as open_count, sum(amount) as open_amount, {', '.join(parts)} "
        f"from {marts.name('fct_opportunities')} where outcome = 'open' and {condition}",
        values,
    )[0]
    names = ("open", *LISTS)
    return {n: {"count": row[f"{n}_count"], "amount": row[f"{n}_amount"]} for n in names}


def _sql(name: str, as_of: dt.date) -> str:
    return _WHERE[name].replace("$as_of", f"date '{as_of.isoformat()}'")


def listed(
    marts: SlicedMarts,
    scope: Scope,
    teams: list[str],
    as_of: dt.date,
    name: str,
    page: int = 0,
    most: int = PAGE,
) -> list[Row]:
    """One page of a list, the largest deals first, one row more than a page if there is another."""
    condition, values = within(scope, teams)
    return marts.rows(
        "fct_opportunities",
        _COLUMNS,
        f"outcome = 'open' and {_sql(name, as_of)} and {condition}",
        values,
        f"amount desc nulls last, opportunity_id limit {most + 1} offset {most * page}",
    )


def mine_today(marts: SlicedMarts, as_of: dt.date, most: int = 3) -> list[Row]:
    """A rep's own deals that need them today: overdue or idle, the largest first."""
    return marts.rows(
        "fct_opportunities",
        _COLUMNS,
        f"outcome = 'open' and ({_sql('overdue', as_of)} or {_sql('idle', as_of)})",
        [],
        f"amount desc nulls last, opportunity_id limit {most}",
    )


def one(marts: SlicedMarts, opportunity_id: str) -> Row | None:
    """A deal, None where there is none that the viewer may see."""
    rows = marts.rows("fct_opportunities", _COLUMNS, "opportunity_id = ?", [opportunity_id])
    return rows[0] if rows else None


def history(marts: SlicedMarts, opportunity_id: str) -> list[Row]:
    """The stages that a deal went through, oldest first."""
    return marts.rows(
        "fct_stage_events",
        "stage stage_order outcome entered_on left_on is_backward is_reopening amount owner_id",
        "opportunity_id = ?",
        [opportunity_id],
        "entered_at, event_number",
    )


def activities(marts: SlicedMarts, opportunity_id: str, most: int = 12) -> list[Row]:
    """The last activities of a deal, newest first."""
    return marts.rows(
        "fct_activities",
        "activity_type direction owner_id occurred_on",
        "opportunity_id = ?",
        [opportunity_id],
        f"occurred_at desc limit {most}",
    )


def account(marts: SlicedMarts, account_id: str | None) -> Row | None:
    """The customer of a deal; None where it belongs to somebody whom the viewer does not see."""
    rows = marts.rows("dim_account", "account_id account_name owner_id", "account_id = ?", [account_id])  # fmt: skip
    return rows[0] if rows else None


def loss_reasons(
    marts: SlicedMarts, scope: Scope, teams: list[str], as_of: dt.date, days: int = 91
) -> list[Row]:
    """Why deals were lost in the days up to a day, the most frequent first."""
    condition, values = within(scope, teams)
    return marts.select(
        f"""
        select coalesce(nullif(trim(lost_reason), ''), '') as reason, count(*) as deals,
            sum(amount) as amount
        from {marts.name("fct_opportunities")}
        where outcome = 'lost' and closed_on > ? and closed_on <= ? and {condition}
        group by 1
        order by deals desc, amount desc nulls last, reason
        """,
        [as_of - dt.timedelta(days=days), as_of, *values],
    )
