"""What is done and said: leads, and contacts by call, visit, mail and message.

Add here: how leads arise and how often customers are contacted. Keep out: opportunities themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.sample.customers import Repeaters
from pipelines.sample.deals import DEALS_PER_SEAT_AND_WEEK, Deals, Paths
from pipelines.sample.names import LOST, WON
from pipelines.sample.organisation import Organisation
from pipelines.sample.risks import PlantedEffects

DEAL_GAP, DEAL_CONTACTS = 4.6, 22  # workdays between contacts of an open deal; at most so many
CARE_GAP = 15.0  # workdays between contacts of a customer without a deal
INBOUND_SHARE = 0.36
TYPE_SHARE = (0.42, 0.15, 0.2, 0.23)  # call, visit, mail, message
VISIT = 1
FROM_LEAD = 0.7  # of opportunities
FRUITLESS = 1.5  # leads without an opportunity for each lead with one


@dataclass
class Activities:
    """One entry per contact, by time. `deal` is -1 for customer care."""

    seat: np.ndarray
    deal: np.ndarray
    account: np.ndarray
    moment: np.ndarray
    type: np.ndarray
    inbound: np.ndarray


def draw_activities(
    company: Organisation,
    deals: Deals,
    paths: Paths,
    old: Repeaters,
    new: Repeaters,
    won: np.ndarray,
    effects: PlantedEffects,
    rng: np.random.Generator,
) -> Activities:
    """Every contact before now. An opportunity is worked from its creation until its close.

    Its luck is drawn for all opportunities, so that risks change nothing elsewhere.
    """
    axis = company.axis
    gaps = rng.gamma(1.7, DEAL_GAP / 1.7, (len(deals), DEAL_CONTACTS))
    gaps[:, 0] *= 0.3
    moment = deals.created[:, None] + np.cumsum(gaps, axis=1)
    ended = np.where((paths.stage == WON) | (paths.stage == LOST), paths.entered, 0.0).max(axis=1)
    until = np.minimum(np.where(ended > 0, ended, np.inf), axis.now)
    chance = rng.random((len(deals), DEAL_CONTACTS, 3), dtype=np.float32)
    row, column = np.nonzero(moment < until[:, None])
    parts = [(deals.seat[row], row, deals.account[row], moment[row, column], chance[row, column])]
    begin = float(axis.workday_of(axis.start))
    for customers in (old, new):
        n = len(customers.seat)
        since = np.full(n, begin) if customers is old else won[new.deal]
        width = int((axis.now - begin) / CARE_GAP * 1.4) + 6
        gaps = rng.gamma(2.0, CARE_GAP / 2.0, (n, width))
        chance = rng.random((n, width, 3), dtype=np.float32)
        moment = since[:, None] + np.cumsum(gaps, axis=1)
        life = since + customers.lifetime * 250 / 365
        row, column = np.nonzero((moment < axis.now) & (moment < life[:, None]))
        none = np.full(len(row), -1)
        parts.append(
            (
                customers.seat[row],
                none,
                customers.account[row],
                moment[row, column],
                chance[row, column],
            )
        )
    seat, deal, account, when, luck = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    kind = np.searchsorted(np.cumsum(TYPE_SHARE[:-1]), luck[:, 0], side="right")
    inbound = (luck[:, 1] < INBOUND_SHARE) & (kind != VISIT)
    kept = effects.keep_activities(seat, account, when, inbound, luck[:, 2])
    kept &= axis.goes_on(when, luck[:, 0]) & ~company.away(seat, when)
    order = np.flatnonzero(kept)[np.argsort(when[kept], kind="stable")]
    columns = (seat, deal, account, when, kind, inbound)
    return Activities(*(column[order] for column in columns))


@dataclass
class Leads:
    """One entry per lead, by time. `deal` is -1 where nothing came of it."""

    seat: np.ndarray
    deal: np.ndarray
    created: np.ndarray
    channel: np.ndarray
    dropped: np.ndarray


def draw_leads(
    company: Organisation,
    deals: Deals,
    kept: np.ndarray,
    effects: PlantedEffects,
    rng: np.random.Generator,
) -> Leads:
    """Leads of the opportunities in `kept`, and those that led nowhere."""
    axis = company.axis
    from_lead = rng.random(len(deals)) < FROM_LEAD
    before = 0.4 + rng.gamma(2.0, 2.2, len(deals))
    fruitful = np.flatnonzero(from_lead & kept)
    days = np.arange(int(axis.now))
    rate = DEALS_PER_SEAT_AND_WEEK / 5 * FROM_LEAD * FRUITLESS * axis.creation_season[days]
    rate = company.productivity[:, axis.months[days]] * rate * axis.world.business(days)
    seat, day = np.nonzero(counts := rng.poisson(rate))
    seat, day = np.repeat(seat, counts[seat, day]), np.repeat(day, counts[seat, day])
    created, luck = day + rng.random(len(day)) * 0.98, rng.random((len(day), 2))
    kept_too = effects.keep_leads(company.team_of_seat[seat], created, luck[:, 0])
    # A lead is given up within some weeks; until then it is being worked.
    dropped = created + 5 + 40 * luck[:, 1] < axis.now
    seat, created, dropped = seat[kept_too], created[kept_too], dropped[kept_too]
    channel_all = rng.integers(0, 6, len(deals))
    channel_none = rng.integers(0, 6, len(luck))[kept_too]
    when = np.concatenate([np.maximum(deals.created[fruitful] - before[fruitful], 0.0), created])
    order = np.argsort(when, kind="stable")
    return Leads(
        seat=np.concatenate([deals.seat[fruitful], seat])[order],
        deal=np.concatenate([fruitful, np.full(len(seat), -1)])[order],
        created=when[order],
        channel=np.concatenate([channel_all[fruitful], channel_none])[order],
        dropped=np.concatenate([np.zeros(len(fruitful), bool), dropped])[order],
    )
