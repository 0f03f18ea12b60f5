"""Who sells where and when: regions, teams, seats, people who join, leave and change team.

Add here: a fact about people or teams. Keep out: what they sell.

A seat is a place in a team with its customers and its share of new business. People come and go;
the seat stays, so a successor takes over open opportunities and customers. Stays begin and end with
a month.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from pipelines.sample.names import Vocabulary
from pipelines.sample.time_axis import TimeAxis, month_start

MONTHS_AT_RISK = 26  # not in the first and last months of the history
MOVES_AMONG_LEAVINGS = 0.3  # the share of vacancies filled from another team
RAMP_OF_JOINER = (0.4, 0.55, 0.7, 0.85)
RAMP_OF_MOVER = (0.75, 0.9)
PRODUCTIVITY_OF_VACANCY = 0.35  # a colleague covers


@dataclass
class Stay:
    """One person in one seat, from and to month numbers (inclusive; None = before / still)."""

    person: int
    seat: int
    first: int | None
    last: int | None = None
    moved: bool = False


@dataclass
class Organisation:
    """Seats, stays, and for every seat and month who answers for it and how productive it is."""

    words: Vocabulary
    axis: TimeAxis
    region_of_team: np.ndarray
    team_of_seat: np.ndarray
    stays: list[Stay] = field(default_factory=list)
    owner: np.ndarray = field(default_factory=lambda: np.empty((0, 0), int))
    productivity: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    absence: np.ndarray = field(default_factory=lambda: np.empty((0, 0), bool))  # seat × workday
    # From this month on, if there is one, seats belong to other teams.
    reorganised_in: int | None = None
    team_after: np.ndarray = field(default_factory=lambda: np.empty(0, int))

    @property
    def seats(self) -> int:
        return len(self.team_of_seat)

    @property
    def teams(self) -> int:
        return len(self.region_of_team)

    @property
    def regions(self) -> int:
        return int(self.region_of_team.max()) + 1

    @property
    def region_of_seat(self) -> np.ndarray:
        return self.region_of_team[self.team_of_seat]

    def away(self, seat: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """Whether the person of the seat is ill or on leave at that moment."""
        if not self.absence.size:
            return np.zeros(len(seat), bool)
        return self.absence[seat, np.clip(moment.astype(int), 0, self.absence.shape[1] - 1)]

    def in_team(self, team: int) -> np.ndarray:
        """(seats, months): whether the seat belongs to the team in that month."""
        mine = np.repeat((self.team_of_seat == team)[:, None], self.axis.month_count, axis=1)
        if self.reorganised_in is not None:
            mine[:, self.reorganised_in :] = (self.team_after == team)[:, None]
        return mine

    def team_id(self, team: int) -> str:
        return f"T{team + 1:02d}"

    def team_name(self, team: int) -> str:
        region = int(self.region_of_team[team])
        before = int((self.region_of_team[:team] == region).sum())
        return self.words.team(region, before + 1)

    def rep_id(self, person: int) -> str:
        return f"S{1001 + person}"

    def rep_name(self, person: int) -> str:
        return self.words.person(person + self.teams + self.regions + 1)

    def owner_ids(self, seats: np.ndarray, months: np.ndarray) -> np.ndarray:
        """User ids of whoever answers for these seats in these months."""
        names = np.array([self.rep_id(person) for person in range(int(self.owner.max()) + 1)])
        return names[self.owner[seats, months]]


def team_count(reps: int, size: int = 8) -> int:
    """Two teams in each of four regions from 32 reps on; then teams of about eight, or of `size`."""
    if size != 8:
        return max(1, reps // size)
    if reps < 16:
        return max(1, reps // 4)
    if reps < 32:
        return 4
    return max(8, reps // 32 * 4)


def organise(
    reps: int, axis: TimeAxis, words: Vocabulary, rng: np.random.Generator
) -> Organisation:
    """Teams, seats and every stay of a company with `reps` seats."""
    teams = team_count(reps, axis.world.team_size)
    regions = min(4, teams)
    region_of_team = np.arange(teams) * regions // teams
    team_of_seat = np.sort(np.arange(reps) % teams)
    company = Organisation(words, axis, region_of_team, team_of_seat)
    _fill_seats(company, rng)
    _tabulate(company, rng)
    return company


def _fill_seats(company: Organisation, rng: np.random.Generator) -> None:
    axis, seats = company.axis, company.seats
    start, now = axis.month_number(axis.start), axis.month_number(axis.end)
    newcomers = set()
    if seats >= 8 and not axis.world.young:  # seats that are opened on the way: it grows
        newcomers = set(rng.choice(seats, size=max(1, seats // 16), replace=False).tolist())
    current: dict[int, Stay] = {}
    people = 0
    for seat in range(seats):
        opened = int(rng.integers(start + 5, start + 16)) if seat in newcomers else None
        current[seat] = Stay(people, seat, opened)
        company.stays.append(current[seat])
        people += 1
    size = np.bincount(company.team_of_seat, minlength=company.teams)
    leavings = max(1, round(seats * MONTHS_AT_RISK * axis.world.leaving)) if seats >= 4 else 0
    leavings = 0 if axis.world.young else leavings
    months = np.sort(rng.integers(start + 2, max(now - 2, start + 3), size=leavings))
    forced_move = company.teams > 1
    for month in months.tolist():
        free = [
            seat
            for seat, stay in current.items()
            if stay.last is None
            and (stay.first is None or stay.first < month - 7)
            and size[company.team_of_seat[seat]] > 1
        ]
        if not free:
            continue
        seat = int(rng.choice(free))
        current[seat].last = month
        others = [s for s in free if company.team_of_seat[s] != company.team_of_seat[seat]]
        vacancy = int(rng.integers(0, 3))
        if others and (forced_move or rng.random() < MOVES_AMONG_LEAVINGS):
            forced_move = False
            other = int(rng.choice(others))
            mover = current[other]
            mover.last = month
            current[seat] = Stay(mover.person, seat, month + 1, moved=True)
            company.stays.append(current[seat])
            seat = other
        current[seat] = Stay(people, seat, month + 1 + vacancy)
        people += 1
        if month + 1 + vacancy <= now:
            company.stays.append(current[seat])


def _tabulate(company: Organisation, rng: np.random.Generator) -> None:
    """Owner and productivity by seat and month, from the stays."""
    months = company.axis.month_count
    people = max(stay.person for stay in company.stays) + 1
    skill = np.exp(rng.normal(0.0, 0.12, people))
    owner = np.full((company.seats, months), -1)
    productivity = np.zeros((company.seats, months))
    for stay in company.stays:
        first = 0 if stay.first is None else stay.first
        last = months - 1 if stay.last is None else stay.last
        owner[stay.seat, first : last + 1] = stay.person
        productivity[stay.seat, first : last + 1] = skill[stay.person]
        if stay.first is not None:
            ramp = RAMP_OF_MOVER if stay.moved else RAMP_OF_JOINER
            for step, share in enumerate(ramp):
                if first + step <= last:
                    productivity[stay.seat, first + step] *= share
    for seat in range(company.seats):
        mates = np.flatnonzero(company.team_of_seat == company.team_of_seat[seat])
        mates = np.concatenate([mates[mates > seat], mates[mates < seat]])
        opened = int(np.argmax(owner[seat] >= 0))
        for month in np.flatnonzero(owner[seat] < 0).tolist():
            there = [
                int(owner[mate, month]) for mate in mates.tolist() if _holds(company, mate, month)
            ]
            owner[seat, month] = there[0] if there else owner[seat, opened]
            productivity[seat, month] = PRODUCTIVITY_OF_VACANCY if month > opened else 0.0
    company.owner, company.productivity = owner, productivity


def _holds(company: Organisation, seat: int, month: int) -> bool:
    return any(
        stay.seat == seat
        and (stay.first is None or stay.first <= month)
        and (stay.last is None or stay.last >= month)
        for stay in company.stays
    )


def user_rows(company: Organisation, rng: np.random.Generator) -> list[dict[str, object]]:
    """Rows of `users`: one per stay, managers and directors included (they hold no deals)."""
    axis, words = company.axis, company.words
    rows: list[dict[str, object]] = []

    def add(user_id: str, name: str, team: str | None, boss: str | None, **dates: object) -> None:
        row = {"user_id": user_id, "user_name": name, "team_id": team, "manager_id": boss}
        row["email"] = f"{user_id.lower()}@qiheng.example"
        rows.append({"is_active": True, "valid_to": None} | row | dates)

    founded = dt.date(axis.first.year - 4, 3, 1)
    add("G01", words.person(0), None, None, valid_from=founded)
    for region in range(company.regions):
        name = words.person(1 + region)
        add(f"D{region + 1:02d}", name, None, "G01", valid_from=founded)
    for team in range(company.teams):
        director = f"D{int(company.region_of_team[team]) + 1:02d}"
        name = words.person(1 + company.regions + team)
        add(f"M{team + 1:02d}", name, company.team_id(team), director, valid_from=founded)
    still = {stay.person for stay in company.stays if stay.last is None}
    for stay in sorted(company.stays, key=lambda s: (s.person, s.first or -1)):
        team = int(company.team_of_seat[stay.seat])
        if stay.first is None:
            begin = month_start(axis.first, -int(rng.integers(3, 48)))
        else:
            begin = month_start(axis.first, stay.first)
        end = None
        if stay.last is not None:
            end = month_start(axis.first, stay.last + 1) - dt.timedelta(days=1)
        spans = [(team, begin, end)]
        month = company.reorganised_in
        if month is not None and company.team_after[stay.seat] != team:
            change, after = month_start(axis.first, month), int(company.team_after[stay.seat])
            if begin >= change:
                spans = [(after, begin, end)]
            elif end is None or end >= change:
                spans = [(team, begin, change - dt.timedelta(days=1)), (after, change, end)]
        for where, since, until in spans:
            add(
                company.rep_id(stay.person),
                company.rep_name(stay.person),
                company.team_id(where),
                f"M{where + 1:02d}",
                valid_from=since,
                valid_to=until,
                is_active=stay.person in still,
            )
    return rows


def team_rows(company: Organisation) -> list[dict[str, object]]:
    """Rows of `teams`."""
    return [
        {
            "team_id": company.team_id(team),
            "team_name": company.team_name(team),
            "parent_team_id": None,
            "region": company.words.regions[int(company.region_of_team[team])],
        }
        for team in range(company.teams)
    ]
