"""Targets: what may be expected of every seat, made into a plan whose parts add up.

Add here: how a target comes about. Keep out: how the workbook looks (`workbooks.py`).

Expected value. The company without risks is played several times with fresh luck: the mean revenue
of its opportunities by seat and month, plus that of its known customers' orders with fresh gaps, is
the expectation. A target is 98 % of it, so a healthy team ends a quarter around 102 %, give or take
its luck with opportunities (some 8 points for a team of four, 6 for one of eight). Within a quarter
the months follow the season of the whole company. In the last year that has come past its middle the
plan of January misjudged the second half of two regions; the revision of 1 July puts that right.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from pipelines.sample.customers import Repeaters
from pipelines.sample.deals import Deals, draw_deals, walk
from pipelines.sample.orders import Orders, collect_orders
from pipelines.sample.organisation import Organisation

AMBITION = 0.98
STEP = 100.0  # yuan: the cent of a sheet in 万元


@dataclass
class Plan:
    """Targets in yuan by month number. `seats` etc. are (n, months); months without one are 0.

    `original` and `revised` differ only in the second half of the year with a revision.
    """

    years: tuple[int, ...]
    revised_year: int | None
    original: np.ndarray  # by seat
    revised: np.ndarray
    original_lines: np.ndarray
    revised_lines: np.ndarray
    new_accounts: np.ndarray  # by team, a count

    def months(self, company: Organisation, year: int) -> list[int]:
        """Month numbers of the twelve months of a year."""
        first = company.axis.month_number(dt.date(year, 1, 1))
        return list(range(first, first + 12))


def rounds_for(seats: int) -> int:
    """More plays for small companies, whose luck weighs more."""
    return 12 if seats <= 40 else 6


def _tabulate(company: Organisation, orders: Orders, index: np.ndarray, size: int) -> np.ndarray:
    months = company.axis.month_of(orders.moment)
    table = np.zeros((size, company.axis.month_count))
    np.add.at(table, (index, months), orders.amount)
    return table


def make_plan(
    company: Organisation,
    book: np.ndarray,
    deals: Deals,
    old: Repeaters,
    new: Repeaters,
    rng: np.random.Generator,
) -> Plan:
    """The plan of every year from that of the first kept day to the current one."""
    axis = company.axis
    rounds = rounds_for(company.seats)
    lines = int(deals.line.max()) + 1
    by_seat = np.zeros((company.seats, axis.month_count))
    by_line = np.zeros((lines, axis.month_count))
    firsts = np.zeros((company.teams, axis.month_count))
    real = walk(company, deals, None)
    nobody = replace(new, **{name: column[:0] for name, column in vars(new).items()})
    for turn in range(rounds):
        fresh = draw_deals(company, book, rng)
        orders = collect_orders(
            company, fresh, walk(company, fresh, None), nobody, nobody, axis.plan_end
        )
        by_seat += _tabulate(company, orders, orders.seat, company.seats) / rounds
        by_line += _tabulate(company, orders, orders.line, lines) / rounds
        first = orders.take(orders.is_first)
        np.add.at(
            firsts,
            (company.team_of_seat[first.seat], axis.month_of(first.moment)),
            1 / rounds,
        )
        if turn >= 3:
            continue
        again = (_replay(old, rng), _replay(new, rng))
        orders = collect_orders(company, deals, real, *again, axis.plan_end)
        orders = orders.take(orders.deal < 0)
        by_seat += _tabulate(company, orders, orders.seat, company.seats) / 3
        by_line += _tabulate(company, orders, orders.line, lines) / 3
    return _shape(company, by_seat * AMBITION, by_line, firsts * AMBITION, rng)


def _replay(customers: Repeaters, rng: np.random.Generator) -> Repeaters:
    """The same customers with the same orders to come, at other moments."""
    shape = customers.gaps.shape
    order = np.argsort(rng.random(shape[1]))
    luck = rng.random((*shape, 4), dtype=np.float32)
    return replace(
        customers, gaps=customers.gaps[:, order], spread=customers.spread[:, order], luck=luck
    )


def _shape(
    company: Organisation,
    by_seat: np.ndarray,
    by_line: np.ndarray,
    firsts: np.ndarray,
    rng: np.random.Generator,
) -> Plan:
    axis = company.axis
    years = tuple(range(axis.start.year, axis.end.year + 1))
    revised_year = max((year for year in years if dt.date(year, 7, 1) <= axis.end), default=None)
    whole = by_seat.sum(axis=0)
    revised = np.zeros_like(by_seat)
    counts = np.zeros_like(firsts)
    for year in years:
        first = axis.month_number(dt.date(year, 1, 1))
        for quarter in range(4):
            months = slice(first + 3 * quarter, first + 3 * quarter + 3)
            season = whole[months] / whole[months].sum()
            revised[:, months] = by_seat[:, months].sum(axis=1, keepdims=True) * season
            level = firsts[:, months].sum(axis=1, keepdims=True)
            counts[:, months] = np.maximum(np.round(level * season), 1)
    # A seat that is not open yet has no target in the months before.
    revised = np.where(company.productivity > 0, revised, 0.0)
    factor = np.ones_like(revised)
    if revised_year is not None:
        half = axis.month_number(dt.date(revised_year, 7, 1))
        picked = rng.choice(company.regions, size=min(2, company.regions), replace=False)
        for region, misjudged in zip(picked.tolist(), axis.world.misjudged, strict=False):
            factor[company.region_of_seat == region, half : half + 6] = misjudged
    original = np.round(revised * factor / STEP) * STEP
    revised = np.where(factor == 1.0, original, np.round(revised / STEP) * STEP)
    return Plan(
        years=years,
        revised_year=revised_year,
        original=original,
        revised=revised,
        original_lines=_split(original.sum(axis=0), by_line),
        revised_lines=_split(revised.sum(axis=0), by_line),
        new_accounts=counts,
    )


def _split(total: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Parts of `total` by month in proportion to `weights`, in steps, adding up exactly."""
    share = weights / np.maximum(weights.sum(axis=0), 1.0)
    parts = np.floor(total * share / STEP) * STEP
    parts[-1] += total - parts.sum(axis=0)
    return parts


def attainment(
    company: Organisation, plan: Plan, orders: Orders, team: int, begin: float, stop: float
) -> float:
    """Revenue of a team's orders in [begin, stop) (workday time) against its target of that span.

    A month that the span covers in part counts with its share of workdays.
    """
    axis = company.axis
    mine = company.team_of_seat[orders.seat] == team
    span = (orders.moment >= begin) & (orders.moment < stop)
    by_month = plan.revised[company.team_of_seat == team].sum(axis=0)
    length = np.bincount(axis.months, minlength=axis.month_count)
    covered = np.bincount(axis.months[int(begin) : int(stop)], minlength=axis.month_count)
    target = float((by_month * covered / np.maximum(length, 1)).sum())
    return float(orders.amount[mine & span].sum()) / target if target else 1.0


def rep_months(company: Organisation, seats: np.ndarray, team: int) -> dict[int, np.ndarray]:
    """Targets of one team by person and month number: who answers for a seat has its target."""
    people: dict[int, np.ndarray] = {}
    mine = company.in_team(team)
    for seat in np.flatnonzero(mine.any(axis=1)).tolist():
        for month in np.flatnonzero((seats[seat] > 0) & mine[seat]).tolist():
            person = int(company.owner[seat, month])
            row = people.setdefault(person, np.zeros(seats.shape[1]))
            row[month] += seats[seat, month]
    return people


def target_rows(company: Organisation, plan: Plan) -> list[dict[str, object]]:
    """Rows of `targets`: revenue by rep, team, region, product line and company, then counts."""
    rows: list[dict[str, object]] = []
    words, axis = company.words, company.axis
    for year in plan.years:
        months = plan.months(company, year)
        versions = [
            (plan.original, plan.original_lines, months, words.version_original, dt.date(year, 1, 1), words.reason_original)
        ]  # fmt: skip
        if year == plan.revised_year:
            versions.append(
                (plan.revised, plan.revised_lines, months[6:], words.version_revised, dt.date(year, 7, 1), words.reason_revised)
            )  # fmt: skip
        for seats, lines, span, version, since, reason in versions:
            tail = {"version": version, "effective_from": since, "reason": reason}

            def add(
                scope_type: str, scope_id: str, row: np.ndarray, metric: str = "revenue"
            ) -> None:
                for month in span:  # noqa: B023 - called within this turn only
                    if row[month] > 0:
                        rows.append(
                            {
                                "period": axis.month_name(month),
                                "scope_type": scope_type,
                                "scope_id": scope_id,
                                "metric": metric,
                                "target_amount": float(row[month]),
                                **tail,  # noqa: B023
                            }
                        )

            for team in range(company.teams):
                for person, row in sorted(rep_months(company, seats, team).items()):
                    add("rep", company.rep_id(person), row)
            for team in range(company.teams):
                mine = np.where(company.in_team(team), seats, 0.0)
                add("team", company.team_id(team), mine.sum(axis=0))
            for region in range(company.regions):
                add(
                    "region",
                    words.regions[region],
                    seats[company.region_of_seat == region].sum(axis=0),
                )
            for line, name in enumerate(words.product_lines):
                add("product_line", name, lines[line])
            add("company", "company", seats.sum(axis=0))
            if version == words.version_original:
                for team in range(company.teams):
                    add("team", company.team_id(team), plan.new_accounts[team], "new_accounts")
    return rows
