"""The canonical tables of the company, as a CRM and an ERP would export them at the end.

Add here: how a fact of the simulation becomes a row. Keep out: how facts come about, and files.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.entities import ENTITIES
from pipelines.sample.contacts import Activities, Leads
from pipelines.sample.deals import LINE_CYCLE, STAGE_DAYS, Deals, Paths
from pipelines.sample.names import LOST, WON
from pipelines.sample.orders import Deliveries, Orders
from pipelines.sample.organisation import Organisation


def frame(entity: str, columns: dict[str, object]) -> pd.DataFrame:
    """A table with exactly the entity's columns, in order; columns not given are empty."""
    names = [column.name for column in ENTITIES[entity].columns]
    unknown = set(columns) - set(names)
    if unknown:
        raise KeyError(f"{entity} has no {', '.join(sorted(unknown))}")
    return pd.DataFrame(columns).reindex(columns=names)


def ids(prefix: str, numbers: np.ndarray, width: int) -> np.ndarray:
    """`C000007` for 6: ids count from 1. Negative numbers give None."""
    return np.array(
        [f"{prefix}{number + 1:0{width}d}" if number >= 0 else None for number in numbers.tolist()],
        dtype=object,
    )


def picked(words: tuple[str, ...], index: np.ndarray) -> np.ndarray:
    """The words at these positions."""
    return np.array(words, dtype=object)[index]


def only(wanted: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The words where wanted, None elsewhere."""
    result = words.copy()
    result[~wanted] = None
    return result


def _times(company: Organisation, moment: np.ndarray) -> np.ndarray:
    """Timestamps; NaT where the moment is NaN."""
    known = ~np.isnan(moment)
    result = np.full(len(moment), np.datetime64("NaT", "s"))
    result[known] = company.axis.timestamps(moment[known])
    return result


def opportunity_frames(
    company: Organisation,
    deals: Deals,
    paths: Paths,
    kept: np.ndarray,
    account_names: np.ndarray,
    huge: np.ndarray,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`opportunities` as of now and their `stage_history`, for the opportunities in `kept`.

    The expected date of an open one has been pushed until it lies ahead, except for some that
    nobody keeps in order; that of a closed one is near its close.
    """
    axis, words = company.axis, company.words
    now = axis.now
    stage, since = paths.at(now)
    draws = rng.random((len(deals), 4))
    cycle = np.nansum(STAGE_DAYS) * LINE_CYCLE[deals.line]
    left = (
        cycle
        * np.cumsum(np.array([0, 0.19, 0.24, 0.3, 0.27, 0, 0]))[::-1][np.maximum(stage - 1, 0)]
    )
    ahead = now + np.maximum(left, 4.0) * (0.3 + 1.2 * draws[:, 1])
    first_guess = deals.created + cycle * (0.7 + 0.5 * draws[:, 0])
    pushed = np.where(
        draws[:, 2] < 0.75, ahead, np.minimum(first_guess, now - 1 - 25 * draws[:, 3])
    )
    expected = np.where(first_guess > now + 1, first_guess, pushed)
    expected[huge] = now + 12
    closed = stage >= WON
    near = since + np.where(draws[:, 1] < 0.5, 0.0, 14 * (draws[:, 3] - 0.45))
    expected = np.where(closed, np.maximum(near, deals.created + 1), expected)

    chosen = np.flatnonzero(kept)
    month = axis.month_of(np.where(closed, since, now - 1))
    owner = company.owner_ids(deals.seat, month)
    lost = stage == LOST
    reason = (draws[:, 0] ** 1.4 * len(words.lost_reasons)).astype(int)
    names = account_names[deals.account[chosen]]
    lines = picked(words.product_lines, deals.line[chosen])
    gap = " - " if words.spaced else ""
    tail = "" if words.spaced else "项目"
    opportunities = frame(
        "opportunities",
        {
            "opportunity_id": ids("OPP", chosen, 7),
            "opportunity_name": [f"{a}{gap}{b}{tail}" for a, b in zip(names, lines, strict=True)],
            "account_id": ids("C", deals.account[chosen], 6),
            "owner_id": owner[chosen],
            "product_line": lines,
            "stage": picked(words.stages, stage[chosen] - 1),
            "amount": deals.amount[chosen],
            "currency": "CNY",
            "created_at": axis.timestamps(deals.created[chosen]),
            "expected_close_date": axis.days(expected[chosen]),
            "closed_at": _times(company, np.where(closed, since, np.nan)[chosen]),
            "updated_at": axis.timestamps(since[chosen]),
            "lost_reason": only(lost, picked(words.lost_reasons, reason))[chosen],
        },
    )
    return opportunities, _history(company, deals, paths, chosen, draws)


def _history(
    company: Organisation, deals: Deals, paths: Paths, chosen: np.ndarray, draws: np.ndarray
) -> pd.DataFrame:
    axis, words = company.axis, company.words
    known = (paths.stage[chosen] > 0) & (paths.entered[chosen] < axis.now)
    row, column = np.nonzero(known)
    deal = chosen[row]
    stage = paths.stage[deal, column].astype(int)
    before = np.where(column > 0, paths.stage[deal, np.maximum(column - 1, 0)], 0).astype(int)
    moment = paths.entered[deal, column]
    order = np.argsort(moment, kind="stable")
    deal, stage, before, moment = deal[order], stage[order], before[order], moment[order]
    # The amount is a guess until the proposal.
    guess = np.round(deals.amount[deal] * (0.8 + 0.45 * draws[deal, 3]), -2)
    final = (stage >= 3) & (stage != LOST)
    return frame(
        "stage_history",
        {
            "event_id": ids("E", np.arange(len(deal)), 7),
            "opportunity_id": ids("OPP", deal, 7),
            "from_stage": only(before > 0, picked(words.stages, before - 1)),
            "to_stage": picked(words.stages, stage - 1),
            "changed_at": axis.timestamps(moment),
            "amount": np.where(final | (stage == LOST), deals.amount[deal], guess),
            "changed_by": company.owner_ids(deals.seat[deal], axis.month_of(moment)),
        },
    )


def order_frame(
    company: Organisation, orders: Orders, deliveries: Deliveries, kept: np.ndarray
) -> pd.DataFrame:
    """`orders` as of now. `kept` tells which opportunities are in the CRM; others have no id."""
    axis, words = company.axis, company.words
    deal = np.where((orders.deal >= 0) & kept[np.maximum(orders.deal, 0)], orders.deal, -1)
    delivered, part, cancelled = 0, 2, 3
    state = np.where(np.isnan(deliveries.delivered), 1, delivered)
    # Large open orders close to their promise have been delivered in part.
    begun = (state == 1) & (orders.amount > 80_000) & (deliveries.promised < axis.now + 4)
    state = np.where(begun, part, state)
    state = np.where(deliveries.cancelled, cancelled, state)
    return frame(
        "orders",
        {
            "order_id": ids("SO", np.arange(len(orders)), 7),
            "opportunity_id": ids("OPP", deal, 7),
            "account_id": ids("C", orders.account, 6),
            "owner_id": company.owner_ids(orders.seat, axis.month_of(orders.moment)),
            "product_line": picked(words.product_lines, orders.line),
            "amount": orders.amount,
            "currency": "CNY",
            "ordered_at": axis.timestamps(orders.moment),
            "promised_at": axis.timestamps(deliveries.promised),
            "delivered_at": _times(company, deliveries.delivered),
            "status": picked(words.order_states, state),
        },
    )


def activity_frame(
    company: Organisation, activities: Activities, chosen: np.ndarray
) -> pd.DataFrame:
    """`activities` in `chosen`."""
    axis, words = company.axis, company.words
    moment = activities.moment[chosen]
    return frame(
        "activities",
        {
            "activity_id": ids("A", np.arange(len(chosen)), 8),
            "activity_type": picked(words.activity_types, activities.type[chosen]),
            "direction": np.where(activities.inbound[chosen], "inbound", "outbound"),
            "opportunity_id": ids("OPP", activities.deal[chosen], 7),
            "account_id": ids("C", activities.account[chosen], 6),
            "owner_id": company.owner_ids(activities.seat[chosen], axis.month_of(moment)),
            "occurred_at": axis.timestamps(moment),
        },
    )


def lead_frame(
    company: Organisation, deals: Deals, leads: Leads, rng: np.random.Generator
) -> pd.DataFrame:
    """`leads` as of now."""
    axis, words = company.axis, company.words
    converted = leads.deal >= 0
    state = np.where(converted, 0, np.where(leads.dropped, 2, 1))
    when = np.where(converted, deals.created[np.maximum(leads.deal, 0)], np.nan)
    people = rng.integers(0, 2000, len(leads.seat)).tolist()
    month = axis.month_of(np.where(converted, when, leads.created))
    return frame(
        "leads",
        {
            "lead_id": ids("L", np.arange(len(leads.seat)), 7),
            "lead_name": [words.person(number + 400) for number in people],
            "owner_id": company.owner_ids(leads.seat, month),
            "source_channel": picked(words.channels, leads.channel),
            "status": picked(words.lead_states, state),
            "created_at": axis.timestamps(leads.created),
            "converted_at": _times(company, when),
            "opportunity_id": ids("OPP", leads.deal, 7),
        },
    )
