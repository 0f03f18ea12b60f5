"""The last weeks together: what they had, and what they should have had.

Add here: another sum over the newest weeks of a filter. Keep out: levels and probabilities
(`conditions/filters.py`).

One week of a small fall says nothing by itself. Whether a figure is off by enough to be told, and when
it is back, is decided on the last `WEEKS` whole weeks (and the days of the week that runs), and the
same two sums stand in the sentence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats

WEEKS = 3


class Recent:
    """Sums per series; weeks that nobody could judge are skipped."""

    def __init__(self, series: int) -> None:
        # Had, should have had, and how much the week weighs; `_at`: where each series' oldest week stands.
        self._kept = np.zeros((WEEKS, 3, series))
        self._at = np.zeros(series, np.intp)
        self._all = np.arange(series)

    def before(self, *, running: bool) -> Floats:
        """(had, should have had, weight) × series of the weeks that count beside the one that is judged."""
        total: Floats = self._kept.sum(axis=0)
        return total if running else total - self._kept[self._at, :, self._all].T

    def add(self, week: Floats, which: NDArray[np.bool_]) -> None:
        """Keep a whole week of series `which`: (had, should have had, weight) × series."""
        some = np.flatnonzero(which)
        self._kept[self._at[some], :, some] = week[:, some].T
        self._at[some] = (self._at[some] + 1) % WEEKS

    def forget(self, which: NDArray[np.bool_]) -> None:
        self._kept[:, :, which] = 0.0
