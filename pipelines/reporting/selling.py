"""Selling: the funnel by stage, the open pipeline and its movement, the company's metrics.

Add here: a figure about opportunities on their way. Keep out: targets (`progress.py`), customers
and orders (`customers.py`), wording and layout.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from pipelines.reporting.alert_records import Alert
from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.records import (
    Bridge,
    Funnel,
    FunnelStage,
    Metric,
    Pipeline,
    PipelineStage,
)

# Below this many exits in the running quarter the quarter before is shown instead.
MIN_EXITS = 30
# A stage is compared only with this many exits: fewer say nothing.
MIN_STAGE_EXITS = 10
SPARK_PERIODS = 13

# The bridge's columns with the sign they carry; the mart holds amounts without sign. A pushed
# close date moves no money in or out of the open pipeline, so it is told beside the bridge.
BRIDGE_STEPS = (
    ("created", 1),
    ("amount_up", 1),
    ("amount_down", -1),
    ("won", -1),
    ("lost", -1),
)


def read_funnel(marts: Marts, as_of: dt.date, open_alerts: Sequence[Alert]) -> Funnel:
    """The company's funnel of this quarter, or of the last one while this one is too young."""
    rows = marts.rows(
        "fct_funnel",
        "period_start period_end stage stage_order entered advanced lost still_open exit_conversion "
        "median_days_in_stage p80_days_in_stage exits_forward exits_lost",
        # The won step has no exits; only stages that a deal can leave are part of the funnel.
        "lost is not null and period_type = 'quarter' and scope_type = 'company' and period_start <= ?",
        [as_of],
        "period_start desc, stage_order",
    )
    if not rows:
        return Funnel()
    rates = _stage_rates(marts, as_of)
    starts = sorted({row["period_start"] for row in rows}, reverse=True)
    chosen = starts[0]
    if len(starts) > 1 and _exits(rates, rows, starts[0]) < MIN_EXITS:
        chosen = starts[1]
    earlier = next((start for start in starts if start < chosen), None)
    before = {row["stage"]: row for row in rows if row["period_start"] == earlier}
    open_now = _open_by_stage(marts)
    levels = {a.dimension: a.level for a in reversed(open_alerts) if _is_about_stage(a)}
    stages = []
    for row in (row for row in rows if row["period_start"] == chosen):
        rate = rates.get((chosen, row["stage"]), {})
        here = open_now.get(row["stage"], {})
        stages.append(
            FunnelStage(
                stage=row["stage"],
                stage_order=row["stage_order"],
                entered=row["entered"] or 0,
                advanced=row["advanced"] or 0,
                lost=row["lost"] or 0,
                still_open=row["still_open"] or 0,
                conversion=row["exit_conversion"],
                previous=before.get(row["stage"], {}).get("exit_conversion"),
                baseline=rate.get("baseline"),
                sample_size=_sample(rate, row),
                median_days=row["median_days_in_stage"],
                p80_days=row["p80_days_in_stage"],
                open_count=here.get("open_count") or 0,
                open_amount=here.get("open_amount"),
                stalled_count=here.get("stalled_count") or 0,
                stalled_amount=here.get("stalled_amount"),
                level=levels.get(row["stage"]),
            )
        )
    end = next(row["period_end"] for row in rows if row["period_start"] == chosen)
    return Funnel(chosen, end, chosen == starts[0], tuple(stages), _lowest(stages))


def _is_about_stage(alert: Alert) -> bool:
    return alert.scope_type == "company" and alert.metric == "stage_conversion"


def _stage_rates(marts: Marts, as_of: dt.date) -> dict[tuple[dt.date, str], Row]:
    return {
        (row["period_start"], row["dimension"]): row
        for row in marts.rows(
            "fct_metrics",
            "period_start dimension baseline sample_size",
            "metric = 'stage_conversion' and grain = 'quarter' and scope_type = 'company' "
            "and period_start <= ?",
            [as_of],
        )
    }


def _exits(rates: dict[tuple[dt.date, str], Row], rows: list[Row], start: dt.date) -> int:
    here = [row for row in rows if row["period_start"] == start]
    return sum(_sample(rates.get((start, row["stage"]), {}), row) or 0 for row in here)


def _sample(rate: Row, row: Row) -> int | None:
    """Exits from a stage in the period: the metric's sample, else the funnel's own count."""
    if rate.get("sample_size") is not None:
        return int(rate["sample_size"])
    if row["exits_forward"] is None:
        return None
    return int(row["exits_forward"]) + int(row["exits_lost"] or 0)


def _open_by_stage(marts: Marts) -> dict[str, Row]:
    if not marts.has("fct_opportunities"):
        return {}
    return {
        row["stage"]: row
        for row in marts.select(
            f"""
            select
                stage,
                count(*) as open_count,
                sum(amount) as open_amount,
                count(*) filter (where is_stalled) as stalled_count,
                sum(amount) filter (where is_stalled) as stalled_amount
            from {marts.name("fct_opportunities")}
            where outcome = 'open'
            group by stage
            """
        )
    }


def _lowest(stages: Sequence[FunnelStage]) -> FunnelStage | None:
    below = [
        stage
        for stage in stages
        if stage.gap is not None and stage.gap < 0 and (stage.sample_size or 0) >= MIN_STAGE_EXITS
    ]
    return min(below, key=lambda stage: (stage.gap or 0.0, stage.stage_order), default=None)


def read_pipeline(marts: Marts, as_of: dt.date) -> Pipeline:
    """The company's open pipeline on the last day up to `as_of`, its weeks, and the last bridge."""
    rows = marts.rows(
        "fct_pipeline_daily",
        "date_day stage open_count open_amount weighted_amount coverage",
        "scope_type = 'company' and date_day between ? and ?",
        [as_of - dt.timedelta(weeks=SPARK_PERIODS), as_of],
        "date_day, stage",
    )
    coverage = _coverage(marts, as_of)
    day = max((row["date_day"] for row in rows), default=None)
    orders = {r["stage"]: r["stage_order"] for r in marts.rows("dim_stage", "stage stage_order")}
    today = sorted(
        (row for row in rows if row["date_day"] == day),
        key=lambda row: (orders.get(row["stage"], 99), row["stage"]),
    )
    totals: dict[dt.date, float] = {}
    for row in rows:
        totals[row["date_day"]] = totals.get(row["date_day"], 0.0) + (row["open_amount"] or 0.0)
    weekly = [totals[d] for d in sorted(totals) if day is not None and (day - d).days % 7 == 0]
    from_daily = next((r["coverage"] for r in today if r["coverage"] is not None), None)
    return Pipeline(
        day=day,
        stages=tuple(
            PipelineStage(
                row["stage"], row["open_count"] or 0, row["open_amount"], row["weighted_amount"]
            )
            for row in today
        ),
        coverage=coverage["value"] if coverage else from_daily,
        required_coverage=coverage["baseline"] if coverage else None,
        history=tuple(weekly),
        bridge=_bridge(marts, as_of),
    )


def _coverage(marts: Marts, as_of: dt.date) -> Row | None:
    rows = marts.rows(
        "fct_metrics",
        "value baseline",
        "metric = 'pipeline_coverage' and scope_type = 'company' and period_start <= ? "
        "and value is not null and grain in ('day', 'week')",
        [as_of],
        "period_start desc, grain limit 1",
    )
    return rows[0] if rows else None


def _bridge(marts: Marts, as_of: dt.date) -> Bridge | None:
    rows = marts.rows(
        "fct_pipeline_movement",
        "week_start opening closing pushed_out pulled_in "
        + " ".join(name for name, _ in BRIDGE_STEPS),
        # The last week that is over.
        "scope_type = 'company' and week_start <= ?",
        [as_of - dt.timedelta(days=6)],
        "week_start desc limit 1",
    )
    if not rows:
        return None
    row = rows[0]
    steps = [(name, sign * abs(row[name] or 0.0)) for name, sign in BRIDGE_STEPS]
    opening, closing = row["opening"] or 0.0, row["closing"] or 0.0
    rest = closing - opening - sum(amount for _, amount in steps)
    if abs(rest) >= 0.01:
        steps.append(("other", rest))  # shown rather than hidden: a bridge must add up
    return Bridge(
        row["week_start"], opening, tuple(steps), closing, row["pushed_out"], row["pulled_in"]
    )


def read_metrics(marts: Marts, as_of: dt.date) -> tuple[Metric, ...]:
    """Company metrics by month: the latest complete one with its past, and the month to date."""
    rows = marts.rows(
        "fct_metrics",
        "metric period_start period_end value sample_size baseline previous year_ago",
        "grain = 'month' and scope_type = 'company' and coalesce(dimension, '') = '' "
        "and period_start <= ?",
        [as_of],
        "metric, period_start",
    )
    found = []
    for metric in dict.fromkeys(row["metric"] for row in rows):
        mine = [row for row in rows if row["metric"] == metric]
        complete = [row for row in mine if row["period_end"] <= as_of]
        if not complete:
            continue
        running = next((row for row in mine if row["period_end"] > as_of), None)
        last = complete[-1]
        found.append(
            Metric(
                metric=metric,
                period_start=last["period_start"],
                value=last["value"],
                sample_size=last["sample_size"],
                baseline=last["baseline"],
                previous=last["previous"],
                year_ago=last["year_ago"],
                to_date=running["value"] if running else None,
                history=tuple(row["value"] for row in complete[-SPARK_PERIODS:]),
            )
        )
    return tuple(found)
