"""What every condition shares: the shape of a verdict, grading, and a clean baseline.

Add here: what two condition families need. Keep out: any one family's statistic.

A condition is read from `alert_rules.yml` (a pydantic model) and prepared for a panel; the
prepared `Judge` is then asked day by day, in order. `at(t, clean)` may look at rows up to t only,
and learns its baseline from rows that `clean` marks as free of confirmed episodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipelines.alerting.series.catalogue import Direction
from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.season import PeriodEdges, period_edges

if TYPE_CHECKING:
    from pipelines.alerting.judging.voices import Voice

Levels = NDArray[np.int8]
Flags = NDArray[np.bool_]
NORMAL, WARNING, DANGER = 0, 1, 2

Positive = Annotated[float, Field(gt=0)]


@dataclass(frozen=True)
class Context:
    """What a condition may need beside the panel.

    `reference[s]` is the series of the whole company with the same dimension (itself for the
    company), -1 when there is none. `hysteresis` is the relative slack for holding a level.
    `paused` marks the days of the panel on which no level moves; None: never. `parts`: level and
    whether it is known, in the panel's shape, of the rules that a condition of rules names. `absent`: where
    a person is known to be away, `heads`: people of teams and regions; None: nothing is known of that.
    `bare`: only levels are asked for, so that limits and evidence need not be worked out.
    `voices`: what the rules say whose figures a condition pools; `metric`: the rule's own.
    """

    reference: NDArray[np.intp]
    direction: Direction
    hysteresis: float
    min_sample: int
    edges: PeriodEdges = field(default_factory=lambda: period_edges(None))
    paused: Flags | None = None
    parts: Mapping[str, tuple[Levels, Flags]] = field(default_factory=dict)
    absent: Flags | None = None
    heads: Floats | None = None
    bare: bool = False
    voices: Sequence[Voice] = ()
    metric: str = ""

    def is_paused(self, t: int) -> bool:
        return self.paused is not None and bool(self.paused[t])


@dataclass
class Row:
    """The verdict on one day for all series.

    `raw` is the level by the limits as they stand, `held` by limits relaxed by the hysteresis
    (raw <= held). `known` is False where there was not enough to judge; `early` where the period
    is too young. Limits are in the unit of `value`. Filters only: `size`, how far off the figure is, as a
    factor of the expected one; `recent` and `recent_expected`, the last weeks together (counts summed); `least`: their ratio from which on a level is told; `odds`,
    its evidence before calibration. `evidence`: of figures pooled, where a level stands.
    """

    raw: Levels
    held: Levels
    known: Flags
    value: Floats
    expected: Floats
    warning_limit: Floats
    danger_limit: Floats
    sample: Floats
    probability: Floats
    early: Flags
    size: Floats | None = None
    recent: Floats | None = None
    recent_expected: Floats | None = None
    least: Floats | None = None
    odds: Floats | None = None
    evidence: Floats | None = None


class Judge:
    """A condition prepared for one panel."""

    def at(self, t: int, clean: Flags) -> Row:
        """The verdict on day t; days come in order."""
        raise NotImplementedError

    def forget(self, which: Flags) -> None:
        """Drop what was carried from earlier days for these series: a new normal begins."""


class Condition(BaseModel):
    """Base of all conditions: how it is checked, and how much of the past it needs.

    `kind_of_limit`: in `value` limits the danger limit lies further to the bad side (lower for a
    metric that hurts below); in `evidence` limits more is always worse.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str

    def limits(self) -> tuple[float, float, Literal["value", "evidence"]] | None:
        """(warning, danger, kind), or None for a condition without a pair of limits."""
        warning, danger = getattr(self, "warning", None), getattr(self, "danger", None)
        if warning is None or danger is None:
            return None
        return float(warning), float(danger), "evidence"

    def prepare(self, panel: Panel, context: Context) -> Judge:
        """Bind the condition to a panel."""
        raise NotImplementedError

    def periods_needed(self) -> int:
        """Rows of a series, the judged one included, without which there is no verdict at all."""
        history = int(getattr(self, "min_history", 0))
        apart = max(int(getattr(self, "gap", 0)), int(getattr(self, "window", 1)))
        return history + apart

    def described(self) -> dict[str, Any]:
        """The parameters, for a message or a record."""
        return self.model_dump(exclude={"type"})


def row(
    value: Floats,
    score: Floats,
    limits: tuple[Floats | float, Floats | float],
    *,
    hysteresis: float,
    expected: Floats,
    shown: tuple[Floats, Floats],
    sample: Floats,
    probability: Floats | None = None,
    early: Flags | None = None,
) -> Row:
    """Grade `score` (more is worse) against (warning, danger); NaN scores are not known.

    A level is held while the score stays above its limit less `hysteresis` × |limit|.
    """
    known = ~np.isnan(score)
    raw, held = np.zeros(score.shape, np.int8), np.zeros(score.shape, np.int8)
    with np.errstate(invalid="ignore"):
        for limit in limits:
            edge = np.asarray(limit, dtype=float)
            raw += (known & (score > edge)).astype(np.int8)
            held += (known & (score > edge - hysteresis * np.abs(edge))).astype(np.int8)
    nothing = np.full(score.shape, np.nan)
    return Row(
        raw=raw,
        held=np.maximum(raw, held),
        known=known,
        value=value,
        expected=np.broadcast_to(expected, score.shape),
        warning_limit=np.broadcast_to(shown[0], score.shape),
        danger_limit=np.broadcast_to(shown[1], score.shape),
        sample=np.broadcast_to(sample, score.shape),
        probability=nothing if probability is None else probability,
        early=np.zeros(score.shape, bool) if early is None else early,
    )


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation (n-1) and number of clean past values, per series."""

    mean: Floats
    sd: Floats
    count: Floats


def _window(t: int, history: int, gap: int) -> slice:
    """The `history` rows up to row t − gap, inclusive."""
    last = max(0, t - gap + 1)
    return slice(max(0, last - history), last)


def past(values: Floats, clean: Flags, t: int, history: int, gap: int) -> Floats:
    """The clean values of the `history` rows up to row t − gap, inclusive; others as NaN.

    The gap keeps the beginning of a slow change out of its own yardstick.
    """
    rows = _window(t, history, gap)
    return np.where(clean[rows], values[rows], np.nan)


def past_sums(
    clean: Flags, t: int, history: int, gap: int, *arrays: Floats
) -> tuple[NDArray[np.float64], ...]:
    """Sums of each array over the clean rows of the same window; the arrays hold no NaN.

    Without a copy of the window per array: at thousands of series that is what an evaluation costs.
    """
    rows = _window(t, history, gap)
    weight = clean[rows].astype(np.float64)
    return tuple(np.einsum("ts,ts->s", weight, array[rows]) for array in arrays)


def moments(rows: Floats) -> Moments:
    """Moments of the finite values, column by column."""
    seen = np.isfinite(rows)
    count = seen.sum(axis=0).astype(float)
    filled = np.where(seen, rows, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = filled.sum(axis=0) / count
        spread = np.where(seen, rows - mean, 0.0)
        sd = np.sqrt((spread**2).sum(axis=0) / (count - 1))
    return Moments(mean, sd, count)
