"""The sample company as a whole: draws its luck, plays it, and hands out its tables.

Add here: the order in which the parts of the company are made. Keep out: how a part behaves.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from pipelines.entities import ENTITIES
from pipelines.sample import frames
from pipelines.sample.contacts import draw_activities, draw_leads
from pipelines.sample.customer_frames import customer_frames, gone_customers
from pipelines.sample.customers import Repeaters, customer_book, draw_new, draw_old
from pipelines.sample.deals import Deals, draw_deals, walk
from pipelines.sample.labels import label
from pipelines.sample.orders import Orders, collect_orders, deliver, won_at
from pipelines.sample.organisation import Organisation, organise, team_rows, user_rows
from pipelines.sample.plan import Plan, attainment, make_plan, target_rows
from pipelines.sample.planting import plant
from pipelines.sample.risks import PlantedEffects, Risk
from pipelines.sample.time_axis import TimeAxis
from pipelines.sample.upheavals import draw_absences, reorganise
from pipelines.sample.words_en import EN
from pipelines.sample.words_zh import ZH
from pipelines.sample.worlds import world_of

VOCABULARIES = {"zh": ZH, "en": EN}
FEWEST_REPS = 4
FIRST_END, LAST_END = dt.date(2015, 1, 1), dt.date(2098, 12, 31)
SHIPPED_END = dt.date(2026, 10, 30)
# Each part of the company has a stream of luck of its own, so that one can change alone.
STREAMS = (
    "people", "deals", "old", "new", "plan", "risks", "contacts", "leads", "rows", "names", "absences"
)  # fmt: skip


@dataclass(frozen=True)
class SampleCompany:
    """A generated company: `frames` has one table per canonical entity, `labels` the risks.

    Money is in yuan, timestamps are local times of Asia/Shanghai without offset. Tables of the
    CRM begin with the opportunities open at `start`; orders reach back to `orders_from`.
    """

    name: str
    language: str
    start: dt.date
    orders_from: dt.date
    end: dt.date
    frames: dict[str, pd.DataFrame]
    labels: list[dict[str, object]]
    organisation: Organisation
    plan: Plan


def generate(
    *,
    reps: int = 32,
    seed: int = 7,
    end: dt.date = SHIPPED_END,
    risks: bool = True,
    language: str = "zh",
    world: str = "standard",
) -> SampleCompany:
    """Generate a company of `reps` seats with 2½ years of history up to the evening of `end`.

    The same arguments give the same tables; `risks=False` gives the same company without its
    planted risks. `world`: one of `worlds.WORLDS`. Raises ValueError for fewer than 4 reps, a negative
    seed, an unknown language or world, or an `end` outside the years 2015 to 2098.
    """
    _check(reps, seed, end, language)
    words, axis = VOCABULARIES[language], TimeAxis(end, world_of(world))
    luck = {
        name: np.random.Generator(np.random.PCG64([seed, number]))
        for number, name in enumerate(STREAMS)
    }
    company = organise(reps, axis, words, luck["people"])
    if axis.world.reorganised:
        reorganise(company)
    if axis.world.absences:
        draw_absences(company, luck["absences"])
    book = customer_book(company)
    deals = draw_deals(company, book, luck["deals"])
    old, new = draw_old(company, book, luck["old"]), draw_new(deals, luck["new"])
    plan = make_plan(company, book, deals, old, new, luck["plan"])
    planted = _plant(company, deals, old, new, plan, luck["risks"]) if risks else []
    tables = _tables(company, deals, old, new, planted, luck)
    tables["targets"] = frames.frame("targets", _columns(target_rows(company, plan)))
    return SampleCompany(
        name=words.company,
        language=language,
        start=axis.start,
        orders_from=axis.orders_from,
        end=end,
        frames={entity: tables[entity] for entity in ENTITIES},
        labels=[label(company, risk) for risk in planted],
        organisation=company,
        plan=plan,
    )


def _check(reps: int, seed: int, end: dt.date, language: str) -> None:
    if reps < FEWEST_REPS:
        raise ValueError(f"a sample company needs at least {FEWEST_REPS} reps, not {reps}")
    if seed < 0:
        raise ValueError(f"the seed is a whole number from 0 on, not {seed}")
    if not FIRST_END <= end <= LAST_END:
        raise ValueError(f"the last day lies between {FIRST_END} and {LAST_END}, not {end}")
    if language not in VOCABULARIES:
        raise ValueError(f"language is one of {', '.join(VOCABULARIES)}, not {language!r}")


def _plant(
    company: Organisation,
    deals: Deals,
    old: Repeaters,
    new: Repeaters,
    plan: Plan,
    rng: np.random.Generator,
) -> list[Risk]:
    usual = collect_orders(company, deals, walk(company, deals, None), old, new, company.axis.now)
    return plant(company, deals, old, partial(attainment, company, plan, usual), rng)


def _columns(rows: list[dict[str, object]]) -> dict[str, object]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _tables(
    company: Organisation,
    deals: Deals,
    old: Repeaters,
    new: Repeaters,
    planted: list[Risk],
    luck: dict[str, np.random.Generator],
) -> dict[str, pd.DataFrame]:
    axis = company.axis
    effects = PlantedEffects(planted, company.team_of_seat)
    deals = replace(deals, amount=deals.amount.copy())
    paths = walk(company, deals, effects)
    effects.place_huge_deals(deals, paths)
    arises = effects.keep(deals)
    paths.stage[~arises] = 0
    begin = float(axis.workday_of(axis.start))
    stage, since = paths.at(axis.now)
    # In the CRM: what was open when it was introduced, and everything since.
    kept = (stage > 0) & ~((stage >= 5) & (since < begin))
    won = won_at(paths)
    orders = collect_orders(company, deals, paths, old, new, axis.now, effects)
    contacts = draw_activities(company, deals, paths, old, new, won, effects, luck["contacts"])
    leads = draw_leads(company, deals, kept, effects, luck["leads"])
    since_orders = float(axis.workday_of(axis.orders_from))
    customers = _Customers(company, deals, old, new, orders, luck["names"])
    shown_orders = orders.take(orders.moment >= since_orders)
    in_crm = np.where(
        contacts.deal >= 0, kept[np.maximum(contacts.deal, 0)], contacts.moment >= begin
    )
    recent = leads.created >= begin
    leads = replace(leads, **{name: column[recent] for name, column in vars(leads).items()})
    huge = np.array([risk.deal for risk in planted if risk.deal >= 0], int)
    opportunities, history = frames.opportunity_frames(
        company, deals, paths, kept, customers.names, huge, luck["rows"]
    )
    shown_activities = np.flatnonzero(in_crm)
    shown = customers.shown(deals, kept, shown_orders)
    accounts, people = customers.tables(shown, luck["names"])
    return {
        "users": frames.frame("users", _columns(user_rows(company, luck["people"]))),
        "teams": frames.frame("teams", _columns(team_rows(company))),
        "accounts": accounts,
        "contacts": people,
        "leads": frames.lead_frame(company, deals, leads, luck["rows"]),
        "opportunities": opportunities,
        "stage_history": history,
        "activities": frames.activity_frame(company, contacts, shown_activities),
        "orders": frames.order_frame(
            company, shown_orders, deliver(company, shown_orders, effects), kept
        ),
    }


class _Customers:
    """All customers, old ones first, then one per opportunity with a new customer."""

    def __init__(
        self,
        company: Organisation,
        deals: Deals,
        old: Repeaters,
        new: Repeaters,
        orders: Orders,
        rng: np.random.Generator,
    ) -> None:
        axis = company.axis
        fresh = np.flatnonzero(deals.is_new)
        self.company, self.old_count = company, len(old.seat)
        self.seat = np.concatenate([old.seat, deals.seat[fresh]])
        self.total = len(self.seat)
        self.names = np.array(
            company.words.firms(company.region_of_seat[self.seat], rng), dtype=object
        )
        age = rng.integers(30, 1800, self.old_count).astype("timedelta64[D]")
        first = np.datetime64(axis.first, "s") + np.timedelta64(10 * 3600, "s")
        shortly_before = np.maximum(deals.created[fresh] - 3 * rng.random(len(fresh)), 0.0)
        self.since = np.concatenate([first - age, axis.timestamps(shortly_before)])
        self.buys = np.zeros(self.total, bool)
        self.buys[: self.old_count] = True
        self.buys[orders.account] = True
        last = np.full(self.total, np.inf)
        last[orders.account] = axis.offset_of(orders.moment)  # in order of time: the last one stays
        gone = [gone_customers(company, part, last, self.total) for part in (old, new)]
        self.gone = gone[0] | gone[1]

    def shown(self, deals: Deals, kept: np.ndarray, orders: Orders) -> np.ndarray:
        """Old customers, and whoever has an opportunity in the CRM or an order."""
        shown = np.zeros(self.total, bool)
        shown[: self.old_count] = True
        shown[deals.account[kept]] = True
        shown[orders.account] = True
        return shown

    def tables(
        self, shown: np.ndarray, rng: np.random.Generator
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        return customer_frames(
            self.company, self.seat, self.since, shown, self.names, self.buys, self.gone, rng
        )
