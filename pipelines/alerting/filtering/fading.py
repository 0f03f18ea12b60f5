"""Sums over the past that counts, old weeks weighing less, kept from week to week.

Add here: another sum over the past of a panel. Keep out: what the sums are of (`conditions/`).

Summing the whole past anew every week costs the square of its length. Here a week that is new is added,
everything fades, and only series whose past itself was rewritten (an episode opened, a new normal) are
summed again from the start.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats

Flags = NDArray[np.bool_]
# What is summed (None: ones), and the half-life in rows (None: nothing fades).
Part = tuple[Floats | None, float | None]


class Fading:
    """`counts`, the panel's shape: cells that are of use at all. Rows of a part may be filled until they
    are first summed.
    """

    def __init__(self, counts: Flags, parts: Sequence[Part]) -> None:
        self._counts = counts
        self._parts = [array for array, _ in parts]
        self._keep = np.array([0.5 ** (1 / h) if h else 1.0 for _, h in parts])[:, None]
        self._sums = np.zeros((len(parts), counts.shape[1]))
        self._clean = np.zeros(counts.shape, bool)
        self._rows, self._t = 0, 0
        # 1 where a cell is in the sums, else 0; rows as far as `at` was asked for.
        self.used = np.zeros(counts.shape)

    def at(self, t: int, until: int, clean: Flags) -> Floats:
        """(parts, series): sums over the rows before `until` that are clean, as they weigh in row t.

        `t` and `until` never fall from call to call.
        """
        self._sums *= self._keep ** (t - self._t)
        known, self._t, self._rows = self._rows, t, until
        again = np.flatnonzero((clean[:known] != self._clean[:known]).any(axis=0))
        for row in range(known, until):
            self._clean[row] = clean[row]
            self.used[row] = use = clean[row] & self._counts[row]
            weight = self._keep[:, 0] ** (t - row)
            for n, array in enumerate(self._parts):
                self._sums[n] += np.where(
                    use, weight[n] * (1.0 if array is None else array[row]), 0.0
                )
        if len(again):
            self._clean[:until, again] = rewritten = clean[:until, again]
            use = (rewritten & self._counts[:until, again]).astype(float)
            self.used[:until, again] = use
            age = t - np.arange(until)
            for n, array in enumerate(self._parts):
                weighed = use if array is None else use * array[:until, again]
                self._sums[n, again] = self._keep[n, 0] ** age @ weighed
        return self._sums.copy()
