"""Plain questions to the semantic layer, answered as MetricFlow answers them: sums of measures.

Add here: another way to ask. Keep out: what is right (the tests). MetricFlow itself is a tool of BI
installations; what it makes of the file is written out here for the features the file uses.
"""

from __future__ import annotations

import re
from typing import Any

import duckdb
import yaml

from pipelines.commands.semantic_layer import PATH

_FILE = yaml.safe_load(PATH.read_text(encoding="utf-8"))
METRICS: dict[str, dict[str, Any]] = {metric["name"]: metric for metric in _FILE["metrics"]}
MODELS: dict[str, dict[str, Any]] = {model["name"]: model for model in _FILE["semantic_models"]}
MEASURES = {
    measure["name"]: (model, measure) for model in MODELS.values() for measure in model["measures"]
}


def answer(
    connection: duckdb.DuckDBPyConnection, metric: str, by: str, start: str, end: str
) -> dict[str, float | None]:
    """A metric of the days from `start` to `end`, by granularity (day, week, month) or a dimension."""
    asked = METRICS[metric]
    parts = asked["type_params"]
    if asked["type"] == "simple":
        return _measured(connection, parts["measure"], by, start, end)
    top, bottom = (
        _measured(connection, _of_part(parts[part]), by, start, end)
        for part in ("numerator", "denominator")
    )
    return {
        group: None if not bottom[group] else (value or 0.0) / bottom[group]
        for group, value in top.items()
    }


def _of_part(part: str | dict[str, str]) -> dict[str, str]:
    name = part if isinstance(part, str) else part["name"]
    measure = dict(METRICS[name]["type_params"]["measure"])
    if not isinstance(part, str):
        measure["filter"] = part["filter"]
    return measure


def _measured(
    connection: duckdb.DuckDBPyConnection, measure: dict[str, str], by: str, start: str, end: str
) -> dict[str, float | None]:
    model, declared = MEASURES[measure["name"]]
    table = re.search(r"ref\('(\w+)'\)", model["model"])
    assert table is not None
    columns = {d["name"]: d.get("expr", d["name"]) for d in model["dimensions"]}
    day = model["defaults"]["agg_time_dimension"]
    where = re.sub(
        r"\{\{ Dimension\('\w+?__(\w+)'\) \}\}",
        lambda found: columns[found[1]],
        measure.get("filter", "true"),
    )
    if by in columns:
        group = columns[by]
    else:
        finest = next(d for d in model["dimensions"] if d["name"] == day)
        allowed = ("day", "week", "month", "quarter", "year")
        at_least = allowed.index(finest["type_params"]["time_granularity"])
        assert allowed.index(by) >= at_least, f"MetricFlow refuses {by} for {measure['name']}"
        group = f"cast(date_trunc('{by}', {day}) as date)"
    chosen = f"{where} and {day} between date '{start}' and date '{end}'"
    schema = "marts" if table[1].startswith("fct_") else "intermediate"
    rows = f"select * from {schema}.{table[1]} where {chosen}"
    if "non_additive_dimension" in declared:
        rows = f"select * from ({rows}) qualify {day} = max({day}) over (partition by {group})"
    return dict(
        connection.execute(
            f"select cast({group} as varchar), cast(sum({declared['expr']}) as double) "
            f"from ({rows}) group by 1 order by 1"
        ).fetchall()
    )
