"""What a closed month or quarter came to: targets, forecasts, warnings and what was done about them.

Add here: a figure of a review. Keep out: its page (`review_pages.py`), the running period (`figures.py`).

Everything is read as the marts know it on their day: an order that was booked late is in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.reporting.marts import COLUMNS, EXTRAS, Marts, Row
from pipelines.reporting.progress import as_completion
from pipelines.reporting.records import Completion

KINDS = {"monthly": "month", "quarterly": "quarter"}
SCOPES = ("region", "team", "product_line", "rep")
LESSONS = 12


@dataclass(frozen=True)
class Ended:
    """A scope with its target, and what was projected for it half way (None: nothing was said then)."""

    came: Completion
    said: float | None = None

    @property
    def off_by(self) -> float | None:
        """What came over what was said, as a share of what was said; 0.1 is a tenth more."""
        if not self.said or self.came.actual is None:
            return None
        return self.came.actual / self.said - 1


@dataclass(frozen=True)
class Review:
    """One closed period. `before` and `year_ago` are the company's, None where they are not known."""

    kind: str
    as_of: dt.date
    company: Ended
    before: Completion | None = None
    year_ago: Completion | None = None
    scopes: dict[str, tuple[Ended, ...]] = field(default_factory=dict)
    stages: tuple[Row, ...] = ()
    rules: tuple[Row, ...] = ()
    lessons: tuple[Row, ...] = ()
    scores: tuple[Row, ...] = ()

    @property
    def start(self) -> dt.date:
        return self.company.came.period_start

    @property
    def end(self) -> dt.date:
        return self.company.came.period_end


def read_review(marts: Marts, kind: str, as_of: dt.date) -> Review | None:
    """The last month or quarter (`kind` month, quarter) that had ended by a day; None if none had."""
    mart = "fct_target_completion"
    columns = f"{COLUMNS[mart]} {EXTRAS[mart]}"
    company = [
        as_completion(row)
        for row in marts.rows(
            mart, columns,
            "metric = 'revenue' and period_type = ? and scope_type = 'company' and period_end <= ?",
            [kind, as_of], "period_start",
        )
    ]  # fmt: skip
    if not company:
        return None
    last = company[-1]
    span = (last.period_start, last.period_end)
    rows = marts.rows(
        mart, columns,
        "metric = 'revenue' and period_type = ? and period_start = ?", [kind, last.period_start],
    )  # fmt: skip
    said = _said(marts, kind, last)
    scopes: dict[str, list[Ended]] = {}
    for row in rows:
        if row["scope_type"] in SCOPES and row["target_amount"]:
            one = Ended(as_completion(row), said.get((row["scope_type"], row["scope_id"])))
            scopes.setdefault(row["scope_type"], []).append(one)
    year_ago = [c for c in company[:-1] if 358 <= (last.period_start - c.period_start).days <= 373]
    return Review(
        kind=kind,
        as_of=as_of,
        company=Ended(last, said.get(("company", "company"))),
        before=company[-2] if len(company) > 1 else None,
        year_ago=year_ago[0] if year_ago else None,
        scopes={
            name: tuple(sorted(scopes[name], key=_worst_first)) for name in SCOPES if name in scopes
        },
        stages=tuple(_stages(marts, kind, last.period_start)),
        rules=tuple(_rules(marts, span)),
        lessons=tuple(_lessons(marts, span)),
        scores=tuple(_scores(marts, span)),
    )


def _worst_first(one: Ended) -> tuple[float, str]:
    attained = one.came.attainment
    return (99.0 if attained is None else attained, one.came.scope_id)


def _said(marts: Marts, kind: str, period: Completion) -> dict[tuple[str, str], float]:
    """The projection of the day nearest to the middle of the period, by scope."""
    mart = "fct_target_completion_history"
    if not marts.has_column(mart, "projected_amount"):
        return {}
    middle = period.period_start + (period.period_end - period.period_start) / 2
    rows = marts.select(
        "select scope_type, scope_id, "
        "arg_min(projected_amount, (abs(date_diff('day', as_of, ?)), as_of)) as said "
        f"from {marts.name(mart)} where metric = 'revenue' and period_type = ? and period_start = ? "
        "and as_of <= ? group by all",
        [middle, kind, period.period_start, period.period_end],
    )
    return {
        (row["scope_type"], row["scope_id"]): row["said"] for row in rows if row["said"] is not None
    }


def _stages(marts: Marts, kind: str, start: dt.date) -> Sequence[Row]:
    """The company's stages in the period, each with what is usual for it."""
    usual = {
        row["dimension"]: row["baseline"]
        for row in marts.rows(
            "fct_metrics", "dimension baseline",
            "metric = 'stage_conversion' and grain = ? and scope_type = 'company' and period_start = ?",
            [kind, start],
        )
    }  # fmt: skip
    rows = marts.rows(
        "fct_funnel", "stage stage_order entered advanced lost exit_conversion median_days_in_stage",
        "period_type = ? and scope_type = 'company' and period_start = ? and lost is not null",
        [kind, start], "stage_order",
    )  # fmt: skip
    return [{**row, "usual": usual.get(row["stage"])} for row in rows]


def _rules(marts: Marts, span: tuple[dt.date, dt.date]) -> Sequence[Row]:
    """What was warned of in the period, by rule: how many, how grave, what became of them."""
    mart = "fct_alerts"
    if not marts.has(mart):
        return []
    shown = "coalesce(mode, '') <> 'watch'" if marts.has_column(mart, "mode") else "true"
    titles = [
        c
        for c in ("rule_title_zh", "rule_title_en", "other_languages")
        if marts.has_column(mart, c)
    ]
    named = "".join(f", any_value({column}) as {column}" for column in titles)
    return marts.select(
        f"select rule{named}, count(*) as opened, count(*) filter (peak_level = 'danger') as danger, "
        "count(*) filter (state = 'recovered') as recovered, count(*) filter (state = 'open') as still_open "
        f"from {marts.name(mart)} where opened_on between ? and ? and {shown} "
        "group by rule order by opened desc, rule",
        list(span),
    )


def _lessons(marts: Marts, span: tuple[dt.date, dt.date]) -> Sequence[Row]:
    """What people closed in the period, with what they did and learned; the newest first."""
    return marts.rows(
        "rpt_case_library",
        "alert_id rule scope_name level opened_on resolved_on days_open outcome plans note",
        "resolved_on between ? and ?", list(span), f"resolved_on desc, alert_id limit {LESSONS}",
    )  # fmt: skip


def _scores(marts: Marts, span: tuple[dt.date, dt.date]) -> Sequence[Row]:
    """How warnings were answered, by person over the months of the period."""
    mart = "rpt_response_scores"
    if not marts.has_column(mart, "alerts_due"):
        return []
    return marts.select(
        "select s.person_id, any_value(r.rep_name) as name, sum(alerts_due) as due, "
        "sum(answered_in_time) as in_time, sum(recovered) as recovered "
        f"from {marts.name(mart)} s left join {marts.name('dim_rep')} r "
        "on r.rep_id = s.person_id and r.is_current "
        "where cast(month as date) between ? and ? group by s.person_id "
        "having sum(alerts_due) > 0 order by sum(answered_in_time) / sum(alerts_due) desc, s.person_id",
        list(span),
    )
