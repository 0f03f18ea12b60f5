"""Hand-made frames for tests of the alerting engine: metrics, completion, scopes, rules."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from pipelines.alerting.rules.rule import Rule

MONDAY = dt.date(2024, 1, 1)
SUNDAY = dt.date(2024, 1, 7)


def scopes(teams: int = 2, reps: int = 0) -> pd.DataFrame:
    rows = [
        ("company", "company", "示例公司", None, None, "U0"),
        ("region", "华东", "华东", "company", "company", "U1"),
        ("product_line", "P1", "P1", "company", "company", None),
    ]
    for t in range(1, teams + 1):
        rows.append(("team", f"T{t}", f"华东{t}组", "region", "华东", f"M{t}"))
        for r in range(1, reps + 1):
            rows.append(("rep", f"R{t}{r}", f"销售{t}{r}", "team", f"T{t}", f"R{t}{r}"))
    names = [
        "scope_type",
        "scope_id",
        "scope_name",
        "parent_scope_type",
        "parent_scope_id",
        "owner_id",
    ]
    return pd.DataFrame(rows, columns=names)


def weekly(
    metric: str,
    values: Any,
    *,
    scope: tuple[str, str] = ("team", "T1"),
    numerator: Any = None,
    denominator: Any = None,
    dimension: str = "",
    first: dt.date = MONDAY,
    grain: str = "week",
    step: int = 7,
) -> pd.DataFrame:
    """Rows of fct_metrics for one series, one period of `step` days after the other."""
    n = len(values)
    starts = [first + dt.timedelta(days=step * i) for i in range(n)]
    return pd.DataFrame(
        {
            "metric": metric,
            "grain": grain,
            "period_start": starts,
            "period_end": [s + dt.timedelta(days=step - 1) for s in starts],
            "scope_type": scope[0],
            "scope_id": scope[1],
            "dimension": dimension,
            "value": np.asarray(values, dtype=float),
            "numerator": np.nan if numerator is None else np.asarray(numerator, dtype=float),
            "denominator": np.nan if denominator is None else np.asarray(denominator, dtype=float),
            "sample_size": values if denominator is None else denominator,
        }
    )


def share(metric: str, hits: Any, cases: Any, **more: Any) -> pd.DataFrame:
    hits, cases = np.asarray(hits, float), np.asarray(cases, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return weekly(metric, hits / cases, numerator=hits, denominator=cases, **more)


def completion(
    attainment: Any,
    *,
    probability: Any = None,
    scope: tuple[str, str] = ("team", "T1"),
    start: dt.date = MONDAY,
    end: dt.date = dt.date(2024, 3, 31),
    target: float = 1000.0,
    period_type: str = "quarter",
) -> pd.DataFrame:
    """Weekly rows of one period, on its Sundays; a straight plan, 65 workdays."""
    days = [
        start + dt.timedelta(days=d)
        for d in range((end - start).days + 1)
        if (start + dt.timedelta(days=d)).weekday() == 6
    ][: len(attainment)]
    share_gone = np.array([((d - start).days + 1) / ((end - start).days + 1) for d in days])
    done = np.asarray(attainment, float)
    workdays = np.round(share_gone * 65)
    left = np.maximum(65 - workdays, 1)
    return pd.DataFrame(
        {
            "as_of": days,
            "period_type": period_type,
            "period_start": start,
            "period_end": end,
            "scope_type": scope[0],
            "scope_id": scope[1],
            "scope_name": scope[1],
            "metric": "revenue",
            "target_amount": target,
            "actual_amount": done * target,
            "attainment": done,
            "expected_share": share_gone,
            "expected_amount": share_gone * target,
            "pace": done / share_gone,
            "projected_amount": done / share_gone * target,
            "miss_probability": np.nan if probability is None else probability,
            "gap_amount": target - done * target,
            "needed_per_workday": (target - done * target) / left,
            "workdays_elapsed": workdays,
            "workdays_total": 65,
        }
    )


def no_completion() -> pd.DataFrame:
    return completion([0.1]).iloc[:0]


def no_metrics() -> pd.DataFrame:
    return weekly("orders", [1.0]).iloc[:0]


def rule(metric: str, condition: dict[str, Any], **more: Any) -> Rule:
    keys: dict[str, Any] = {
        "name": f"{metric}_{condition['type']}",
        "family": metric,
        "title": {"zh": "标题", "en": "title"},
        "advice": {"zh": "请处理", "en": "act"},
        "metric": metric,
        "scopes": ["company", "region", "team"],
        "condition": condition,
        "confirm": {"warning": 1, "danger": 1, "clear": 1},
        "hysteresis": 0,
        "cool_down_days": 0,
    }
    return Rule(**{**keys, **more})


def last_day(frame: pd.DataFrame, column: str = "period_end") -> dt.date:
    return max(frame[column])
