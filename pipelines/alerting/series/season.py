"""Seasons: the usual height of a position in the year or quarter, learned from the past only.

Add here: another way to number positions. Keep out: limits on what remains after the season.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats

Season = Literal["none", "week_of_quarter", "month"]

# Weight of "no season" in years or quarters: with few repetitions the index stays near 1.
PRIOR_REPEATS = 3.0


@dataclass(frozen=True)
class PeriodEdges:
    """Where weeks, fiscal months, quarters and years begin: first days in order, without a gap.

    `week_start`: number of the weekday, day number modulo 7 (1970-01-01, a Thursday, is day 0).
    """

    quarters: NDArray[np.datetime64]
    months: NDArray[np.datetime64]
    years: NDArray[np.datetime64]
    week_start: int = 4

    def after(
        self, grain: str, day: np.datetime64, count: int
    ) -> tuple[dt.date | None, dt.date | None]:
        """First and last day of the `count`-th period after the one that holds the day.

        None for both where the calendar does not reach that far.
        """
        if grain in ("day", "week"):
            length = 7 if grain == "week" else 1
            into = (int(day.astype(int)) - self.week_start) % 7 if grain == "week" else 0
            first = day - into + length * count
            return first.astype(object), (first + length - 1).astype(object)
        starts = {"month": self.months, "quarter": self.quarters, "year": self.years}[grain]
        at = int(np.searchsorted(starts, day, side="right")) - 1 + count
        if not 0 <= at < len(starts) - 1:
            return None, None
        return starts[at].astype(object), (starts[at + 1] - 1).astype(object)

    def quarter_start(self, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """First day of the quarter of each day."""
        return self.quarters[self._at(days)]

    def quarter_end(self, days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """The day after the quarter of each day."""
        return self.quarters[np.minimum(self._at(days) + 1, len(self.quarters) - 1)]

    def ends_week(self, days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """Which days are the last of their week."""
        found: NDArray[np.bool_] = (days.astype(int) + 1 - self.week_start) % 7 == 0
        return found

    def _at(self, days: NDArray[np.datetime64]) -> NDArray[np.intp]:
        return np.searchsorted(self.quarters, days, side="right") - 1


def period_edges(calendar: pd.DataFrame | None) -> PeriodEdges:
    """Of a calendar with week_start and the starts and ends of fiscal periods; without these columns,
    periods of the calendar year and weeks from Monday.
    """
    if calendar is None or "fiscal_quarter_start" not in calendar:
        months = np.arange("1970-01", "2101-01", dtype="datetime64[M]").astype("datetime64[D]")
        return PeriodEdges(months[::3], months, months[::12])

    def days(name: str) -> NDArray[np.datetime64]:
        return calendar[name].to_numpy().astype("datetime64[D]")

    def starts(kind: str) -> NDArray[np.datetime64]:
        first = np.unique(days(f"fiscal_{kind}_start"))
        return np.append(first, days(f"fiscal_{kind}_end").max() + 1)

    first_weekday = int(days("week_start")[0].astype(int) % 7)
    return PeriodEdges(starts("quarter"), starts("month"), starts("year"), first_weekday)


def phases(days: NDArray[np.datetime64], season: Season, edges: PeriodEdges) -> NDArray[np.intp]:
    """The position of each day's period in its season, from 0."""
    if season == "none":
        return np.zeros(len(days), dtype=np.intp)
    if season == "month":
        return (days.astype("datetime64[M]").astype(int) % 12).astype(np.intp)
    return ((days - edges.quarter_start(days)).astype(int) // 7).astype(np.intp)


def indices(reference: Floats, phase: NDArray[np.intp]) -> Floats:
    """Multiplicative index of every row for every reference series, shape as `reference`.

    Row t uses rows before t only: the mean of past values at the same position over the mean of
    all past values, shrunk towards 1 by `PRIOR_REPEATS` repetitions.
    """
    positions = int(phase.max()) + 1 if len(phase) else 1
    series = reference.shape[1]
    sums, counts = np.zeros((positions, series)), np.zeros((positions, series))
    total, seen = np.zeros(series), np.zeros(series)
    result = np.ones(reference.shape)
    for t in range(len(reference)):
        p = phase[t]
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / seen
            index = (sums[p] + PRIOR_REPEATS * mean) / ((counts[p] + PRIOR_REPEATS) * mean)
        result[t] = np.where(np.isfinite(index) & (index > 0), index, 1.0)
        here = np.isfinite(reference[t])
        value = np.where(here, reference[t], 0.0)
        sums[p] += value
        counts[p] += here
        total += value
        seen += here
    return result
