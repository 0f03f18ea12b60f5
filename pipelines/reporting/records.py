"""What the report knows: plain records, one per thing that a reader sees.

Add here: a new thing on the report, with units. Keep out: SQL, wording and layout; alerts,
customers, orders and data quality keep theirs elsewhere.

Money is in the company currency, shares are 0 to 1, days are calendar days unless a name says
workdays. None always means "not known" and is shown as a dash.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = ("danger", "warning", "normal")  # worst first
# Tonight's reading of a target is bad, and no warning stands on it yet (`told_levels.py`).
WATCHED = "watched"
# Levels that are no colour: nothing to judge, or nothing left to do.
OTHER_LEVELS = (WATCHED, "met", "too_few", "too_early", "no_target", "no_data", "untrusted")
# Shape, word and colour tell the level, so that it survives a grey printer and any eye.
SHAPES = {
    "danger": "◆",
    "warning": "▲",
    WATCHED: "△",
    "normal": "●",
    "met": "✓",
    "untrusted": "?",
}


def level_rank(level: str | None) -> int:
    """Order of attention: danger 0, warning 1, watched 2, anything undecided or normal 3, met 4."""
    return {"danger": 0, "warning": 1, WATCHED: 2, "met": 4}.get(level or "", 3)


@dataclass(frozen=True)
class Completion:
    """One scope against its revenue target in one period, as of the report's day."""

    period_type: str
    period_start: dt.date
    period_end: dt.date
    scope_type: str
    scope_id: str
    scope_name: str
    target: float | None
    original_target: float | None
    actual: float | None
    attainment: float | None
    expected_share: float | None
    expected: float | None
    pace: float | None
    projected: float | None
    miss_probability: float | None
    gap: float | None
    needed_per_workday: float | None
    workdays_elapsed: int | None
    workdays_total: int | None
    level: str | None
    best_finish_per_workday: float | None = None  # best past stretch of as many last workdays
    team: str = ""  # reps: name of the team; teams: region

    @property
    def needed(self) -> float | None:
        """Amount per workday still needed; None when the target is met or no workday is left."""
        left = (self.workdays_total or 0) - (self.workdays_elapsed or 0)
        return self.needed_per_workday if left > 0 and (self.gap or 0.0) > 0 else None

    @property
    def is_beyond_best(self) -> bool:
        """True when what is needed per workday has never been reached in the past."""
        if self.needed is None or self.best_finish_per_workday is None:
            return False
        return self.needed > self.best_finish_per_workday

    @property
    def elapsed_share(self) -> float | None:
        """Workdays gone over workdays of the period."""
        if not self.workdays_total or self.workdays_elapsed is None:
            return None
        return self.workdays_elapsed / self.workdays_total

    @property
    def projected_share(self) -> float | None:
        """Projected end value over the target."""
        if not self.target or self.projected is None:
            return None
        return self.projected / self.target

    @property
    def average_per_workday(self) -> float | None:
        """Actual so far per workday gone, to set beside what is needed."""
        if not self.workdays_elapsed or self.actual is None:
            return None
        return self.actual / self.workdays_elapsed


@dataclass(frozen=True)
class PacePoint:
    """Cumulative actual and expected amount of the quarter at the end of one day."""

    day: dt.date
    actual: float | None
    expected: float | None


@dataclass(frozen=True)
class FunnelStage:
    """One open stage in the funnel's period; conversion is exit based (forward over all exits)."""

    stage: str
    stage_order: int
    entered: int
    advanced: int
    lost: int
    still_open: int
    conversion: float | None
    previous: float | None  # same figure in the period before
    baseline: float | None
    sample_size: int | None  # exits
    median_days: float | None
    p80_days: float | None
    open_count: int = 0
    open_amount: float | None = None
    stalled_count: int = 0
    stalled_amount: float | None = None
    level: str | None = None  # of an open warning about this stage's conversion

    @property
    def gap(self) -> float | None:
        """Conversion minus baseline, or minus the period before when there is no baseline."""
        reference = self.baseline if self.baseline is not None else self.previous
        if self.conversion is None or reference is None:
            return None
        return self.conversion - reference

    @property
    def is_notable(self) -> bool:
        """True when so low a share of so many exits is no chance (normal approximation, 5 %)."""
        if self.gap is None or self.conversion is None or not self.sample_size:
            return False
        expected = self.conversion - self.gap
        spread = math.sqrt(max(expected * (1 - expected), 0.0) / self.sample_size)
        return self.gap < -1.64 * spread


@dataclass(frozen=True)
class Funnel:
    """The company's funnel of one quarter.

    `lowest` is the stage furthest below its baseline (or the quarter before); `weakest` is the
    same one if the gap is more than chance would give.
    """

    period_start: dt.date | None = None
    period_end: dt.date | None = None
    is_current: bool = True
    stages: tuple[FunnelStage, ...] = ()
    lowest: FunnelStage | None = None

    @property
    def weakest(self) -> FunnelStage | None:
        return self.lowest if self.lowest is not None and self.lowest.is_notable else None


@dataclass(frozen=True)
class Metric:
    """One company metric: the latest complete month, the month to date, and the months before."""

    metric: str
    period_start: dt.date
    value: float | None
    sample_size: int | None
    baseline: float | None
    previous: float | None
    year_ago: float | None
    to_date: float | None
    history: tuple[float | None, ...] = ()  # complete months, oldest first


@dataclass(frozen=True)
class PipelineStage:
    """Open pipeline in one stage at the end of the report's day."""

    stage: str
    open_count: int
    open_amount: float | None
    weighted_amount: float | None


@dataclass(frozen=True)
class Bridge:
    """How the open pipeline moved in one week; `steps` are signed and end at `closing`.

    `pushed_out` and `pulled_in` are amounts whose expected close moved: not part of the sum.
    """

    week_start: dt.date
    opening: float
    steps: tuple[tuple[str, float], ...]
    closing: float
    pushed_out: float | None = None
    pulled_in: float | None = None

    @property
    def week_end(self) -> dt.date:
        """Last day of the week."""
        return self.week_start + dt.timedelta(days=6)


@dataclass(frozen=True)
class Pipeline:
    """The company's open pipeline; `history` is the open amount by week, oldest first."""

    day: dt.date | None = None
    stages: tuple[PipelineStage, ...] = ()
    coverage: float | None = None
    required_coverage: float | None = None
    history: tuple[float | None, ...] = ()
    bridge: Bridge | None = None

    @property
    def open_amount(self) -> float | None:
        """Open amount of all stages; None when no stage has one."""
        return _total(stage.open_amount for stage in self.stages)

    @property
    def weighted_amount(self) -> float | None:
        """Weighted amount of all stages; None when no stage has one."""
        return _total(stage.weighted_amount for stage in self.stages)


def _total(amounts: Iterable[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else None
