"""What the company usually has in a week of the year: trend, working days, holidays, quarter, season.

Add here: another feature of the calendar with its prior. Keep out: the level of a single scope.

Penalised quasi-Poisson regression on the weekly sums of the company, refitted every week on what
was known then. Every feature has a prior (mean and spread on the log scale), so that a first year
leans on what is usual in sales and a second one on its own past. Old weeks fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats
from pipelines.alerting.series.season import PeriodEdges, period_edges

FADE_WEEKS = 78.0
# Noise of a whole company's week beyond chance: 10 % of the mean.
NOISE = 0.01
LONG_BREAK = 5
GAP = 3
SETTLED = 13
NEW_YEAR = ("01-15", "03-05")


@dataclass(frozen=True)
class Features:
    """`design` (weeks, features); column 0 is the level, without a prior. `festive`: weeks near a long
    break, whose low figures belong to the year even when they looked like a fall at first; `spring`: those
    near a Spring Festival.
    """

    design: Floats
    mean: Floats
    sd: Floats
    festive: NDArray[np.bool_]
    spring: NDArray[np.bool_]


def features(
    starts: NDArray[np.datetime64],
    ends: NDArray[np.datetime64],
    workdays: pd.Series | None,
    edges: PeriodEdges | None = None,
) -> Features:
    """Calendar features of periods. `workdays`: 0 or 1 by day; None: no holidays are known."""
    middle = starts + (ends - starts) // 2
    years = (middle - np.datetime64("2020-01-01")).astype(int) / 365.25
    columns = [np.ones(len(starts)), years - years.mean()]
    mean, sd = [0.0, 0.0], [1e3, 0.5]
    grid = _grid(starts, ends, workdays)
    first, last = _quarter_ends(grid, edges or period_edges(None))
    columns += [first, last]
    mean += [0.0, 0.0]
    sd += [0.25, 0.25]
    festive, spring = np.zeros(len(starts), bool), np.zeros(len(starts), bool)
    for near, usual, spread, of_spring in _breaks(grid, workdays):
        columns.append(near)
        festive |= near > 0
        spring |= (near > 0) & of_spring
        mean.append(usual)
        sd.append(spread)
    turn = 2 * np.pi * years
    columns += [np.sin(turn), np.cos(turn), np.sin(2 * turn), np.cos(2 * turn)]
    mean += [0.0] * 4
    sd += [0.12, 0.12, 0.06, 0.06]
    return Features(np.column_stack(columns), np.array(mean), np.array(sd), festive, spring)


@dataclass(frozen=True)
class _Days:
    """Every day of the periods in one row, with its weight; sums over a period are differences."""

    first: np.datetime64
    weight: Floats
    at: NDArray[np.intp]
    until: NDArray[np.intp]

    @property
    def days(self) -> NDArray[np.datetime64]:
        return self.first + np.arange(len(self.weight))

    def share(self, inside: NDArray[np.bool_]) -> Floats:
        """Share of each period's (working) days that lie inside; 0 without any working day."""
        part = np.r_[0.0, np.cumsum(self.weight * inside)]
        whole = np.r_[0.0, np.cumsum(self.weight)]
        total = whole[self.until] - whole[self.at]
        with np.errstate(divide="ignore", invalid="ignore"):
            found = (part[self.until] - part[self.at]) / total
        return np.where(total > 0, found, 0.0)


def _grid(
    starts: NDArray[np.datetime64], ends: NDArray[np.datetime64], workdays: pd.Series | None
) -> _Days:
    first = starts.min()
    days = first + np.arange((ends.max() - first).astype(int) + 1)
    if workdays is None:
        weight = ((days.astype(int) + 3) % 7 < 5).astype(float)
    else:
        weight = workdays.reindex(pd.DatetimeIndex(days)).fillna(0.0).to_numpy()
    return _Days(first, weight, (starts - first).astype(int), (ends - first).astype(int) + 1)


def _quarter_ends(grid: _Days, edges: PeriodEdges) -> tuple[Floats, Floats]:
    """Share of a period's (working) days in the first and in the last 14 days of a quarter."""
    days = grid.days
    first = (days - edges.quarter_start(days)).astype(int) < 14
    last = (edges.quarter_end(days) - days).astype(int) <= 14
    return grid.share(first), grid.share(last)


def long_breaks(workdays: pd.Series) -> list[tuple[np.datetime64, np.datetime64]]:
    """First and last day of every run of at least five days without work."""
    flags = workdays.to_numpy() > 0
    days = workdays.index.to_numpy().astype("datetime64[D]")
    edges = np.flatnonzero(np.diff(np.r_[True, flags, True].astype(int)))
    return [
        (days[a], days[b - 1])
        for a, b in zip(edges[::2], edges[1::2], strict=True)
        if b - a >= LONG_BREAK
    ]


def _breaks(grid: _Days, workdays: pd.Series | None) -> list[tuple[Floats, float, float, bool]]:
    """(share of the days, prior mean, prior spread, of the Spring Festival) round long breaks."""
    if workdays is None:
        return []
    festival: list[tuple[np.datetime64, np.datetime64]] = []
    other: list[tuple[np.datetime64, np.datetime64]] = []
    for first, last in long_breaks(workdays):
        within = NEW_YEAR[0] <= str(first)[5:] <= NEW_YEAR[1] and (last - first).astype(int) >= 5
        (festival if within else other).append((first, last))
    spans = [
        (festival, -14, -7, 0.0, 0.15),
        (festival, -7, 0, float(np.log(0.75)), 0.3),
        (festival, 1, 8, float(np.log(0.75)), 0.3),
        (festival, 8, 15, 0.0, 0.15),
        (festival, 15, 22, 0.0, 0.1),
        (other, -7, 0, 0.0, 0.15),
        (other, 1, 8, 0.0, 0.15),
    ]
    found = []
    days = grid.days
    for which, low, high, usual, spread in spans:
        inside = np.zeros(len(days), bool)
        for first, last in which:
            away = (days - (first if low < 0 else last)).astype(int)
            inside |= (away >= low) & (away < high)
        share = grid.share(inside)
        if share.any():
            found.append((share, usual, spread, which is festival))
    return found


class Curve:
    """The company's expected count of every week, as it was known in week t."""

    def __init__(self, shape: Features, value: Floats, exposure: Floats) -> None:
        self.shape, self.value = shape, value
        self.exposure = np.asarray(exposure, dtype=float)
        self.beta = shape.mean.copy()
        self._begun = False
        self._curvature: Floats | None = None

    def doubt(self, t: int) -> float:
        """Variance of the logarithm of week t's expected count, for want of a past like it."""
        if self._curvature is None:
            return 0.25
        row = self.shape.design[t]
        return float(row @ np.linalg.solve(self._curvature, row))

    def novel(self, t: int, usable: NDArray[np.bool_]) -> bool:
        """Whether week t lies near a Spring Festival and none was seen before: what one does to this
        company nobody can know yet.
        """
        if not self.shape.spring[t] or not usable.any():
            return False
        weeks = np.arange(len(self.value))
        seen = self.shape.spring & (weeks >= np.argmax(usable)) & (weeks <= t - SETTLED)
        return not seen.any()

    def at(self, t: int, usable: NDArray[np.bool_]) -> Floats:
        """Expected count of every week by a fit on the `usable` weeks up to t − GAP."""
        weeks = np.arange(len(self.value))
        # What lies before the first usable week is the beginning of the data, no holiday.
        began = np.argmax(usable) if usable.any() else t
        late = self.shape.festive & (weeks <= t - SETTLED) & (weeks >= began)
        learned = usable | late
        known = learned & (weeks <= t - GAP) & np.isfinite(self.value) & (self.exposure > 0.05)
        offset = np.log(np.maximum(self.exposure, 1e-9))
        if known.any():
            x, y, o = self.shape.design[known], self.value[known], offset[known]
            weight = 0.5 ** ((t - weeks[known]) / FADE_WEEKS)
            if not self._begun:
                self.beta[0] = np.log(max(np.average(y, weights=weight), 0.1))
                self._begun = True
            self._fit(x, y, o, weight)
        eta = self.shape.design @ self.beta + offset
        return np.where(self.exposure > 0.05, np.exp(np.clip(eta, -30, 30)), 0.0)

    def _fit(self, x: Floats, y: Floats, o: Floats, weight: Floats) -> None:
        precision = 1 / self.shape.sd**2
        for _ in range(4):
            mu = np.exp(np.clip(x @ self.beta + o, -30, 30))
            scale = weight / (1 + NOISE * mu)
            gradient = x.T @ (scale * (y - mu)) - precision * (self.beta - self.shape.mean)
            curvature = (x * (scale * mu)[:, None]).T @ x + np.diag(precision)
            self._curvature = curvature
            move = np.linalg.solve(curvature, gradient)
            self.beta = self.beta + np.clip(move, -1.0, 1.0)
            if np.abs(move).max() < 1e-4:
                break
