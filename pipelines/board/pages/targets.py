"""Targets: shall we make it, since when not, and was the forecast right.

Add here: a part of that page. Keep out: reading (`reading/standings_of_targets.py`).
"""

from __future__ import annotations

from functools import partial
from textwrap import wrap

from markupsafe import Markup

from pipelines.board.charts.metrics import heat as heat_chart
from pipelines.board.charts.targets import said
from pipelines.board.pages.places import Place, place_of
from pipelines.board.reading import standings_of_targets as reading
from pipelines.board.reading.pipeline_figures import heat
from pipelines.board.reading.runs import with_traces
from pipelines.board.showing.charts import alone, both
from pipelines.board.showing.pages import say
from pipelines.board.site import Shown, Visit
from pipelines.metrics.definitions import definitions
from pipelines.reporting.charts import curve
from pipelines.reporting.marts import Row
from pipelines.reporting.story import metric_name, metric_value

HEAT = ("win_rate", "activities", "opportunities_created", "stalled_share", "silent_accounts",
        "late_order_share")  # fmt: skip
# Beyond so many rows a heat map is no picture any more.
MOST_ROWS = 24


def show(visit: Visit) -> Shown:
    """The page for a scope and a period type (`period`)."""
    place = place_of(visit)
    current = reading.current_targets(visit.marts, place.scope, visit.told)
    asked = visit.query.get("period", "")
    period = asked if asked in reading.PERIODS else "quarter"
    if not asked and period not in current:
        period = next((one for one in reading.PERIODS if one in current), period)
    row = current.get(period)
    rows = reading.below(visit.marts, visit.told, place.children, period)
    lines = reading.below(visit.marts, visit.told, place.lines, period)
    with_traces(visit.marts, [*rows, *lines])
    return Shown(
        "targets.html.j2",
        {
            "place": place,
            "period": period,
            "current": current,
            "row": row,
            "sentence": sentence(visit, row) if row else "",
            "below": rows,
            "lines": lines,
            "curve": _drawn(visit, place, row, period, "curve") if row else "",
            "weeks": reading.weeks_said(visit.marts, row) if row else [],
            "said": _drawn(visit, place, row, period, "said") if row else "",
            "came": reading.said_and_came(visit.marts, place.scope, period, visit.as_of),
            "revisions": reading.revisions(visit.marts, row) if row else [],
            "heat": _heat(visit, place),
        },
    )


def sentence(visit: Visit, row: Row) -> str:
    """Where the scope stands, in one sentence."""
    writer, language = visit.writer, visit.language
    tell = partial(say, language)
    period = tell(f"targets.this.{row['period_type']}")
    if not row["target_amount"]:
        amount = writer.money_in_words(row["actual_amount"])
        return tell("targets.sentence.no_target", period=period, amount=amount)
    values = {
        "period": period,
        "actual": writer.money_in_words(row["actual_amount"]),
        "target": writer.money_in_words(row["target_amount"]),
        "attained": writer.percent(row["attainment"]),
        "expected": writer.percent(row["expected_share"]),
        "projected": writer.money_in_words(row["projected_amount"]),
        "share": writer.percent(
            None
            if row["projected_amount"] is None
            else row["projected_amount"] / row["target_amount"]
        ),
    }
    if row["attainment"] is not None and row["attainment"] >= 1:
        return tell("targets.sentence.met", **values)
    if row["projected_amount"] is None or row["expected_share"] is None:
        return tell("targets.sentence.plain", **values)
    return tell("targets.sentence.running", **values)


def _drawn(visit: Visit, place: Place, row: Row, period: str, name: str) -> Markup:
    tell = partial(say, visit.language)
    label = tell(f"chart.{name}.label", scope=place.name)

    def spec(width: int):
        if name == "curve":
            days = reading.course(visit.marts, row)
            return curve(row, days, visit.writer, width)
        weeks = reading.weeks_said(visit.marts, row)
        return said(weeks, row["target_amount"], visit.writer, tell, width)

    return both(visit, name, (place.scope, period), label, spec)


def _heat(visit: Visit, place: Place) -> Markup:
    units = [child for child in place.children if child[0] != "rep"]
    scopes = (units or list(place.children))[:MOST_ROWS]
    if len(scopes) < 2:
        return Markup("")
    rows = heat(visit.marts, scopes, HEAT, visit.as_of)
    known = {(row["metric"], (row["scope_type"], row["scope_id"])): row for row in rows}
    cells = []
    for scope in scopes:
        for metric in HEAT:
            row = known.get((metric, scope))
            if row is None or row["value"] is None:
                continue
            cells.append(
                {
                    "scope": "|".join(wrap(visit.scope_name(*scope), 22)),
                    # Lines of a heading, put apart by the chart.
                    "metric": "|".join(wrap(metric_name(metric, visit.language), 15)),
                    "kind": _kind(metric, row),
                    "words": metric_value(metric, row["value"], visit.writer),
                    "tip": say(
                        visit.language, "chart.heat.tip", scope=visit.scope_name(*scope),
                        metric=metric_name(metric, visit.language),
                        value=metric_value(metric, row["value"], visit.writer),
                        usual=metric_value(metric, row["baseline"], visit.writer),
                    ),
                }
            )  # fmt: skip
    if not cells:
        return Markup("")
    label = say(visit.language, "chart.heat.label")
    return alone(
        visit, "heat", (place.scope, visit.viewer.person_id), label,
        lambda: heat_chart(cells, visit.writer, 860, len({c["scope"] for c in cells})),
    )  # fmt: skip


def _kind(metric: str, row: Row) -> str:
    """Where a value lies against what is usual: a band's edge is as far as chance explains."""
    low, high, usual = row["expected_low"], row["expected_high"], row["baseline"]
    if usual is None or low is None or high is None:
        return "none"
    defined = definitions().metrics.get(metric)
    bad_above = defined is not None and defined.bad == "above"
    value = row["value"]
    if low <= value <= high:
        return "usual"
    is_bad = value > high if bad_above else value < low
    if not is_bad:
        return "better"
    edge = high if bad_above else low
    return "worst" if abs(value - usual) > 1.5 * abs(edge - usual) else "worse"
