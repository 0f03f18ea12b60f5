"""The funnel by stage against the usual, the pipeline's bridge and its coverage.

Add here: a sum over deals. Keep out: single deals (`deals.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipelines.board.reading.organisation import Scope
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row

# Below so many exits in the running quarter the quarter before says more.
MIN_EXITS = 30
# Fewer exits of a stage say nothing about it.
MIN_STAGE_EXITS = 10
QUARTERS = 8
# How far back a read looks for the newest values, and for so many quarters: the parts of a file that are older
# are never opened.
A_YEAR, EIGHT_QUARTERS = dt.timedelta(days=400), dt.timedelta(days=QUARTERS * 92 + 100)
# A step behind its usual by less than this is no news.
NOTABLE = 0.03


def funnel(marts: SlicedMarts, scope: Scope, as_of: dt.date) -> tuple[dt.date | None, list[Row]]:
    """The quarter shown and its stages with what is usual for each: `usual`, `behind`."""
    rows = marts.rows(
        "fct_funnel",
        "period_start stage stage_order entered advanced lost still_open exits_forward exits_lost "
        "exit_conversion median_days_in_stage p80_days_in_stage is_ripe",
        "lost is not null and period_type = 'quarter' and scope_type = ? and scope_id = ? "
        "and period_start <= ? and period_start > ?",
        [*scope, as_of, as_of - A_YEAR],
        "period_start desc, stage_order",
    )
    if not rows:
        return None, []
    starts = sorted({row["period_start"] for row in rows}, reverse=True)
    chosen = starts[0]
    if len(starts) > 1 and sum(_exits(r) for r in rows if r["period_start"] == chosen) < MIN_EXITS:
        chosen = starts[1]
    usual = {
        row["dimension"]: row
        for row in conversions(marts, scope, as_of)
        if row["period_start"] == chosen
    }
    stages = [row for row in rows if row["period_start"] == chosen]
    for row in stages:
        known = usual.get(row["stage"], {})
        row["usual"] = known.get("baseline")
        row["low"] = known.get("expected_low")
        row["exits"] = _exits(row)
        enough = row["exits"] >= MIN_STAGE_EXITS
        rate = row["exit_conversion"]
        row["gap"] = (
            rate - row["usual"]
            if enough and rate is not None and row["usual"] is not None
            else None
        )
    return chosen, stages


def _exits(row: Row) -> int:
    return int((row["exits_forward"] or 0) + (row["exits_lost"] or 0))


def weakest(stages: list[Row]) -> Row | None:
    """The stage furthest below its usual; None where none is by a notable amount."""
    behind = [row for row in stages if row["gap"] is not None and row["gap"] < -NOTABLE]
    return min(behind, key=lambda row: row["gap"], default=None)


def conversions(marts: SlicedMarts, scope: Scope, as_of: dt.date) -> list[Row]:
    """Forward share of every stage by quarter, with what is usual, the last quarters only."""
    rows = marts.rows(
        "fct_metrics",
        "period_start dimension value baseline expected_low expected_high sample_size is_complete",
        "metric = 'stage_conversion' and grain = 'quarter' and scope_type = ? and scope_id = ? "
        "and period_start <= ? and period_start > ?",
        [*scope, as_of, as_of - EIGHT_QUARTERS],
        "period_start, dimension",
    )
    starts = sorted({row["period_start"] for row in rows})[-QUARTERS:]
    return [row for row in rows if row["period_start"] in starts]


def bridge(marts: SlicedMarts, scope: Scope, as_of: dt.date) -> Row | None:
    """The movement of the last complete week."""
    rows = marts.rows(
        "fct_pipeline_movement",
        "week_start week_end opening created won lost amount_up amount_down pushed_out pulled_in "
        "reopened moved_in moved_out closing is_complete",
        "scope_type = ? and scope_id = ? and is_complete and week_end <= ?",
        [*scope, as_of],
        "week_start desc limit 1",
    )
    return rows[0] if rows else None


def coverage(marts: SlicedMarts, scope: Scope, as_of: dt.date) -> dict[str, Row]:
    """Coverage of this and the next period, the newest value of each with its usual, by metric."""
    rows = marts.rows(
        "fct_metrics",
        "metric period_start value baseline expected_low previous",
        "metric in ('pipeline_coverage', 'pipeline_coverage_next') and grain = 'week' "
        "and scope_type = ? and scope_id = ? and period_start <= ? and period_start > ? "
        "and value is not null",
        [*scope, as_of, as_of - A_YEAR],
        "metric, period_start",
    )
    return {row["metric"]: row for row in rows}


def series(
    marts: SlicedMarts, metric: str, grain: str, scope: Scope, dimension: str, as_of: dt.date,
    most: int = 26,
) -> list[Row]:  # fmt: skip
    """The last values of one figure with its limits, oldest first."""
    rows = marts.rows(
        "fct_metrics",
        "period_start period_end value baseline expected_low expected_high sample_size is_complete",
        "metric = ? and grain = ? and scope_type = ? and scope_id = ? and "
        "coalesce(dimension, '') = ? and period_start <= ?",
        [metric, grain, *scope, dimension, as_of],
        f"period_start desc limit {most}",
    )
    return rows[::-1]


def heat(marts: SlicedMarts, scopes: Sequence[Scope], metrics: tuple[str, ...], as_of: dt.date) -> list[Row]:  # fmt: skip
    """The last complete month of some metrics for some scopes, with what is usual."""
    if not scopes:
        return []
    among = ", ".join(["(?, ?)"] * len(scopes))
    rows = marts.rows(
        "fct_metrics",
        "metric period_start scope_type scope_id value baseline expected_low expected_high sample_size",
        f"grain = 'month' and is_complete and coalesce(dimension, '') = '' "
        f"and metric in ({', '.join('?' * len(metrics))}) and period_end <= ? and period_start > ? "
        f"and (scope_type, scope_id) in ({among})",
        [
            *metrics,
            as_of,
            as_of - dt.timedelta(days=100),
            *(part for one in scopes for part in one),
        ],
        "period_start",
    )
    newest: dict[tuple[str, Scope], Row] = {}
    for row in rows:
        newest[row["metric"], (row["scope_type"], row["scope_id"])] = row
    last = max((row["period_start"] for row in newest.values()), default=None)
    return [row for row in newest.values() if row["period_start"] == last]
