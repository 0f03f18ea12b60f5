"""Targets: where a scope stands, what lies below it, what was said before, how targets were revised.

Add here: a read of targets. Keep out: how a projection comes about (dbt).
"""

from __future__ import annotations

import datetime as dt
from statistics import NormalDist

from pipelines.board.reading.organisation import Scope
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row
from pipelines.reporting.records import level_rank
from pipelines.reporting.told_levels import OnTargets, told_chance, told_level

PERIODS = ("month", "quarter", "year")
# Days that hold the last four closed periods of a kind, and some that nobody had a projection for.
PAST = {"month": 310, "quarter": 750, "year": 2600}
_COLUMNS = (
    "as_of period_type period_start period_end scope_type scope_id scope_name metric target_amount "
    "original_target_amount target_origin target_missing actual_amount attainment expected_share "
    "expected_amount pace projected_amount projected_low projected_high projection_sd "
    "miss_probability gap_amount needed_per_workday best_finish_per_workday workdays_elapsed "
    "workdays_total level"
)


def current_targets(marts: SlicedMarts, scope: Scope, standing: OnTargets | None) -> dict[str, Row]:
    """The scope's running month, quarter and year of revenue, by period type.

    `standing` is the warning that stands on each target (`told_levels.standing_on_targets`).
    """
    rows = marts.rows(
        "fct_target_completion",
        _COLUMNS,
        "metric = 'revenue' and scope_type = ? and scope_id = ? "
        "and as_of between period_start and period_end",
        list(scope),
    )
    return {row["period_type"]: with_chances(_as_told(row, standing)) for row in rows}


def below(
    marts: SlicedMarts,
    standing: OnTargets | None,
    children: tuple[Scope, ...],
    period_type: str,
) -> list[Row]:
    """The running period of the scopes right below one, worst first."""
    if not children:
        return []
    rows = marts.rows(
        "fct_target_completion",
        _COLUMNS,
        "metric = 'revenue' and period_type = ? and as_of between period_start and period_end "
        f"and (scope_type, scope_id) in ({', '.join(['(?, ?)'] * len(children))})",
        [period_type, *(part for child in children for part in child)],
    )
    return sorted((with_chances(_as_told(row, standing)) for row in rows), key=_worst_first)


def _as_told(row: Row, standing: OnTargets | None) -> Row:
    return {
        **row,
        "level": told_level(row, standing),
        "miss_probability": told_chance(row, standing),
    }


def _worst_first(row: Row) -> tuple[int, float, str]:
    pace = row["pace"] if row["pace"] is not None else 99.0
    return level_rank(row["level"]), pace, str(row["scope_id"])


def with_chances(row: Row) -> Row:
    """The row with `chance_90` and `chance_100`: how likely 90 % and all of the target are reached.

    `miss_probability` is the chance to end below 90 %; the chance of the whole follows from the same
    projection and its spread (normal), null where the spread is not known.
    """
    miss, sd = row["miss_probability"], row["projection_sd"]
    row["chance_90"] = None if miss is None else 1 - miss
    row["chance_100"] = None
    target, projected = row["target_amount"], row["projected_amount"]
    if miss is not None and target and projected is not None and sd is not None:
        if sd > 0:
            row["chance_100"] = 1 - NormalDist(projected, sd).cdf(target)
        else:
            row["chance_100"] = 1.0 if projected >= target else 0.0
        row["chance_100"] = min(row["chance_100"], 1 - miss)
    return row


def course(marts: SlicedMarts, row: Row) -> list[Row]:
    """How the running period went so far: actual and expected by day, oldest first."""
    return marts.rows(
        "fct_target_completion_history",
        "as_of actual_amount expected_amount projected_amount projected_low projected_high",
        "metric = 'revenue' and scope_type = ? and scope_id = ? and period_type = ? "
        "and period_start = ? and as_of <= ?",
        [row["scope_type"], row["scope_id"], row["period_type"], row["period_start"], row["as_of"]],
        "as_of",
    )


def said_and_came(
    marts: SlicedMarts, scope: Scope, period_type: str, as_of: dt.date, most: int = 4
) -> list[Row]:
    """Closed periods, the latest first: what was projected half way, and what it came to.

    The last row of a period's history is what it came to; `said` is the projection of the day nearest to
    its middle, with its band.
    """
    rows = marts.rows(
        "fct_target_completion_history",
        "as_of period_start period_end target_amount actual_amount projected_amount projected_low "
        "projected_high",
        "metric = 'revenue' and scope_type = ? and scope_id = ? and period_type = ? "
        "and period_end < ? and period_start > ?",
        [*scope, period_type, as_of, as_of - dt.timedelta(days=PAST[period_type])],
        "period_start, as_of",
    )
    periods: dict[dt.date, list[Row]] = {}
    for row in rows:
        periods.setdefault(row["period_start"], []).append(row)
    # What a closed period came to stands in the marts as of today.
    ended = {
        row["period_start"]: row
        for row in marts.rows(
            "fct_target_completion",
            "period_start target_amount actual_amount",
            "metric = 'revenue' and scope_type = ? and scope_id = ? and period_type = ? "
            "and period_end < ? and period_start > ?",
            [*scope, period_type, as_of, as_of - dt.timedelta(days=PAST[period_type])],
        )
    }
    found = []
    for start in sorted(periods, reverse=True):
        days, end = periods[start], ended.get(start)
        middle = start + (days[0]["period_end"] - start) / 2
        told = [
            row for row in days if row["projected_amount"] is not None and row["as_of"] >= start
        ]
        if not told or end is None or end["actual_amount"] is None:
            continue
        said = min(told, key=lambda row: abs((row["as_of"] - middle).days))
        came = end["actual_amount"]
        low, high = said["projected_low"], said["projected_high"]
        found.append(
            {
                "period_start": start,
                "period_end": days[0]["period_end"],
                "said_on": said["as_of"],
                "said": said["projected_amount"],
                "came": came,
                "error": (said["projected_amount"] - came) / came if came else None,
                "within": None if low is None or high is None else low <= came <= high,
            }
        )
        if len(found) == most:
            break
    return found


def weeks_said(marts: SlicedMarts, row: Row, weeks: int = 8) -> list[Row]:
    """The projection of the running period as it was said over the last weeks, one row a week."""
    days = course(marts, row)
    first = row["as_of"] - dt.timedelta(weeks=weeks)
    by_week: dict[dt.date, Row] = {}
    for day in days:
        if day["as_of"] >= first and day["projected_amount"] is not None:
            # The past is kept at the ends of weeks, whatever day the company's weeks begin on.
            until_end = (days[0]["as_of"] - day["as_of"]).days % 7
            by_week[day["as_of"] + dt.timedelta(days=until_end)] = day
    return [by_week[end] for end in sorted(by_week)]


def judged(marts: SlicedMarts, warning: Row) -> Row | None:
    """The target that a warning is about; None where it is no target of revenue, or is not published.

    A warning that does not say where its period ends is about the quarter that began with it.
    """
    if warning["metric"] != "target_attainment" or warning["period_start"] is None:
        return None
    end = warning["period_end"]
    rows = marts.rows(
        "fct_target_completion",
        _COLUMNS,
        "metric = 'revenue' and scope_type = ? and scope_id = ? and period_start = ? and "
        + ("period_type = 'quarter'" if end is None else "period_end = ?"),
        [*(warning[name] for name in ("scope_type", "scope_id", "period_start")),
         *([] if end is None else [end])],
    )  # fmt: skip
    return rows[0] if rows else None


def revisions(marts: SlicedMarts, row: Row) -> list[Row]:
    """Every version of the targets within the row's period, summed by version, oldest first."""
    return marts.select(
        f"""
        select version_label, reason, known_from, sum(target_amount) as amount, count(*) as parts
        from {marts.name("fct_targets")} as targets
        where metric = 'revenue' and scope_type = ? and scope_id = ?
            and period_start >= ? and period_end <= ?
            and period_type = (
                select min(case period_type when 'month' then '1month' when 'quarter' then '2quarter'
                    else '3year' end)[2:]
                from {marts.name("fct_targets")} as finest
                where metric = 'revenue' and scope_type = ? and scope_id = ?
                    and period_start >= ? and period_end <= ?
            )
        group by version_label, reason, known_from
        order by known_from, version_label
        """,
        [*(row["scope_type"], row["scope_id"], row["period_start"], row["period_end"]),
         *(row["scope_type"], row["scope_id"], row["period_start"], row["period_end"])],
    )  # fmt: skip
