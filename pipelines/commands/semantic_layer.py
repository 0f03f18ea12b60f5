"""The semantic layer's file, written from the metrics' own yml: right answers to plain questions.

Add here: the rows by whose days and owners a metric can be asked for. Keep out: what a metric means
(its yml), and figures (dbt).

What happens on a day is laid on the events themselves (`EVENTS`), once each: asked for by day, week,
month, by rep, team or region, it adds up to the same. Everything else is asked of the monthly rows of
`fct_metrics`, of one scope type at a time: the company, or by `_by_team` and `_by_rep`; rows of two
scope types are never added, and there is no day or week to ask for. Medians are left out: they cannot
be made from other rows. Format: MetricFlow, as dbt-core 1.11 reads it (docs.getdbt.com/docs/build).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from pipelines.commands.metrics_page import MetricText, metric_texts
from pipelines.settings import DBT_PROJECT

PATH = DBT_PROJECT / "models" / "marts" / "metrics" / "_semantic_models.yml"
_HEAD = """\
# Written by `forewarn docs` from the yml of each metric; what is changed here is lost.
# For BI tools that speak MetricFlow. A plain question gets a right answer: events are counted once, as they
# stand tonight, by any day and owner; other figures are those of the company, by month, or of all teams
# (_by_team) or reps (_by_rep).
"""
# Metrics made of events: model, its day, and the measures (name -> SQL of one event).
EVENTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "credit": (
        "int_targets__credit_events",
        "credited_on",
        {
            "credited_revenue": "case when metric = 'revenue' and voided_on is null then amount end",
            "credited_orders": "case when metric = 'orders' and voided_on is null then 1 end",
            "credited_accounts": "case when metric = 'new_accounts' and voided_on is null then 1 end",
        },
    ),
    "deal_event": (
        "int_opportunities__events",
        "entered_on",
        {
            "deals_created": "case when event_number = 1 then 1 end",
        },
    ),
    "follow_up": ("fct_activities", "occurred_on", {"follow_ups": "1"}),
    "lead": ("int_metrics__leads", "created_on", {"leads": "1"}),
}
_WITHOUT_PRODUCT_LINE = {"follow_up", "lead"}
# metric -> its measure. No metric whose figure of a finished period may differ from the sum of its days.
OF_EVENTS: dict[str, str] = {
    "revenue": "credited_revenue",
    "orders": "credited_orders",
    "new_accounts": "credited_accounts",
    "opportunities_created": "deals_created",
    "activities": "follow_ups",
    "leads_created": "leads",
}
# The largest of a team is no part of the company's largest, and a team that has met its target has no
# coverage, so figures of teams make no whole: they are read from fct_metrics, team by team.
_ONLY_WHOLE = {"concentration", "pipeline_coverage", "pipeline_coverage_next"}
_SCOPES = {"": "company", "_by_team": "team", "_by_rep": "rep"}


def render_semantic_layer(manifest: Mapping[str, Any]) -> str:
    """The file as YAML. Raises as `metric_texts` does."""
    texts = metric_texts(dict(manifest))
    metrics = [_parts("figure_numerator"), _parts("figure_denominator")]
    for text in texts:
        if text.name in OF_EVENTS:
            parts = {"measure": {"name": OF_EVENTS[text.name]}}
            metrics.append(_metric(text, "", "simple", parts))
        elif text.kind != "median":
            metrics += [
                _of_rows(text, suffix, scope)
                for suffix, scope in _SCOPES.items()
                if not suffix or text.name not in _ONLY_WHOLE
            ]
    content = {
        "version": 2,
        "semantic_models": [*(_events(name) for name in EVENTS), _figures()],
        "metrics": metrics,
    }
    return _HEAD + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=110)


def _events(name: str) -> dict[str, Any]:
    model, day, measures = EVENTS[name]
    owners = ["owner_id", "team_id", "region"]
    if name not in _WITHOUT_PRODUCT_LINE:
        owners.append("product_line")
    return {
        "name": f"{name}s",
        "description": f"Rows of {model}, one per event, with whom it counts for on its day.",
        "model": f"ref('{model}')",
        "defaults": {"agg_time_dimension": day},
        "primary_entity": name,
        "dimensions": [
            {"name": day, "type": "time", "type_params": {"time_granularity": "day"}},
            *({"name": owner, "type": "categorical"} for owner in owners),
        ],
        "measures": [{"name": key, "agg": "sum", "expr": sql} for key, sql in measures.items()],
    }


def _figures() -> dict[str, Any]:
    last = {"name": "period_start", "window_choice": "max"}
    return {
        "name": "figures",
        "description": "Rows of fct_metrics; every metric below takes the monthly ones of one scope type.",
        "model": "ref('fct_metrics')",
        "defaults": {"agg_time_dimension": "period_start"},
        "primary_entity": "figure",
        "dimensions": [
            {
                "name": "period_start",
                "type": "time",
                "type_params": {"time_granularity": "month"},
            },
            {"name": "figure_metric", "type": "categorical", "expr": "metric"},
            {"name": "figure_grain", "type": "categorical", "expr": "grain"},
            {"name": "scope_type", "type": "categorical"},
            {"name": "scope_id", "type": "categorical"},
            {"name": "figure_dimension", "type": "categorical", "expr": "dimension"},
            {"name": "is_complete", "type": "categorical"},
        ],
        "measures": [
            _measure("figure_value", "value"),
            _measure("figure_numerator", "numerator"),
            _measure("figure_denominator", "denominator"),
            {**_measure("figure_at_end", "value"), "non_additive_dimension": last},
        ],
    }


def _measure(name: str, column: str) -> dict[str, Any]:
    return {"name": name, "agg": "sum", "expr": column}


def _parts(measure: str) -> dict[str, Any]:
    """A measure by itself, for ratios to be made of."""
    return {
        "name": f"{measure}_part",
        "label": f"{measure.replace('_', ' ')} (a part of other metrics)",
        "type": "simple",
        "type_params": {"measure": {"name": measure}},
    }


def _of_rows(text: MetricText, suffix: str, scope: str) -> dict[str, Any]:
    conditions = {"figure_metric": text.name, "figure_grain": "month", "scope_type": scope}
    if not text.dimension:
        # Rows with a dimension beside the plain one (targets of other metrics) are other figures.
        conditions["figure_dimension"] = ""
    chosen = " and ".join(
        f"{{{{ Dimension('figure__{name}') }}}} = '{value}'" for name, value in conditions.items()
    )
    if text.kind in ("count", "amount"):
        return _metric(
            text, suffix, "simple", {"measure": {"name": "figure_value", "filter": chosen}}
        )
    if text.kind == "level" and text.unit in ("count", "company currency"):
        return _metric(
            text, suffix, "simple", {"measure": {"name": "figure_at_end", "filter": chosen}}
        )
    parts = {
        part: {"name": f"figure_{part}_part", "filter": chosen}
        for part in ("numerator", "denominator")
    }
    return _metric(text, suffix, "ratio", parts)


def _metric(text: MetricText, suffix: str, kind: str, parts: dict[str, Any]) -> dict[str, Any]:
    whose = {"": "", "_by_team": "（团队） by team", "_by_rep": "（个人） by rep"}[suffix]
    return {
        "name": f"{text.name}{suffix}",
        "label": f"{text.label_zh} {text.heading_en}{whose}",
        "description": text.definition,
        "type": kind,
        "type_params": parts,
    }
