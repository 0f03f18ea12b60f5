"""Customers, their contacts, and the rhythm in which they order again.

Add here: how a customer behaves. Keep out: orders that come from won opportunities (`orders.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sample.deals import Deals
from pipelines.sample.organisation import Organisation

CUSTOMERS_PER_SEAT = 20  # old customers of a seat when the simulation starts
RHYTHM_DAYS, RHYTHM_SPREAD = 56.0, 0.3  # median calendar days between orders, log spread
GAP_SHAPE = 14.0  # a customer's own gaps vary by a quarter
ORDER_AMOUNT, SIZE_SPREAD, ORDER_SPREAD = 43_000.0, 0.6, 0.25
LIFETIME_DAYS = 4000.0  # mean time until a customer quietly goes elsewhere
BUYS_AGAIN = 0.22  # of new customers
LINE_OF_REPEATS = (0.24, 0.1, 0.08, 0.18, 0.4)
GAPS_OLD, GAPS_NEW = 64, 48
GROWTH_PER_YEAR = 0.04


def customer_book(company: Organisation) -> np.ndarray:
    """(first, count) of old customers by seat; seats opened later start without any."""
    opened = (company.productivity[:, 0] > 0).astype(int)
    count = opened * CUSTOMERS_PER_SEAT
    first = np.concatenate([[0], np.cumsum(count)[:-1]])
    return np.stack([first, count], axis=1)


@dataclass
class Repeaters:
    """Customers who order again and again, with their luck. One entry per customer."""

    account: np.ndarray
    seat: np.ndarray
    deal: np.ndarray  # the opportunity that won a new customer; -1 for an old one
    rhythm: np.ndarray  # mean calendar days between orders
    size: np.ndarray  # yuan per order
    line: np.ndarray
    lifetime: np.ndarray  # days from the first order until the customer goes elsewhere
    gaps: np.ndarray  # (n, orders): relative gaps, mean 1
    spread: np.ndarray  # (n, orders): relative amounts
    luck: np.ndarray  # (n, orders, 4): hour, kept, late, how late


@dataclass
class Repeats:
    """Repeat orders, one entry each; `customer` indexes `Repeaters`, `moment` is workday time."""

    customer: np.ndarray
    moment: np.ndarray
    offset: np.ndarray  # calendar days since the first simulated day
    amount: np.ndarray  # yuan
    luck: np.ndarray  # (n, 4), as in `Repeaters`


def draw_old(company: Organisation, book: np.ndarray, rng: np.random.Generator) -> Repeaters:
    """The customers there are at the beginning."""
    seat = np.repeat(np.arange(company.seats), book[:, 1])
    return _draw(seat, np.arange(len(seat)), np.full(len(seat), -1), GAPS_OLD, rng)


def draw_new(deals: Deals, rng: np.random.Generator) -> Repeaters:
    """The new customers who will buy again if they are won."""
    loyal = np.flatnonzero(deals.is_new & (rng.random(len(deals)) < BUYS_AGAIN))
    return _draw(deals.seat[loyal], deals.account[loyal], loyal, GAPS_NEW, rng)


def _draw(
    seat: np.ndarray, account: np.ndarray, deal: np.ndarray, width: int, rng: np.random.Generator
) -> Repeaters:
    n = len(seat)
    return Repeaters(
        account=account,
        seat=seat,
        deal=deal,
        rhythm=np.clip(RHYTHM_DAYS * np.exp(rng.normal(0, RHYTHM_SPREAD, n)), 24, 110),
        size=ORDER_AMOUNT * np.exp(rng.normal(0, SIZE_SPREAD, n)),
        line=rng.choice(len(LINE_OF_REPEATS), size=n, p=LINE_OF_REPEATS),
        lifetime=rng.exponential(LIFETIME_DAYS, n),
        gaps=rng.gamma(GAP_SHAPE, 1 / GAP_SHAPE, (n, width)),
        spread=np.exp(rng.normal(0, ORDER_SPREAD, (n, width))),
        luck=rng.random((n, width, 4), dtype=np.float32),
    )


def repeat_orders(
    company: Organisation, customers: Repeaters, since: np.ndarray, until: float
) -> Repeats:
    """Orders by rhythm before the workday time `until`.

    `since`: calendar offset of each customer's first order (NaN: never won). An old customer's
    first order falls somewhere in his first rhythm; holidays move orders to the workdays after.
    """
    axis = company.axis
    steps = customers.gaps * customers.rhythm[:, None]
    old = customers.deal < 0
    steps[old, 0] *= customers.luck[old, 0, 1]
    offset = since[:, None] + np.cumsum(steps, axis=1)
    lives = offset - since[:, None] <= customers.lifetime[:, None]
    row, column = np.nonzero(lives & (offset < len(axis.workdays) * 1.6))
    at = axis.season_repeat(offset[row, column])
    luck = customers.luck[row, column]
    moment = axis.from_calendar(at, luck[:, 0].astype(float))
    growth = (1 + GROWTH_PER_YEAR) ** (at / 365)
    amount = np.round(customers.size[row] * customers.spread[row, column] * growth, -1)
    known = (moment < until) & axis.goes_on(moment, luck[:, 0])
    return Repeats(row[known], moment[known], at[known], amount[known], luck[known])
