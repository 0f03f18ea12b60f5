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

from pipelines.alerting.panel import Floats

WEEKS = 3


class Recent:
    """Sums per series; weeks that nobody could judge are skipped."""

    def __init__(self, series: int) -> None:
        # Last whole week last. Had, should have had, and how much the week weighs.
        self._kept = np.zeros((3, WEEKS, series))

    def with_week(
        self,
        value: Floats,
        expected: Floats,
        weight: Floats,
        which: NDArray[np.intp],
        *,
        running: bool,
    ) -> tuple[Floats, Floats, Floats]:
        """(had, should have had, weight) of series `which` if their week has these figures."""
        before = self._kept[:, 0 if running else 1 :, which].sum(axis=1)
        had = before[0] + np.nan_to_num(value) * weight
        return had, before[1] + expected * weight, before[2] + weight

    def add(self, value: Floats, expected: Floats, weight: Floats, which: NDArray[np.intp]) -> None:
        """Keep a whole week of these series."""
        self._kept[:, :-1, which] = self._kept[:, 1:, which]
        newest = np.stack([np.nan_to_num(value) * weight, expected * weight, weight])
        self._kept[:, -1, which] = newest

    def forget(self, which: NDArray[np.bool_]) -> None:
        self._kept[:, :, which] = 0.0
