"""Targets: where every scope stands, the company by month, and the quarter's pace.

Add here: a figure read from fct_target_completion or its history.
Keep out: how a projection or a probability comes about (dbt), wording and layout.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from pipelines.reporting.marts import COLUMNS, EXTRAS, Marts, Row
from pipelines.reporting.records import Completion, PacePoint, level_rank
from pipelines.reporting.told_levels import standing_on_targets, told_chance, told_level

PERIODS = ("quarter", "month", "year")
CHART_MONTHS = 12


@dataclass(frozen=True)
class SuspectedTotals:
    """People whose revenue targets look like sums of others' (`may_contain_people`), by name.

    `excess` is by how much the company's target of the leading period may be too high, in its
    currency; None where that target is declared itself or the suspicion is of other periods.
    """

    names: tuple[str, ...] = ()
    excess: float | None = None


@dataclass(frozen=True)
class Progress:
    """Revenue against target as of one day.

    `company` maps month, quarter and year to the period that contains the day; `scopes` maps a
    scope type to its rows of the current quarter (month where there is no quarter target), worst
    first; `without_target` holds reps with an actual or a current stay but no target.
    """

    marts_as_of: dt.date | None
    company: dict[str, Completion]
    months: tuple[Completion, ...]
    pace: tuple[PacePoint, ...]
    scopes: dict[str, tuple[Completion, ...]]
    without_target: tuple[Completion, ...]
    suspected: SuspectedTotals = SuspectedTotals()

    @property
    def main(self) -> Completion | None:
        """The company period that leads the report: the quarter, else the month, else the year."""
        return next((self.company[kind] for kind in PERIODS if kind in self.company), None)


def read_progress(marts: Marts, as_of: dt.date, reps: dict[str, Row]) -> Progress:
    """Read the targets as of a day; `reps` maps a rep id to its current row of dim_rep."""
    rows = marts.rows(
        "fct_target_completion",
        f"{COLUMNS['fct_target_completion']} {EXTRAS['fct_target_completion']}",
        "metric = 'revenue' and as_of <= ? and (? between period_start and period_end "
        "or scope_type = 'company')",
        [as_of, as_of],
        "period_type, period_start, scope_type, scope_id",
    )
    team_names = {r["scope_id"]: r["scope_name"] for r in rows if r["scope_type"] == "team"}
    team_regions = {r["team_id"]: r["region"] for r in reps.values()}
    current: list[Completion] = []
    months: list[Completion] = []
    standing = standing_on_targets(marts)
    for row in rows:
        completion = as_completion(row)
        if row["period_start"] <= as_of <= row["period_end"]:
            completion = replace(
                completion,
                level=told_level(row, standing),
                miss_probability=told_chance(row, standing),
            )
        if row["scope_type"] == "rep":
            team_id = reps.get(row["scope_id"], {}).get("team_id")
            completion = replace(completion, team=team_names.get(team_id) or team_id or "")
        elif row["scope_type"] == "team":
            completion = replace(completion, team=team_regions.get(row["scope_id"]) or "")
        if row["period_start"] <= as_of <= row["period_end"] and not _is_past(row, as_of, reps):
            current.append(completion)
        if row["scope_type"] == "company" and row["period_type"] == "month":
            months.append(completion)
    company = {c.period_type: c for c in current if c.scope_type == "company"}
    scopes, without_target = _scopes(current)
    quarter = company.get("quarter")
    main = next((company[kind] for kind in PERIODS if kind in company), None)
    summed = {
        (row["period_type"], row["period_start"])
        for row in rows
        if row["scope_type"] == "company" and row["target_origin"] == "summed"
    }
    is_summed = main is not None and (main.period_type, main.period_start) in summed
    return Progress(
        marts_as_of=max((row["as_of"] for row in rows), default=None),
        company=company,
        months=_chart_months(months, quarter.period_end if quarter else as_of),
        pace=_pace(marts, quarter, as_of) if quarter else (),
        scopes=scopes,
        without_target=without_target,
        suspected=_suspected(marts, main if is_summed else None, reps),
    )


def _suspected(marts: Marts, summed: Completion | None, reps: dict[str, Row]) -> SuspectedTotals:
    """`summed` is the company's leading period, if its target is a sum."""
    found = marts.rows(
        "rpt_target_alignment",
        EXTRAS["rpt_target_alignment"],
        "finding = 'may_contain_people' and metric = 'revenue'",
        order="scope_id, period_start, period_type",
    )
    names = {
        row["scope_id"]: (reps.get(row["scope_id"]) or {}).get("rep_name") or row["scope_id"]
        for row in found
    }
    excess = sum(_within(found, rep_id, summed) for rep_id in names) if summed else 0.0
    return SuspectedTotals(tuple(names.values()), excess or None)


def _within(found: list[Row], rep_id: str, period: Completion) -> float:
    """The person's suspected targets in a period; a quarter's target holds its months'."""
    kinds = ("year", "quarter", "month")
    for kind in kinds[kinds.index(period.period_type) :]:
        amounts = [
            row["whole_amount"] or 0.0
            for row in found
            if (row["scope_id"], row["period_type"]) == (rep_id, kind)
            and period.period_start <= row["period_start"] <= period.period_end
        ]
        if amounts:
            return sum(amounts)
    return 0.0


def _is_past(row: Row, as_of: dt.date, reps: dict[str, Row]) -> bool:
    """A year's row of a person who has left: it is history, not somebody to talk to."""
    left_on = reps.get(row["scope_id"], {}).get("valid_to")
    is_rep_year = row["scope_type"] == "rep" and row["period_type"] == "year"
    return is_rep_year and left_on is not None and left_on < as_of


def as_completion(row: Row) -> Completion:
    """A row of fct_target_completion as a record."""
    return Completion(
        period_type=row["period_type"],
        period_start=row["period_start"],
        period_end=row["period_end"],
        scope_type=row["scope_type"],
        scope_id=row["scope_id"],
        scope_name=row["scope_name"] or row["scope_id"],
        target=row["target_amount"],
        original_target=row["original_target_amount"],
        actual=row["actual_amount"],
        attainment=row["attainment"],
        expected_share=row["expected_share"],
        expected=row["expected_amount"],
        pace=row["pace"],
        projected=row["projected_amount"],
        miss_probability=row["miss_probability"],
        gap=row["gap_amount"],
        needed_per_workday=row["needed_per_workday"],
        workdays_elapsed=row["workdays_elapsed"],
        workdays_total=row["workdays_total"],
        level=row["level"],
        best_finish_per_workday=row["best_finish_per_workday"],
    )


def _chart_months(months: list[Completion], until: dt.date) -> tuple[Completion, ...]:
    return tuple(month for month in months if month.period_start <= until)[-CHART_MONTHS:]


def _worst_first(completion: Completion) -> tuple[int, float, float, str]:
    return (
        level_rank(completion.level),
        float("inf") if completion.pace is None else completion.pace,
        -(completion.gap or 0.0),
        completion.scope_id,
    )


def _scopes(
    current: list[Completion],
) -> tuple[dict[str, tuple[Completion, ...]], tuple[Completion, ...]]:
    best: dict[tuple[str, str], Completion] = {}
    for kind in PERIODS:
        for completion in (c for c in current if c.period_type == kind):
            key = (completion.scope_type, completion.scope_id)
            # A quarter without a target gives way to a month that has one.
            if key not in best or (completion.target and not best[key].target):
                best[key] = completion
    scopes: dict[str, tuple[Completion, ...]] = {}
    for scope_type in ("region", "team", "rep", "product_line"):
        chosen = [c for c in best.values() if c.scope_type == scope_type and c.target]
        scopes[scope_type] = tuple(sorted(chosen, key=_worst_first))
    aside = [c for c in best.values() if c.scope_type == "rep" and not c.target and c.actual]
    return scopes, tuple(sorted(aside, key=lambda c: (-(c.actual or 0.0), c.scope_id)))


def _pace(marts: Marts, quarter: Completion, as_of: dt.date) -> tuple[PacePoint, ...]:
    points = {quarter.period_start: PacePoint(quarter.period_start, 0.0, 0.0)}
    history = marts.rows(
        "fct_target_completion_history",
        "as_of actual_amount expected_amount",
        "metric = 'revenue' and scope_type = 'company' and period_type = 'quarter' "
        "and period_start = ? and as_of < ?",
        [quarter.period_start, as_of],
        "as_of",
    )
    for row in history:
        points[row["as_of"]] = PacePoint(row["as_of"], row["actual_amount"], row["expected_amount"])
    if not history:
        total = 0.0
        for row in marts.rows(
            "fct_metrics",
            "period_start value",
            "metric = 'revenue' and grain = 'day' and scope_type = 'company' "
            "and period_start between ? and ?",
            [quarter.period_start, as_of],
            "period_start",
        ):
            total += row["value"] or 0.0
            points[row["period_start"]] = PacePoint(row["period_start"], total, None)
    if quarter.actual is not None:
        points[as_of] = PacePoint(as_of, quarter.actual, quarter.expected)
    return tuple(points[day] for day in sorted(points))
