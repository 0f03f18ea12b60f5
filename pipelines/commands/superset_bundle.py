"""The dashboard for Apache Superset, as a bundle that its own import takes, made of what is published.

Add here: a dataset, a measure, a chart. Keep out: how other BI tools connect (docs/bi/), figures (dbt).

`forewarn docs` writes `docs/bi/superset.<language>.zip`: a database without a password, a dataset for each
mart with its columns and what they mean, measures that add up rightly, charts, and the dashboard. The same
marts give the same bytes; what is called the same keeps its id, so that a later bundle takes the place of
an earlier one.
"""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import yaml

from pipelines.language import text
from pipelines.language.catalogue import has
from pipelines.publishing.reader_files import MARTS

_IDS = uuid.UUID("6f1d6c3e-3f5e-4b43-9a49-6b1c8f0e7f31")
_DAY = (2026, 1, 1, 0, 0, 0)
_CACHE_SECONDS = 3600  # figures change once a night
ADDRESS = "postgresql+psycopg2://reader@localhost/sales"
_TYPES = {"VARCHAR": "TEXT", "DOUBLE": "DOUBLE PRECISION", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE"}  # fmt: skip
# Dataset -> its measures: name -> SQL over the rows that are chosen.
DATASETS: dict[str, dict[str, str]] = {
    "wide_opportunities": {
        "deals": "count(*)",
        "deal_amount": "sum(amount)",
        "stalled_share": "sum(case when is_stalled then 1.0 else 0.0 end) / nullif(count(*), 0)",
    },
    "wide_targets": {
        # One row per bar: of a rate nothing is averaged.
        "attainment": "sum(revenue_actual) / nullif(sum(revenue_target), 0)",
        "revenue_actual_sum": "sum(revenue_actual)",
        "revenue_target_sum": "sum(revenue_target)",
    },
    "wide_alerts": {
        "warnings": "count(*)",
        # A case counts once: what follows from its root would count the same money again.
        "money_at_risk": "sum(case when role = 'root' then amount_at_risk end)",
    },
    "fct_metrics": {"metric_value": "sum(value)"},
    "fct_funnel": {"entered_deals": "sum(entered)"},
    "rpt_freshness": {"feeds": "count(*)"},
}
_DAYS_OF = {
    "wide_opportunities": "created_on", "wide_targets": "period_start", "wide_alerts": "opened_on",
    "fct_metrics": "period_start", "fct_funnel": "period_start", "rpt_freshness": "last_loaded_at",
}  # fmt: skip


@dataclass(frozen=True)
class Chart:
    """One chart: what it asks, and how wide it is (of 12)."""

    name: str
    dataset: str
    kind: str
    measures: tuple[str, ...]
    width: int
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    equal: Mapping[str, str | bool] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


_OF_COMPANY: dict[str, str | bool] = {"scope_type": "company"}
_RUNNING: dict[str, str | bool] = {"is_running": True, "period_type": "quarter"}
CHARTS = (
    Chart("open_danger", "wide_alerts", "big_number_total", ("warnings",), 3,
          equal={"is_open": True, "role": "root", "level": "danger"}),
    Chart("open_warning", "wide_alerts", "big_number_total", ("warnings",), 3,
          equal={"is_open": True, "role": "root", "level": "warning"}),
    Chart("at_risk", "wide_alerts", "big_number_total", ("money_at_risk",), 3,
          equal={"is_open": True}, more={"y_axis_format": ",.0f"}),
    Chart("open_deals", "wide_opportunities", "big_number_total", ("deal_amount",), 3,
          equal={"is_open": True}, more={"y_axis_format": ",.0f"}),
    Chart("teams", "wide_targets", "echarts_timeseries_bar", ("attainment",), 6, rows=("scope_name",),
          equal={**_RUNNING, "scope_type": "team"}, more={"y_axis_format": ".0%", "show_value": True}),
    Chart("revenue", "fct_metrics", "echarts_timeseries_line", ("metric_value",), 6, rows=("period_start",),
          equal={**_OF_COMPANY, "metric": "revenue", "grain": "week", "is_complete": True},
          more={"y_axis_format": ",.0f", "time_grain_sqla": "P1W"}),
    Chart("warnings", "wide_alerts", "table", (), 12, equal={"is_open": True},
          rows=("level", "rule_title", "scope_name", "owner_name", "opened_on", "days_open", "amount_at_risk",
                "message")),
    Chart("stages", "wide_opportunities", "pivot_table_v2", ("deal_amount",), 6, equal={"is_open": True},
          rows=("team_name", "owner_name"), columns=("stage",), more={"valueFormat": ",.0f"}),
    Chart("funnel", "fct_funnel", "funnel", ("entered_deals",), 6, rows=("stage",),
          equal={**_OF_COMPANY, "period_type": "quarter", "is_ripe": True}),
    Chart("feeds", "rpt_freshness", "table", (), 12,
          rows=("source", "entity", "state", "last_loaded_at", "newest_record_at", "rows")),
)  # fmt: skip
_ROWS_OF_PAGE = ((0, 1, 2, 3), (4, 5), (6,), (7, 8), (9,))


def superset_bundle(
    connection: duckdb.DuckDBPyConnection, language: str, address: str = ADDRESS
) -> bytes:
    """The ZIP for *Dashboards → Import*, its words in a language.

    Raises KeyError where a chart names a column that its mart does not have.
    """
    database = _id("database")
    files: dict[str, Any] = {
        "metadata.yaml": {"version": "1.0.0", "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/forewarn.yaml": {
            "database_name": "Forewarn", "sqlalchemy_uri": address, "uuid": database, "version": "1.0.0",
            "cache_timeout": _CACHE_SECONDS, "expose_in_sqllab": True, "allow_run_async": False,
            "allow_ctas": False, "allow_cvas": False, "allow_dml": False, "allow_csv_upload": False,
            "extra": {},
        },
        "dashboards/forewarn.yaml": _dashboard(language),
    }  # fmt: skip
    for name in DATASETS:
        described = _dataset(connection, name, language, database)
        known = {column["column_name"] for column in described["columns"]}
        for chart in CHARTS:
            if chart.dataset == name:
                asked = {*chart.rows, *chart.columns, *chart.equal}
                if asked - known:
                    raise KeyError(f"{name}: {sorted(asked - known)}")
        files[f"datasets/Forewarn/{name}.yaml"] = described
    for chart in CHARTS:
        files[f"charts/{chart.name}.yaml"] = _chart(chart, language)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, content in files.items():
            entry = zipfile.ZipInfo(f"forewarn/{path}", _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            bundle.writestr(entry, yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return packed.getvalue()


def _id(*name: str) -> str:
    return str(uuid.uuid5(_IDS, "/".join(name)))


def _dataset(
    connection: duckdb.DuckDBPyConnection, name: str, language: str, database: str
) -> dict[str, Any]:
    place = [MARTS, name]
    comment = connection.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?", place
    ).fetchone()
    columns = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index", place,
    ).fetchall()  # fmt: skip
    return {
        "table_name": name, "schema": MARTS, "main_dttm_col": _DAYS_OF[name],
        "description": comment[0] if comment else None, "cache_timeout": _CACHE_SECONDS,
        "filter_select_enabled": True, "uuid": _id("dataset", name), "database_uuid": database,
        "version": "1.0.0",
        "metrics": [
            {"metric_name": measure, "verbose_name": _said("measure", measure, language),
             "expression": sql}
            for measure, sql in DATASETS[name].items()
        ],
        "columns": [
            {"column_name": column, "type": _TYPES.get(kind, kind), "description": told,
             "verbose_name": _label(column, language),
             "is_dttm": kind.startswith(("DATE", "TIMESTAMP")), "groupby": True, "filterable": True}
            for column, kind, told in columns
        ],
    }  # fmt: skip


def _said(kind: str, name: str, language: str) -> str:
    return text(f"superset.{kind}.{name}").into(language)


def _label(column: str, language: str) -> str | None:
    """What people call a column; one that a company added keeps the name that SQL knows."""
    return text(f"column.{column}").into(language) if has(f"column.{column}") else None


def _chart(chart: Chart, language: str) -> dict[str, Any]:
    filters = [{"col": name, "op": "==", "val": value} for name, value in chart.equal.items()]
    asked = [*chart.rows, *chart.columns]
    form: dict[str, Any] = {
        "viz_type": chart.kind, "datasource": "0__table", "row_limit": 1000,
        "adhoc_filters": [
            {"clause": "WHERE", "expressionType": "SIMPLE", "subject": one["col"], "operator": "==",
             "comparator": one["val"]}
            for one in filters
        ],
        **chart.more,
    }  # fmt: skip
    if chart.kind == "table":
        form |= {"query_mode": "raw", "all_columns": asked}
    elif chart.kind == "pivot_table_v2":
        form |= {"groupbyRows": [*chart.rows], "groupbyColumns": [*chart.columns],
                 "metrics": [*chart.measures], "aggregateFunction": "Sum", "rowTotals": True}  # fmt: skip
    elif chart.kind.startswith("echarts_timeseries"):
        form |= {"x_axis": asked[0], "metrics": [*chart.measures], "groupby": []}
    elif chart.kind == "funnel":
        form |= {"groupby": asked, "metric": chart.measures[0], "sort_by_metric": True}
    else:
        form |= {"metric": chart.measures[0]}
    query: dict[str, Any] = {
        "columns": asked, "metrics": [*chart.measures] or None, "filters": filters, "orderby": [],
        "row_limit": 1000, "extras": {},
    }  # fmt: skip
    context = {
        "datasource": {"id": 0, "type": "table"}, "force": False, "queries": [query],
        "form_data": form, "result_format": "json", "result_type": "full",
    }  # fmt: skip
    return {
        "slice_name": _said("chart", chart.name, language), "viz_type": chart.kind, "params": form,
        "query_context": json.dumps(context, ensure_ascii=False), "cache_timeout": _CACHE_SECONDS,
        "uuid": _id("chart", chart.name), "version": "1.0.0",
        "dataset_uuid": _id("dataset", chart.dataset),
    }  # fmt: skip


def _dashboard(language: str) -> dict[str, Any]:
    title = _said("dashboard", "title", language)
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "parents": ["ROOT_ID"], "children": []},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
    }
    for number, members in enumerate(_ROWS_OF_PAGE):
        row = f"ROW-{number}"
        position["GRID_ID"]["children"].append(row)
        position[row] = {
            "type": "ROW", "id": row, "parents": ["ROOT_ID", "GRID_ID"],
            "children": [f"CHART-{CHARTS[place].name}" for place in members],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        }  # fmt: skip
        for place in members:
            chart = CHARTS[place]
            ident = f"CHART-{chart.name}"
            position[ident] = {
                "type": "CHART", "id": ident, "parents": ["ROOT_ID", "GRID_ID", row], "children": [],
                "meta": {"width": chart.width, "height": 20 if chart.width == 3 else 50,
                         "chartId": 0, "uuid": _id("chart", chart.name),
                         "sliceName": _said("chart", chart.name, language)},
            }  # fmt: skip
    return {
        "dashboard_title": title, "slug": "forewarn", "uuid": _id("dashboard"), "version": "1.0.0",
        "published": True, "position": position,
        "metadata": {"cross_filters_enabled": True, "refresh_frequency": 0, "color_scheme": "",
                     "native_filter_configuration": []},
    }  # fmt: skip
