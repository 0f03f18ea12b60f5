"""The rows of one metric as a panel: evaluation days down, series (scope × dimension) across.

Add here: a way to arrange or pool metric rows before they are judged.
Keep out: baselines and limits (`conditions/`), and reading any file.

A value on day D stands for the period that ends on D, so a row never knows what comes after it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SERIES = ["scope_type", "scope_id", "dimension"]


@dataclass(frozen=True)
class Panel:
    """`fields[name]` has the shape (days, series); what was not observed is NaN.

    `steps[t]` is False for a day that only refreshes figures and moves no level (a night between
    two weekly evaluations). `exposure[t]` is the share of the usual workdays in the period.
    `unfinished`: the last row is a week that still runs; its figures are those up to its date. `workdays`: 0 or 1 by day, None where no calendar was given.
    """

    dates: NDArray[np.datetime64]
    starts: NDArray[np.datetime64]
    keys: pd.DataFrame
    fields: dict[str, Floats]
    steps: NDArray[np.bool_]
    exposure: Floats
    workdays: pd.Series | None = None
    unfinished: bool = False

    @property
    def running(self) -> NDArray[np.bool_]:
        flags = np.zeros(len(self.dates), bool)
        flags[-1:] = self.unfinished
        return flags

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.dates), len(self.keys)

    @property
    def nbytes(self) -> int:
        """Bytes of its figures."""
        return sum(grid.nbytes for grid in self.fields.values())

    def field(self, name: str) -> Floats:
        """The field, or all NaN when the frame had no such column."""
        found = self.fields.get(name)
        return np.full(self.shape, np.nan) if found is None else found

    def cell(self, name: str, row: int, series: int) -> float:
        """One figure, NaN when the frame had no such column."""
        found = self.fields.get(name)
        return math.nan if found is None else float(found[row, series])

    def pooled(self, window: int) -> Panel:
        """Numerators, denominators and samples summed over the last `window` periods.

        value = numerator / denominator where a denominator exists, else the summed value.
        """
        if window == 1:
            return self
        sums = {
            name: rolling_sum(self.field(name), window)
            for name in ("numerator", "denominator", "sample_size")
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = sums["numerator"] / sums["denominator"]
        plain = rolling_sum(self.field("value"), window)
        has_parts = np.isfinite(self.field("denominator")).any()
        value = np.where(sums["denominator"] > 0, ratio, np.nan) if has_parts else plain
        exposure = rolling_sum(self.exposure[:, None], window)[:, 0]
        return replace(self, fields={**self.fields, **sums, "value": value}, exposure=exposure)


def rolling_sum(values: Floats, window: int) -> Floats:
    """Sum of the last `window` rows, gaps as zero; NaN where all of them are gaps."""
    seen = np.isfinite(values)
    total = np.cumsum(np.where(seen, values, 0.0), axis=0)
    count = np.cumsum(seen, axis=0)
    if len(values) > window:
        total = np.concatenate([total[:window], total[window:] - total[:-window]])
        count = np.concatenate([count[:window], count[window:] - count[:-window]])
    return np.where(count > 0, total, np.nan)


def as_days(column: pd.Series) -> NDArray[np.datetime64]:
    """Dates of any kind as datetime64[D]."""
    return pd.to_datetime(column).to_numpy().astype("datetime64[D]")


def _numbered(values: np.ndarray) -> tuple[NDArray[np.intp], np.ndarray]:
    """(number of each value in the order of the values, the values in that order)."""
    codes, found = pd.factorize(values)
    order = np.argsort(found)
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    return rank[codes], found[order]


def _in_order(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """The same for a column of names, quick where it is a category already; what is null comes last."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype("category")
    found = np.array([*column.cat.categories, None], dtype=object)
    names = np.array([*map(str, found[:-1]), "\U0010ffff"])
    order = np.argsort(names, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[column.cat.codes.to_numpy()], found[order]


def _series(rows: pd.DataFrame) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """(number of each row's series, the series by number: columns `SERIES`)."""
    columns = [_in_order(rows[name]) for name in SERIES]
    whole = np.zeros(len(rows), np.int64)
    for code, found in columns:
        whole = whole * len(found) + code
    number, left = _numbered(whole)
    keys = {}
    for name, (_, found) in reversed(list(zip(SERIES, columns, strict=True))):
        left, code = np.divmod(left, len(found))
        keys[name] = found[code]
    # Plain objects: they are looked up one by one, which arrow's strings make dear.
    return number, pd.DataFrame({name: pd.Series(keys[name], dtype=object) for name in SERIES})


def _arranged(
    rows: pd.DataFrame, days: NDArray[np.datetime64], names: Sequence[str]
) -> tuple[NDArray[np.datetime64], pd.DataFrame, dict[str, Floats], NDArray[np.intp]]:
    at, found = _numbered(days.astype(np.int64))
    dates = found.astype("datetime64[D]")
    series, keys = _series(rows)
    fields = {}
    for name in names:
        grid = np.full((len(dates), len(keys)), np.nan)
        grid[at, series] = pd.to_numeric(rows[name]).astype("float64").to_numpy()
        fields[name] = grid
    return dates, keys, fields, at


def metric_panel(
    rows: pd.DataFrame,
    *,
    as_of: dt.date,
    workdays: pd.Series | None = None,
    with_running: bool = False,
) -> Panel | None:
    """Rows of one metric and grain (columns of `fct_metrics`); None when nothing has ended yet.

    Only periods that have ended by `as_of` count. A missing row is a gap, not a zero: the mart
    publishes zeros for as long as a scope exists, and a person who left has no more rows.
    `workdays` (number of workdays, indexed by datetime64 day as 0 or 1) gives the exposure.
    `with_running`: the period that runs on `as_of` becomes the last row, dated `as_of`, if the rows
    were made on that very day (column as_of): later ones would know what came after it.
    """
    today = np.datetime64(as_of, "D")
    ends = as_days(rows["period_end"])
    wanted = ends <= today
    if with_running and "as_of" in rows:
        runs = (ends > today) & (as_days(rows["period_start"]) <= today)
        runs &= as_days(rows["as_of"]) == today
        ends = np.where(runs, today, ends)
        wanted |= runs
        unfinished = bool(runs.any())
    else:
        unfinished = False
    names = [n for n in ("value", "numerator", "denominator", "sample_size") if n in rows]
    kept = [n for n in (*SERIES, "period_start", *names) if n in rows]
    rows = rows[kept]
    if not wanted.all():
        rows, ends = rows[wanted], ends[wanted]
    if not len(rows):
        return None
    if "dimension" not in rows or rows["dimension"].hasnans:
        rows = rows.assign(dimension=rows["dimension"].fillna("") if "dimension" in rows else "")
    dates, keys, fields, at = _arranged(rows, ends, names)
    starts = np.empty(len(dates), dtype="datetime64[D]")
    starts[at] = as_days(rows["period_start"])
    exposure = np.ones(len(dates))
    if workdays is not None:
        total = workdays.cumsum()
        # The day on which the night runs is not over: a running week is held against the days before.
        last = np.r_[dates[:-1], dates[-1:] - 1] if unfinished else dates
        until = total.reindex(last, method="ffill").fillna(0).to_numpy()
        before = total.reindex(starts - 1, method="ffill").fillna(0).to_numpy()
        length = (dates - starts).astype(int) + 1
        exposure = (until - before) / np.maximum(length * 5 / 7, 1)
    every = np.ones(len(dates), dtype=bool)
    return Panel(dates, starts, keys, fields, every, exposure, workdays, unfinished)


COMPLETION_FIELDS = (
    "target_amount",
    "actual_amount",
    "attainment",
    "expected_share",
    "expected_amount",
    "pace",
    "projected_amount",
    "miss_probability",
    "projection_sd",
    "gap_amount",
    "needed_per_workday",
    "workdays_elapsed",
    "workdays_total",
    "past_deals",
    "curve_periods",
    "best_finish_per_workday",
)


class WeekEnds(Protocol):
    """Says which days end a week of the company (`season.PeriodEdges`)."""

    def ends_week(self, days: NDArray[np.datetime64]) -> NDArray[np.bool_]:
        """One flag a day."""
        ...


def completion_panel(rows: pd.DataFrame, *, as_of: dt.date, edges: WeekEnds) -> Panel | None:
    """Rows of `fct_target_completion_history` of one period type and metric.

    Only rows inside their period and up to `as_of`; levels move on the last day of a week, of a period and on the
    newest one, so that tonight's level is tonight's.
    """
    days = as_days(rows["as_of"])
    starts, ends = as_days(rows["period_start"]), as_days(rows["period_end"])
    inside = (days <= np.datetime64(as_of, "D")) & (days >= starts) & (days <= ends)
    rows, days, starts, ends = rows.loc[inside], days[inside], starts[inside], ends[inside]
    if not len(rows):
        return None
    rows = rows.assign(dimension="")
    names = [name for name in COMPLETION_FIELDS if name in rows]
    dates, keys, fields, at = _arranged(rows, days, names)
    period_starts = np.empty(len(dates), dtype="datetime64[D]")
    period_starts[at] = starts
    period_ends = np.empty(len(dates), dtype="datetime64[D]")
    period_ends[at] = ends
    steps = edges.ends_week(dates) | (dates == period_ends)
    steps[-1:] = True
    fields["value"] = fields.get("attainment", np.full((len(dates), len(keys)), np.nan))
    fields["days_left"] = np.broadcast_to(
        (period_ends - dates).astype(float)[:, None], (len(dates), len(keys))
    )
    return Panel(dates, period_starts, keys, fields, steps, np.ones(len(dates)))
