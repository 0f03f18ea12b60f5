"""Every metric of one period and scope, put together from `independent_metrics.Records`.

Add here: the definition of a metric, written once more by hand. Keep out: reading any mart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from independent_metrics import DAY, LAST_OPEN, LOST, WON, Figure, Records, Scope, flow, share

Figures = dict[tuple[str, str], Figure]


def within(rows: pd.DataFrame, first: pd.Timestamp, last: pd.Timestamp, on: str) -> pd.DataFrame:
    return rows[(rows[on] >= first) & (rows[on] <= last)]


def figures(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figures:
    """By (metric, dimension), as known at the end of `last`."""
    found = _flows(records, first, last, scope)
    found |= _closes(records, first, last, scope)
    found |= _stages(records, first, last, scope)
    found |= _snapshots(records, last, scope)
    found["moved_share", ""] = _moved(records, first, last, scope)
    found["key_account_engagement", ""] = _key_accounts(records, first, last, scope)
    if first.day == 1:
        found |= _over_periods(records, first, last, scope)
        found |= _targets(records, first, last, scope)
    return found


def _flows(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figures:
    orders = scope.of(within(records.orders, first, last, "day"))
    created = records.entries[records.entries.is_first]
    activities = scope.of(within(records.activities, first, last, "day"))
    told = activities[activities.direction.notna()]
    ripe = records.leads.assign(ripe=records.leads.day + 30 * DAY)
    ripe = scope.of(within(ripe, first, last, "ripe"))
    promised = within(records.orders, first, last, "promised")
    on_time = promised.delivered <= promised.promised
    promised = promised.assign(is_late=~on_time)[(promised.promised < records.as_of) | on_time]
    promised = scope.of(promised)
    return {
        ("revenue", ""): flow(orders.amount.sum()),
        ("orders", ""): flow(len(orders)),
        ("new_accounts", ""): flow(len(scope.of(within(records.new_accounts, first, last, "day")))),
        ("opportunities_created", ""): flow(len(scope.of(within(created, first, last, "day")))),
        ("activities", ""): flow(len(activities)),
        ("inbound_share", ""): share((told.direction == "inbound").sum(), len(told)),
        ("leads_created", ""): flow(len(scope.of(within(records.leads, first, last, "day")))),
        ("lead_conversion", ""): share(
            (ripe.converted_at.dt.normalize() <= ripe.ripe).sum(), len(ripe)
        ),
        ("late_order_share", ""): share(promised.is_late.sum(), len(promised)),
    }


def _closes(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figures:
    closes = scope.of(within(records.entries, first, last, "day"))
    closes = closes[(closes.order >= WON) & ~(closes.left_on <= last)]
    closes = closes.assign(
        amount=[
            records.amount_on(pd.Series([deal]), day).iloc[0]
            for deal, day in zip(closes.opportunity_id, closes.day, strict=True)
        ]
    )
    won = closes[closes.order == WON]
    cycle = (won.day - won.created).dt.days
    return {
        ("win_rate", ""): share(len(won), len(closes)),
        ("win_rate_amount", ""): share(won.amount.sum(), closes.amount.sum()),
        ("sales_cycle_days", ""): (cycle.sum(), len(won), cycle.median()),
    }


def _stages(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figures:
    found: Figures = {}
    moves = scope.of(within(records.entries, first, last, "day"))
    exits = moves[
        (moves.previous_order <= LAST_OPEN)
        & ((moves.order >= WON) | (moves.order > moves.previous_order))
    ]
    for stage, part in exits.groupby("previous"):
        found["stage_conversion", str(stage)] = share((part.order != LOST).sum(), len(part))
    ended = records.entries[records.entries.order <= LAST_OPEN]
    ended = scope.of(within(ended, first, last, "left_on"))
    days = (ended.left_at - ended.changed_at).dt.total_seconds() / 86400
    for stage, stays in days.groupby(ended.to_stage):
        found["days_in_stage", str(stage)] = (stays.sum(), len(stays), stays.median())
    return found


def _snapshots(records: Records, last: pd.Timestamp, scope: Scope) -> Figures:
    deals = scope.of(records.open_on(last))
    silent = scope.of(records.silent_on(last))
    amount, count = deals.amount.sum(), len(deals)
    return {
        ("stalled_share", ""): share(deals.is_stalled.sum(), count),
        ("idle_share", ""): share(deals.is_idle.sum(), count),
        ("overdue_close_share", ""): share((deals.due < last).sum(), count),
        ("open_pipeline_amount", ""): (amount, count, amount),
        ("silent_accounts", ""): (silent.is_silent.sum(), len(silent), silent.is_silent.sum()),
    }


def _key_accounts(
    records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope
) -> Figure:
    key = scope.of(records.key_accounts(first.replace(day=1)))
    answers = records.activities[records.activities.direction == "inbound"]
    told = pd.concat([answers[["account_id", "day"]], records.orders[["account_id", "day"]]])
    return share(key.account_id.isin(within(told, first, last, "day").account_id).sum(), len(key))


def _moved(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figure:
    open_before, still = scope.of(records.open_on(first - DAY)), records.open_on(last)
    order_now = open_before.opportunity_id.map(still.set_index("opportunity_id").order)
    moved = order_now.isna() | (order_now > open_before.order)
    return share(moved.sum(), len(open_before))


def _over_periods(
    records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope
) -> Figures:
    before = first - DAY
    base = records.customers_on(before)
    base = scope.of(base[base.state.isin(("active", "at_risk")) & (base.order_days >= 2)])
    ends = records.customers_on(last).state.reindex(base.index)
    due = records.open_on(before)
    due = scope.of(within(due, first, last, "due"))
    slipped = due[due.opportunity_id.isin(records.open_on(last).opportunity_id)]
    return {
        ("churn_rate", ""): share((ends == "churned").sum(), len(base)),
        ("slippage_share", ""): share(slipped.amount.sum(), due.amount.sum()),
    }


def _targets(records: Records, first: pd.Timestamp, last: pd.Timestamp, scope: Scope) -> Figures:
    found: Figures = {}
    months = pd.period_range(first, last, freq="M").astype(str)
    target = records.target(scope, months, last)
    if target:
        booked = scope.of(within(records.orders, first, last, "day")).amount.sum()
        found["target_attainment", ""] = share(booked, target)
    quarter = pd.Period(last, "Q")
    starts, ends = quarter.start_time.normalize(), quarter.end_time.normalize()
    target = records.target(scope, pd.period_range(starts, ends, freq="M").astype(str), last)
    if target:
        booked = scope.of(within(records.orders, starts, last, "day")).amount.sum()
        left = target - booked if target > booked else np.nan
        due = scope.of(within(records.open_on(last), starts, ends, "due")).amount
        found["pipeline_coverage", ""] = (due.sum(), left, due.sum() / left)
        largest = due.max() if len(due) else 0.0
        found["concentration", ""] = (largest, left, largest / left)
    following = quarter + 1
    starts, ends = following.start_time.normalize(), following.end_time.normalize()
    months = pd.period_range(starts, ends, freq="M").astype(str)
    target = records.target(scope, months, last)
    if target:
        due = scope.of(within(records.open_on(last), starts, ends, "due")).amount.sum()
        found["pipeline_coverage_next", ""] = share(due, target)
    return found
