"""Orders: from won opportunities and from customers who order again; promises and deliveries.

Add here: how an order comes about and is delivered. Keep out: who the customers are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pipelines.sample.customers import Repeaters, Repeats, repeat_orders
from pipelines.sample.deals import Deals, Paths
from pipelines.sample.names import WON
from pipelines.sample.organisation import Organisation

# By product line: workdays from order to promised delivery.
LEAD_WORKDAYS = np.array([12.0, 24.0, 28.0, 8.0, 6.0])
LATE_SHARE = 0.07
CANCELLED_SHARE = 0.008
SAME_AMOUNT_SHARE = 0.9  # of orders from opportunities; the rest was negotiated down


class OrderEffects(Protocol):
    """What planted risks do to orders."""

    def keep_repeats(self, customers: Repeaters, repeats: Repeats) -> np.ndarray:
        """Which repeat orders are placed."""
        ...

    def late_share(self, region: np.ndarray, line: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """Share of late deliveries by region and product line of the order and moment of its promise."""
        ...


@dataclass
class Orders:
    """One entry per order, by time. `deal` and `repeater` are -1 where they do not apply."""

    seat: np.ndarray
    account: np.ndarray
    deal: np.ndarray
    line: np.ndarray
    moment: np.ndarray  # workday time
    amount: np.ndarray  # yuan
    luck: np.ndarray  # (n, 2): late, how late
    is_first: np.ndarray  # the first order of a customer who never bought before

    def __len__(self) -> int:
        return len(self.seat)

    def take(self, chosen: np.ndarray) -> Orders:
        """The orders of that mask or index."""
        return Orders(**{name: column[chosen] for name, column in vars(self).items()})


def won_at(paths: Paths) -> np.ndarray:
    """Workday time of the win, NaN where there is none."""
    hit = paths.stage == WON
    row = np.arange(len(hit))
    return np.where(hit.any(axis=1), paths.entered[row, hit.argmax(axis=1)], np.nan)


def collect_orders(
    company: Organisation,
    deals: Deals,
    paths: Paths,
    old: Repeaters,
    new: Repeaters,
    until: float,
    effects: OrderEffects | None = None,
) -> Orders:
    """Every order before the workday time `until`, from both roots."""
    win = won_at(paths)
    delay = np.where(deals.order_luck[:, 0] < 0.6, 0.2, 2.6) * deals.order_luck[:, 0]
    moment = win + delay
    placed = np.flatnonzero(moment < until)
    amount = deals.amount[placed]
    haggled = deals.order_luck[placed, 1] > SAME_AMOUNT_SHARE
    share = 0.85 + (deals.order_luck[placed, 1] - SAME_AMOUNT_SHARE)
    amount = np.where(haggled, np.round(amount * share, -2), amount)
    parts = [
        Orders(
            seat=deals.seat[placed],
            account=deals.account[placed],
            deal=placed,
            line=deals.line[placed],
            moment=moment[placed],
            amount=amount,
            luck=deals.order_luck[placed, 2:],
            is_first=deals.is_new[placed],
        )
    ]
    offset = np.full(len(deals), np.nan)
    offset[placed] = company.axis.offset_of(moment[placed])
    for customers in (old, new):
        since = np.zeros(len(customers.seat))
        if customers is new:
            since = offset[new.deal]
        repeats = repeat_orders(company, customers, since, until)
        if effects is not None:
            kept = effects.keep_repeats(customers, repeats)
            repeats = Repeats(**{name: column[kept] for name, column in vars(repeats).items()})
        who = repeats.customer
        parts.append(
            Orders(
                seat=customers.seat[who],
                account=customers.account[who],
                deal=np.full(len(who), -1),
                line=customers.line[who],
                moment=repeats.moment,
                amount=repeats.amount,
                luck=repeats.luck[:, 2:].astype(float),
                is_first=np.zeros(len(who), bool),
            )
        )
    names = vars(parts[0])
    orders = Orders(
        **{name: np.concatenate([vars(part)[name] for part in parts]) for name in names}
    )
    return orders.take(np.argsort(orders.moment, kind="stable"))


@dataclass
class Deliveries:
    """When each order was promised and delivered (workday time; NaN: not yet, or cancelled)."""

    promised: np.ndarray
    delivered: np.ndarray
    cancelled: np.ndarray


def deliver(company: Organisation, orders: Orders, effects: OrderEffects | None) -> Deliveries:
    """Promises and deliveries. Risks act on orders whose promise falls into their time."""
    late_luck, size_luck = orders.luck[:, 0], orders.luck[:, 1]
    promised = (
        np.floor(orders.moment + LEAD_WORKDAYS[orders.line] * (0.7 + 0.6 * size_luck)) + 0.999
    )
    share = np.full(len(orders), LATE_SHARE)
    if effects is not None:
        region = company.region_of_seat[orders.seat]
        share = np.maximum(share, effects.late_share(region, orders.line, promised))
    late = late_luck < share
    early = np.minimum(5 * size_luck**2 + 0.15, (promised - orders.moment) * 0.7)
    delay = np.where(share > LATE_SHARE, 3 + 12 * size_luck, 1 + 9 * size_luck**2)
    delivered = np.where(late, promised + delay, promised - early)
    cancelled = late_luck > 1 - CANCELLED_SHARE
    unknown = cancelled | (delivered >= company.axis.now)
    return Deliveries(promised, np.where(unknown, np.nan, delivered), cancelled)
