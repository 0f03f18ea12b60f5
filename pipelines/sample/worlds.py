"""Worlds: companies unlike the shipped one, in which warnings can be tried.

Add here: another way in which a company differs as a whole, with its calm twin (`risks=False`).
Keep out: how a part of a company behaves (the modules of the parts read the world from the time axis).

Every world is the same simulation with some numbers changed, and the standard world is the shipped
sample company to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

USUAL_GROWTH = 0.07
WORKDAYS_A_YEAR = 250
# Growth worlds are as large as the standard one a year and a half after the first simulated day.
EQUAL_AFTER = 1.5

Planted = Literal["usual", "whole", "lines"]


@dataclass(frozen=True)
class World:
    """`growth` of new business a year; `wave`: half the swing of a year between its best and worst
    season; `february`: what is left of business in the weeks round the Spring Festival; `months` of
    history; `team_size`; `leaving`: share of the seats that lose their person in a month; `absences`:
    spells of illness or leave of a seat a year (3 to 15 workdays without any contact); `reorganised`:
    a third of one team of each region moves to another with all customers; `misjudged`: January's view
    of the second half of two regions against the revised one; `planted`: which risks.
    """

    name: str
    growth: float = USUAL_GROWTH
    wave: float = 0.0
    february: float = 1.0
    months: int = 30
    team_size: int = 8
    leaving: float = 0.011
    absences: float = 0.0
    reorganised: bool = False
    misjudged: tuple[float, float] = (1.1, 0.92)
    planted: Planted = "usual"

    @property
    def young(self) -> bool:
        """Too short a history for anything to have happened but what happens now."""
        return self.months < 12

    def business(self, days: np.ndarray) -> np.ndarray:
        """Relative rate of new business by growth on those workdays (counted from the first)."""
        grown = (1 + self.growth) ** (days / WORKDAYS_A_YEAR)
        if self.growth == USUAL_GROWTH:
            return grown
        return grown * ((1 + USUAL_GROWTH) / (1 + self.growth)) ** EQUAL_AFTER

    def season(self, days: np.ndarray, near_festival: np.ndarray) -> np.ndarray:
        """Relative rate of all business on those dates (datetime64), at most 1."""
        turn = (days - days.astype("datetime64[Y]")).astype(float) / 365.25
        # Best in November, worst in May.
        wave = 1 + self.wave * np.cos(2 * np.pi * (turn - 0.87))
        return wave / (1 + self.wave) * np.where(near_festival, self.february, 1.0)


STANDARD = World("standard")
WORLDS = {
    world.name: world
    for world in (
        STANDARD,
        World("flat", growth=0.0),
        World("growth40", growth=0.4),
        World("growth80", growth=0.8),
        World("season", wave=0.15, february=0.6),
        World("shocks", planted="whole"),
        World("lines", planted="lines"),
        World("people", leaving=0.03, absences=2.0),
        World("threes", team_size=3),
        World("reorganised", reorganised=True),
        World("revised", misjudged=(1.3, 0.75)),
        World("young", months=4),
    )
}


def world_of(name: str) -> World:
    """The world of that name. Raises ValueError, naming the worlds there are."""
    if name not in WORLDS:
        raise ValueError(f"world is one of {', '.join(WORLDS)}, not {name!r}")
    return WORLDS[name]
