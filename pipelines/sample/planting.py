"""When and where risks are planted.

Add here: how long a kind lasts, whom it can hit. Keep out: its effect (`risks.py`), and how it
is described (`labels.py`).

No two risks share a team at nearly the same time, so that a warning belongs to one label.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipelines.sample.customers import Repeaters
from pipelines.sample.deals import Deals
from pipelines.sample.organisation import Organisation
from pipelines.sample.risks import PAIR, Risk

DAY = dt.timedelta(days=1)
QUIET_START = dt.timedelta(weeks=30)  # clean periods from which limits can be learned
APART = dt.timedelta(weeks=3)
ALONE = frozenset({"company", "pair"})
LINES_OF_BUSINESS = 5
ATTEMPTS = 60
SILENT_SHARE = 0.3  # of a team's old customers, the biggest
COME_BACK_SHARE = 0.5
HUGE_IN_TEAM_QUARTERS = 0.6  # amount of the huge deal against the team's usual quarter
YUAN_PER_SEAT_AND_QUARTER = 2_600_000.0


@dataclass(frozen=True)
class Kind:
    """How a kind of risk is planted. `weeks`: shortest and longest. `since`: weeks it has lasted
    when it is still active at the end.
    """

    name: str
    scope_type: str
    weeks: tuple[int, int]
    since: tuple[int, int]
    severity: str
    expected: tuple[str, ...]


KINDS = (
    Kind("conversion_drop", "product_line", (10, 14), (6, 9), "danger", ("stage_conversion_fall", "win_rate_fall")),
    Kind("opportunity_drought", "team", (8, 11), (4, 7), "danger", ("opportunities_created_fall", "coverage_low")),
    Kind("late_orders", "region", (8, 12), (4, 7), "danger", ("late_orders_high",)),
    Kind("customer_silence", "team", (16, 22), (10, 13), "danger", ("key_accounts_silent", "churn_high", "silent_accounts_rise", "quarter_target_at_risk")),
    Kind("stalled_pipeline", "team", (6, 9), (4, 6), "danger", ("stalled_share_high", "activity_fall")),
    Kind("follow_up_stop", "rep", (7, 9), (4, 7), "warning", ("rep_works_far_less", "rep_without_trace")),
    Kind("win_rate_fall", "team", (10, 14), (6, 9), "danger", ("win_rate_fall", "stage_conversion_fall", "quarter_target_at_risk")),
    Kind("target_miss", "team", (13, 13), (4, 13), "danger", ("quarter_target_at_risk", "month_target_at_risk", "quarter_target_burn")),
    Kind("cycle_growth", "team", (14, 16), (9, 12), "warning", ("sales_cycle_long", "stalled_share_high")),
    Kind("new_accounts_dip", "region", (9, 12), (5, 8), "danger", ("new_accounts_fall", "win_rate_fall")),
    Kind("concentration", "team", (8, 11), (5, 8), "warning", ("concentration_high",)),
    Kind("conversion_drop", "team", (10, 14), (6, 9), "danger", ("stage_conversion_fall", "win_rate_fall")),
)  # fmt: skip

# In worlds of their own, one at a time, so that it is plain what an alert comes from.
WHOLE = (
    Kind("opportunity_drought", "company", (8, 11), (4, 7), "danger", ("opportunities_created_fall", "coverage_low")),
    Kind("late_orders", "company", (8, 12), (4, 7), "danger", ("late_orders_high",)),
    Kind("win_rate_fall", "company", (10, 14), (6, 9), "danger", ("win_rate_fall", "stage_conversion_fall", "quarter_target_at_risk")),
)  # fmt: skip
LINES = (
    Kind("opportunity_drought", "product_line", (8, 11), (4, 7), "danger", ("opportunities_created_fall",)),
    Kind("late_orders", "product_line", (8, 12), (4, 7), "danger", ("late_orders_high",)),
    Kind("win_rate_fall", "product_line", (10, 14), (6, 9), "danger", ("win_rate_fall", "stage_conversion_fall")),
    Kind("opportunity_drought", "pair", (8, 11), (4, 7), "danger", ("opportunities_created_fall",)),
    Kind("late_orders", "pair", (8, 12), (4, 7), "danger", ("late_orders_high",)),
)  # fmt: skip
PLANTED = {"usual": KINDS, "whole": WHOLE, "lines": LINES}


# (team, first and last workday time) -> share of its target that the team reaches without risks.
Attained = Callable[[int, float, float], float]
LUCKY = 1.05  # a team so far above its target would hide a miss
COSTLY = (  # one of these is always active at the end: the report then shows a target in danger
    "target_miss",
    "customer_silence",
    "win_rate_fall",
)


def plant(
    company: Organisation,
    deals: Deals,
    old: Repeaters,
    attained: Attained,
    rng: np.random.Generator,
) -> list[Risk]:
    """Risks for a company of this size: some 2 per 9 seats, at most 16, a few still active.

    `attained(team, begin, stop)`: what the team reaches of its target in that span without risks.
    """
    axis = company.axis
    count = int(np.clip(round(company.seats / 4.5), 2, 16))
    count = min(count, 6 + company.seats // 12)
    active = min(4, 1 + count // 3)
    kinds = PLANTED[axis.world.planted]
    order = [kinds[index] for index in rng.permutation(len(kinds))]
    # The newest report ought to show a target in danger.
    first = next((kind for kind in order if kind.name in COSTLY), order[0])
    order = [first, *(kind for kind in order if kind is not first)]
    order = (order * (1 + count // len(order)))[:count]
    if axis.world.planted != "usual":
        active = 1
    if axis.world.young:
        order = order[:active]
    risks: list[Risk] = []
    for index, kind in enumerate(order):
        if index < active:
            _place(company, deals, old, attained, risks, kind, None, rng)
            continue
        begin = axis.start + QUIET_START
        room = (axis.end - 22 * 7 * DAY - begin) / max(1, count - active)
        slot = (begin + room * (index - active), begin + room * (index - active + 1))
        _place(company, deals, old, attained, risks, kind, slot, rng)
    return sorted(risks, key=lambda risk: (risk.first_day, risk.kind))


def _place(
    company: Organisation,
    deals: Deals,
    old: Repeaters,
    attained: Attained,
    risks: list[Risk],
    kind: Kind,
    slot: tuple[dt.date, dt.date] | None,
    rng: np.random.Generator,
) -> None:
    """Add one risk of that kind inside the slot (None: active at the end), if there is room."""
    sizes = {
        "team": company.teams,
        "region": company.regions,
        "product_line": LINES_OF_BUSINESS,
        "rep": company.seats,
        "company": 1,
        "pair": LINES_OF_BUSINESS * company.regions,
    }
    for _ in range(ATTEMPTS):
        first, last = _span(company, kind, slot, rng)
        scope = int(rng.integers(sizes[kind.scope_type]))
        if kind.scope_type == "pair":
            scope = scope // company.regions * PAIR + scope % company.regions
        teams = _teams(company, kind.scope_type, scope)
        begin, stop = (
            float(company.axis.workday_of(first)),
            float(company.axis.workday_of(last + DAY)),
        )
        if last == company.axis.end:
            stop = company.axis.now
        if any(_collide(other, kind, scope, teams, first, last) for other in risks):
            continue
        if kind.scope_type == "rep" and not _same_owner(company, scope, begin, stop):
            continue
        details = _details(company, deals, old, attained, kind, scope, begin, stop, rng)
        if details is None:
            continue
        risks.append(
            Risk(
                kind=kind.name,
                scope_type=kind.scope_type,
                scope=scope,
                first_day=first,
                last_day=last,
                begin=begin,
                stop=stop,
                severity=kind.severity,
                teams=teams,
                **details,  # type: ignore[arg-type]
            )
        )
        return


def _span(
    company: Organisation,
    kind: Kind,
    slot: tuple[dt.date, dt.date] | None,
    rng: np.random.Generator,
) -> tuple[dt.date, dt.date]:
    end = company.axis.end
    weeks = int(rng.integers(kind.weeks[0], kind.weeks[1] + 1))
    if slot is None:
        weeks = int(rng.integers(kind.since[0], kind.since[1] + 1))
        first = end - weeks * 7 * DAY
        first, last = first - first.weekday() * DAY, end
    else:
        first = slot[0] + int(rng.integers(0, max(1, (slot[1] - slot[0]).days))) * DAY
        first -= first.weekday() * DAY
        last = first + weeks * 7 * DAY - DAY
    if kind.name == "target_miss":  # a whole quarter, or the current one so far
        day = end if slot is None else first
        first = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        if slot is None and (end - first).days < 28:
            day = first - DAY
            first = dt.date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        later = first + 95 * DAY
        last = min(later - later.day * DAY, end)
    return first, last


def _teams(company: Organisation, scope_type: str, scope: int) -> frozenset[int]:
    if scope_type == "team":
        return frozenset([scope])
    if scope_type == "region":
        return frozenset(np.flatnonzero(company.region_of_team == scope).tolist())
    if scope_type == "rep":
        return frozenset([int(company.team_of_seat[scope])])
    if scope_type == "company":
        return frozenset(range(company.teams))
    if scope_type == "pair":
        return _teams(company, "region", scope % PAIR)
    return frozenset()


def _collide(
    other: Risk, kind: Kind, scope: int, teams: frozenset[int], first: dt.date, last: dt.date
) -> bool:
    if last + APART < other.first_day or first > other.last_day + APART:
        return False
    if {kind.scope_type, other.scope_type} & ALONE:
        return True
    same_line = kind.scope_type == other.scope_type == "product_line" and other.scope == scope
    return same_line or bool(teams & other.teams)


def _same_owner(company: Organisation, seat: int, begin: float, stop: float) -> bool:
    months = company.axis.month_of(np.array([begin, stop - 1]))
    span = slice(int(months[0]), int(months[1]) + 1)
    there = company.productivity[seat, span] > 0.5
    return bool((company.owner[seat, span] == company.owner[seat, months[0]]).all() and there.all())


def _details(
    company: Organisation,
    deals: Deals,
    old: Repeaters,
    attained: Attained,
    kind: Kind,
    scope: int,
    begin: float,
    stop: float,
    rng: np.random.Generator,
) -> dict[str, object] | None:
    """What only this kind needs; None if the scope does not offer it."""
    if kind.name == "conversion_drop":
        return {"stage": int(rng.integers(1, 4))}
    if kind.name == "target_miss" and attained(scope, begin, stop) > LUCKY:
        return None
    if kind.name == "customer_silence":
        mine = np.flatnonzero(company.team_of_seat[old.seat] == scope)
        alive = old.lifetime[mine] > company.axis.offset_of(np.array([stop]))[0] + 150
        mine = mine[alive]
        if len(mine) < 4:
            return None
        worth = old.size[mine] / old.rhythm[mine]
        chosen = mine[np.argsort(-worth, kind="stable")[: max(3, round(len(mine) * SILENT_SHARE))]]
        back = rng.random(len(chosen)) < COME_BACK_SHARE
        return {"accounts": tuple(chosen.tolist()), "come_back": tuple(back.tolist())}
    if kind.name == "concentration":
        near = np.flatnonzero((deals.team == scope) & deals.is_new & (deals.created >= begin))
        if not len(near) or deals.created[near[0]] > begin + 4:
            return None
        seats = int((company.team_of_seat == scope).sum())
        amount = HUGE_IN_TEAM_QUARTERS * YUAN_PER_SEAT_AND_QUARTER * seats
        return {"deal": int(near[0]), "amount": round(amount / 10_000) * 10_000.0}
    return {}
