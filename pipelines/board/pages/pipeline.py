"""Funnel and pipeline: where it leaks, what moved, which deals need somebody.

Add here: a part of that page. Keep out: one deal (`deal.py`).
"""

from __future__ import annotations

from functools import partial

from pipelines.board.charts.metrics import stages as stages_chart
from pipelines.board.pages.places import page_number, place_of
from pipelines.board.reading import deals
from pipelines.board.reading import pipeline_figures as reading
from pipelines.board.showing.charts import NARROW, both
from pipelines.board.showing.pages import say
from pipelines.board.site import Shown, Visit
from pipelines.reporting.marts import Row
from pipelines.reporting.selling_charts import bridge as bridge_chart

# The bridge's columns with the sign they carry; the mart holds amounts without sign.
STEPS = (("created", 1), ("amount_up", 1), ("amount_down", -1), ("won", -1), ("lost", -1),
         ("reopened", 1), ("moved_in", 1), ("moved_out", -1))  # fmt: skip
ALWAYS = ("created", "won", "lost")


def show(visit: Visit) -> Shown:
    """The page for a scope; `list` chooses the deals that are listed."""
    place, as_of, marts = place_of(visit), visit.as_of, visit.marts
    asked = visit.query.get("list", "")
    chosen = asked if asked in deals.LISTS else "overdue"
    page = page_number(visit)
    start, stages = reading.funnel(marts, place.scope, as_of)
    listed = deals.listed(marts, place.scope, place.teams, as_of, chosen, page)
    week = reading.bridge(marts, place.scope, as_of)
    return Shown(
        "pipeline.html.j2",
        {
            "place": place,
            "start": start,
            "stages": stages,
            "verdict": verdict(visit, stages),
            "multiples": _multiples(visit, place.scope, stages),
            "week": week,
            "bridge": _bridge(visit, place.scope, week) if week else "",
            "coverage": reading.coverage(marts, place.scope, as_of),
            "counts": deals.counts(marts, place.scope, place.teams, as_of),
            "chosen": chosen,
            "deals": listed[: deals.PAGE],
            "page": page,
            "more": len(listed) > deals.PAGE,
            "lists": deals.LISTS,
            "reasons": deals.loss_reasons(marts, place.scope, place.teams, as_of),
        },
    )


def verdict(visit: Visit, stages: list[Row]) -> str:
    """Where the funnel falls behind its usual, or that it does not."""
    tell, write = partial(say, visit.language), visit.writer
    if not stages:
        return tell("pipeline.no_funnel")
    weak = reading.weakest(stages)
    if weak is None:
        judged = [row for row in stages if row["gap"] is not None]
        return tell("pipeline.as_usual") if judged else tell("pipeline.too_few")
    return tell(
        "pipeline.weakest",
        stage=weak["stage"],
        rate=write.percent(weak["exit_conversion"]),
        usual=write.percent(weak["usual"]),
        exits=write.count(weak["exits"]),
    )


def _multiples(visit: Visit, scope: tuple[str, str], stages: list[Row]):
    order = [row["stage"] for row in stages]
    if not order:
        return ""
    tell = partial(say, visit.language)
    label = tell("chart.stages.label")

    def spec(width: int):
        columns = 1 if width == NARROW else min(len(order), 4)
        rows = reading.conversions(visit.marts, scope, visit.as_of)
        each = NARROW - 40 if width == NARROW else 900 // columns - 60
        return stages_chart(rows, order, visit.writer, tell, columns, each)

    return both(visit, "stages", scope, label, spec)


def _bridge(visit: Visit, scope: tuple[str, str], week: Row):
    tell = partial(say, visit.language)

    def spec(width: int):
        steps = [(tell("bridge.opening"), week["opening"] or 0.0, "total")]
        for name, sign in STEPS:
            amount = (week[name] or 0.0) * sign
            if amount or name in ALWAYS:
                # A win leaves the pipeline as well, and is no loss.
                kind = "gain" if amount > 0 or name == "won" else "loss"
                steps.append((tell(f"bridge.{name}"), amount, kind))
        steps.append((tell("bridge.closing"), week["closing"] or 0.0, "total"))
        return bridge_chart(steps, visit.writer, width)

    return both(visit, "bridge", scope, tell("chart.bridge.label"), spec)
