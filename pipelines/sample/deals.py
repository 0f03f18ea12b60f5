"""Opportunities: when they arise, how they walk through the stages, how they end.

Add here: how a single opportunity behaves. Keep out: planted risks (`risks.py` changes the chances
through `Effects`), and the rows of the published sheets (`frames.py`).

Every opportunity draws all of its luck beforehand. The company with planted risks and the one
without then differ by the risks alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipelines.sample.names import LOST, WON
from pipelines.sample.organisation import Organisation

DEALS_PER_SEAT_AND_WEEK = 2.5
NEW_CUSTOMER_SHARE = 0.55

# By stage 1 to 4: chance to go forward at the exit, and mean workdays in the stage.
FORWARD = np.array([np.nan, 0.64, 0.72, 0.74, 0.80])
STAGE_DAYS = np.array([np.nan, 7.0, 9.0, 11.0, 10.0])
BACK, SKIP, REOPEN = 0.035, 0.05, 0.03
SLOW_SHARE, SLOW_FACTOR = 0.05, 2.6
STEPS, LAST_DETOUR = 12, 7  # after step 7 only forward or lost, so that every path ends

# By product line: median amount in yuan, share of the deals, relative length of the cycle.
LINE_AMOUNT = np.array([60_000.0, 150_000.0, 190_000.0, 90_000.0, 40_000.0])
LINE_SHARE = np.array([0.27, 0.20, 0.16, 0.20, 0.17])
LINE_CYCLE = np.array([0.9, 1.15, 1.25, 1.0, 0.8])
AMOUNT_SPREAD = 0.4


class Effects(Protocol):
    """What planted risks do to opportunities. Arrays run over opportunities."""

    def keep(self, deals: Deals) -> np.ndarray:
        """Which opportunities arise at all."""
        ...

    def forward_factor(self, deals: Deals, stage: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """Factor on the chance to go forward from `stage` at `moment`."""
        ...

    def exit_time(self, deals: Deals, entered: np.ndarray, left: np.ndarray) -> np.ndarray:
        """When a stage that would be left at `left` is left instead (never earlier)."""
        ...


@dataclass
class Deals:
    """Opportunities with their luck; one entry per opportunity, in order of creation."""

    seat: np.ndarray
    team: np.ndarray
    region: np.ndarray
    line: np.ndarray
    created: np.ndarray  # workday time
    amount: np.ndarray  # yuan
    is_new: np.ndarray  # with a customer who never bought
    account: np.ndarray  # index among customers, see `customers.py`
    luck: np.ndarray  # (n, STEPS, 2): how the exit goes, how the detours go
    pace: np.ndarray  # (n, STEPS): relative time in a stage, mean 1
    keep_luck: np.ndarray
    order_luck: np.ndarray  # (n, 4): days to the order, its amount, late, how late

    def __len__(self) -> int:
        return len(self.seat)


@dataclass
class Paths:
    """Stage entries: `stage[i, j]` was entered at `entered[i, j]`; 0 where a path has ended."""

    stage: np.ndarray
    entered: np.ndarray

    def at(self, now: float) -> tuple[np.ndarray, np.ndarray]:
        """Stage at the moment `now` (0: not created yet) and when it was entered."""
        known = ((self.stage > 0) & (self.entered < now)).sum(axis=1)
        last = np.maximum(known - 1, 0)
        rows = np.arange(len(last))
        return np.where(known > 0, self.stage[rows, last], 0), self.entered[rows, last]


def line_shares(company: Organisation) -> np.ndarray:
    """Share of product lines by region: each region sells one line more than the others."""
    shares = np.tile(LINE_SHARE, (company.regions, 1))
    for region in range(company.regions):
        shares[region, region % len(LINE_SHARE)] *= 1.3
    return shares / shares.sum(axis=1, keepdims=True)


def draw_deals(company: Organisation, book: np.ndarray, rng: np.random.Generator) -> Deals:
    """Every opportunity until the end of the planned year. Those after now are never shown.

    `book[seat]` = (first, count) of old customers among all customers.
    """
    axis = company.axis
    days = np.arange(int(axis.plan_end))
    growth = axis.world.business(days)
    rate = DEALS_PER_SEAT_AND_WEEK / 5 * axis.creation_season[days] * growth
    expected = company.productivity[:, axis.months[days]] * rate
    seat, day = np.nonzero(counts := rng.poisson(expected))
    repeats = counts[seat, day]
    seat, day = np.repeat(seat, repeats), np.repeat(day, repeats)
    created = day + rng.random(len(day)) * 0.98
    order = np.argsort(created, kind="stable")
    seat, created = seat[order], created[order]
    n = len(seat)
    region = company.region_of_seat[seat]
    edges = np.cumsum(line_shares(company), axis=1)
    line = (rng.random(n)[:, None] > edges[region][:, :-1]).sum(axis=1)
    amount = LINE_AMOUNT[line] * np.exp(rng.normal(0.0, AMOUNT_SPREAD, n))
    amount *= 1.02 ** (created / 250)
    is_new = rng.random(n) < NEW_CUSTOMER_SHARE
    first, count = book[seat, 0], book[seat, 1]
    is_new |= count == 0
    old = first + (rng.random(n) * np.maximum(count, 1)).astype(int)
    account = np.where(is_new, book.sum(axis=1).max() + np.cumsum(is_new) - 1, old)
    luck = rng.random((n, STEPS, 2), dtype=np.float32)
    pace = rng.gamma(2.2, 1 / 2.2, (n, STEPS))
    pace[rng.random(n) < SLOW_SHARE] *= SLOW_FACTOR
    return Deals(
        seat=seat,
        team=company.team_of_seat[seat],
        region=region,
        line=line,
        created=created,
        amount=np.round(amount, -2),
        is_new=is_new,
        account=account,
        luck=luck,
        pace=pace,
        keep_luck=rng.random(n),
        order_luck=rng.random((n, 4)),
    )


def walk(company: Organisation, deals: Deals, effects: Effects | None) -> Paths:
    """The stage history of every opportunity, to its end or past `now`.

    Reopened ones come back to the stage they were lost from, once. Wins are pulled towards the
    quarter's end.
    """
    n, axis = len(deals), company.axis
    stage = np.zeros((n, STEPS + 1), np.int8)
    entered = np.zeros((n, STEPS + 1))
    stage[:, 0], entered[:, 0] = 1, deals.created
    at, now = np.ones(n, int), deals.created.copy()
    origin = np.zeros(n, int)  # the stage a reopened opportunity returns to
    reopened = np.zeros(n, bool)
    cycle = LINE_CYCLE[deals.line]
    for step in range(STEPS):
        u, v = deals.luck[:, step, 0], deals.luck[:, step, 1]
        open_ = (at > 0) & (at < WON)
        back_in = (at == LOST) & (origin > 0)
        k = np.where(open_, at, 1)
        left = now + np.maximum(STAGE_DAYS[k] * cycle * deals.pace[:, step], 0.05)
        left = np.where(back_in, now + 8 + 30 * v, left)
        chance = FORWARD[k]
        if effects is not None:
            left = np.where(open_, effects.exit_time(deals, now, left), left)
            chance = chance * effects.forward_factor(deals, k, left)
        forward = u < chance
        detours = step <= LAST_DETOUR
        back = ~forward & (u > 1 - BACK) & (k > 1) & detours
        target = np.where(forward, np.minimum(k + 1 + (v < SKIP), WON), LOST)
        target = np.where(back, k - 1, target)
        target = np.where(back_in, origin, target)
        left = np.where(open_ & (target == WON), axis.warp_to_quarter_end(left), left)
        moves = open_ | back_in
        lost = open_ & (target == LOST)
        returns = lost & (v > 1 - REOPEN) & ~reopened & (k > 1) & detours
        origin = np.where(returns, k, 0)
        reopened |= returns
        at = np.where(moves, target, 0)
        now = np.where(moves, left, now)
        stage[:, step + 1], entered[:, step + 1] = at, now
    return Paths(stage, entered)
