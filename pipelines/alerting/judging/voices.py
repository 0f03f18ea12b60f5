"""What the figures of a scope say, rule by rule, brought to one grid of days and scopes.

Add here: another thing that a figure says to be pooled. Keep out: how voices become a verdict
(`conditions/pooled.py`), and levels of rules on one grid (`rules/compound.py`).

A voice keeps the little of a rule's history that pooling needs: at thousands of scopes a history is tens
of megabytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.series.beside import cells_beside, places_of, scopes_of
from pipelines.alerting.series.panel import Floats, Panel

if TYPE_CHECKING:
    from pipelines.alerting.judging.running import History
    from pipelines.alerting.rules.rule import Rule

FIELDS = ("odds", "expected", "recent", "recent_expected")


@dataclass(frozen=True)
class Voice:
    """Arrays (days, series) of one rule; `fields` by the names in `FIELDS`, NaN where nothing was known."""

    rule: Rule
    keys: pd.DataFrame
    dates: NDArray[np.datetime64]
    fields: dict[str, NDArray[np.float32]]
    stands: NDArray[np.bool_]


@dataclass(frozen=True)
class Spoken:
    """Arrays (figures, days, series) on a panel's grid: `evidence` (log-odds of being off over those at rest),
    `worse` (over the last weeks visibly on the bad side of usual), `usual`, `recent`, `recent_usual`. `stands` (days,
    series): a figure has a level of its own. `figures`: rule and dimension.
    """

    figures: Sequence[tuple[Rule, str]]
    evidence: Floats
    worse: NDArray[np.bool_]
    usual: Floats
    recent: Floats
    recent_usual: Floats
    stands: NDArray[np.bool_]

    def usual_of(self, metric: str, t: int) -> Floats:
        """What was usual of that metric's total on day t; NaN where no figure is of it."""
        for n, (rule, dimension) in enumerate(self.figures):
            if rule.metric == metric and not dimension:
                return self.usual[n, t]
        return np.full(self.stands.shape[1], np.nan)


def voice_of(history: History) -> Voice:
    """What is kept of the history of a filter."""
    judged = np.isfinite(history.fields["odds"])
    kept = {
        name: np.where(judged, history.fields[name], np.nan).astype(np.float32) for name in FIELDS
    }
    panel = history.panel
    return Voice(history.rule, panel.keys, panel.dates, kept, history.level > 0)


def spoken_on(panel: Panel, voices: Sequence[Voice]) -> Spoken:
    """The voices in the panel's shape: newest evaluation up to each day, at most a week old."""
    figures: list[tuple[Rule, str]] = []
    found: dict[str, list[Floats]] = {name: [] for name in FIELDS}
    worse: list[NDArray[np.bool_]] = []
    stands = np.zeros(panel.shape, bool)
    scopes = scopes_of(panel.keys)
    for voice in voices:
        for dimension, there, grid in cells_beside(
            panel.dates, scopes, voice.dates, places_of(voice.keys)
        ):
            values = {
                name: np.where(there, voice.fields[name][grid], np.nan).astype(np.float64)
                for name in FIELDS
            }
            for name in FIELDS:
                found[name].append(values[name])
            off = values["recent"] - values["recent_expected"]
            # What reads as usual once it is rounded speaks for nothing.
            shows = np.maximum(
                0.03 * values["recent_expected"], 0.75 * voice.rule.described.additive
            )
            with np.errstate(invalid="ignore"):
                worse.append(off <= -shows if voice.rule.side == "below" else off >= shows)
            stands |= there & voice.stands[grid]
            figures.append((voice.rule, dimension))
    if not figures:
        empty = np.zeros((0, *panel.shape))
        return Spoken((), empty, empty.astype(bool), empty, empty, empty, stands)
    grids = {name: np.stack(arrays) for name, arrays in found.items()}
    return Spoken(
        figures,
        grids["odds"],
        np.stack(worse),
        grids["expected"],
        grids["recent"],
        grids["recent_expected"],
        stands,
    )
