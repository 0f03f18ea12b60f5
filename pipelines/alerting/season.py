"""Seasons: the usual height of a position in the year or quarter, learned from the past only.

Add here: another way to number positions. Keep out: limits on what remains after the season.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.panel import Floats

Season = Literal["none", "week_of_quarter", "month"]

# Weight of "no season" in years or quarters: with few repetitions the index stays near 1.
PRIOR_REPEATS = 3.0


def phases(
    days: NDArray[np.datetime64], season: Season, fiscal_year_start: int = 1
) -> NDArray[np.intp]:
    """The position of each day's period in its season, from 0."""
    if season == "none":
        return np.zeros(len(days), dtype=np.intp)
    months = days.astype("datetime64[M]").astype(int)
    if season == "month":
        return (months % 12).astype(np.intp)
    into_quarter = (months - (fiscal_year_start - 1)) % 3
    quarter_start = (months - into_quarter).astype("datetime64[M]").astype("datetime64[D]")
    return ((days - quarter_start).astype(int) // 7).astype(np.intp)


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
