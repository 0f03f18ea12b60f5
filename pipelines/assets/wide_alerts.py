"""`wide_alerts`: warnings with the names of people, teams and metrics beside their ids.

Add here: a name or a mark that people who drag columns need. Keep out: what a warning says
(`pipelines/alerting/`), and the other wide tables (dbt: `marts/wide/`).

It is made of a told table, so dbt cannot make it: it stands on the night's own `fct_alerts`.
"""

from __future__ import annotations

import duckdb
import pandas as pd

from pipelines.metrics.definitions import definitions

_SQL = """
select
    alerts.alert_id,
    alerts.case_id,
    alerts.role,
    alerts.rule,
    coalesce(
        json_extract_string(alerts.other_languages, '$.' || $language || '.rule_title'),
        case when $language = 'zh' then alerts.rule_title_zh else alerts.rule_title_en end
    ) as rule_title,
    alerts.level,
    alerts.peak_level,
    alerts.state,
    alerts.state = 'open' as is_open,
    alerts.metric,
    case when $language = 'zh' then metrics.label_zh else metrics.label_en end as metric_name,
    alerts.scope_type,
    alerts.scope_id,
    alerts.scope_name,
    alerts.dimension,
    alerts.opened_on,
    alerts.closed_on,
    date_diff('day', alerts.opened_on, coalesce(alerts.closed_on, alerts.as_of)) as days_open,
    alerts.as_of,
    alerts.value,
    alerts.expected,
    alerts.amount_at_risk,
    alerts.probability,
    alerts.owner_id,
    owners.rep_name as owner_name,
    owners.team_name as owner_team_name,
    alerts.assigned_to,
    assigned.rep_name as assigned_to_name,
    alerts.acknowledged_at,
    alerts.planned_at,
    alerts.resolved_at,
    alerts.outcome,
    alerts.message,
    coalesce(
        json_extract_string(alerts.other_languages, '$.' || $language || '.advice'),
        case when $language = 'zh' then alerts.advice_zh else alerts.advice_en end
    ) as advice
from marts.fct_alerts as alerts
left join marts.dim_metric as metrics on alerts.metric = metrics.metric
left join marts.dim_rep_current as owners on alerts.owner_id = owners.rep_id
left join marts.dim_rep_current as assigned on alerts.assigned_to = assigned.rep_id
"""


def wide_alerts(connection: duckdb.DuckDBPyConnection, language: str) -> pd.DataFrame:
    """One row per warning of the night's warehouse; titles in the language of the company."""
    frame = connection.execute(_SQL, {"language": language}).df(date_as_object=True)
    if language not in ("zh", "en"):  # which dim_metric has
        known = definitions().metrics
        frame["metric_name"] = [
            known[metric].label.into(language) if metric in known else name
            for metric, name in zip(frame["metric"], frame["metric_name"], strict=True)
        ]
    return frame
