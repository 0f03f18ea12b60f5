"""Data feeds as metrics, so that a late or shrunken source is judged by rules like any figure.

Add here: another figure of a feed. Keep out: how freshness is measured (`quality`).
"""

from __future__ import annotations

import datetime as dt

import pandas as pd


def feed_metrics(freshness: pd.DataFrame, *, as_of: dt.date) -> pd.DataFrame:
    """Rows of `fct_metrics` (grain day, scope_type source) from `rpt_freshness`.

    `feed_age_ratio`: hours since the last load over `usual_hours` (24 where the column is
    missing); `feed_row_share`: rows over rows of the load before. scope_id is `source/entity`.
    """
    rows = []
    # In DuckDB's own unit: a united column of two units would hold 300,000 objects.
    day = pd.Timestamp(as_of).as_unit("us")
    end = day + pd.Timedelta(days=1)
    for entry in freshness.to_dict("records"):
        scope = f"{entry['source']}/{entry['entity']}"
        figures: dict[str, tuple[float, float]] = {}
        loaded = pd.Timestamp(entry["last_loaded_at"])
        if not pd.isna(loaded):
            if loaded.tzinfo is not None:
                loaded = loaded.tz_convert(None)
            hours = max((end - loaded).total_seconds() / 3600, 0.0)
            figures["feed_age_ratio"] = (hours, float(entry.get("usual_hours") or 24.0))
        previous = entry.get("rows_previous")
        if previous is not None and not pd.isna(previous) and previous > 0:
            figures["feed_row_share"] = (float(entry["rows"]), float(previous))
        for metric, (numerator, denominator) in figures.items():
            rows.append(
                {
                    "metric": metric,
                    "grain": "day",
                    "period_start": day,
                    "period_end": day,
                    "scope_type": "source",
                    "scope_id": scope,
                    "dimension": "",
                    "value": numerator / denominator,
                    "numerator": numerator,
                    "denominator": denominator,
                    "sample_size": 1,
                }
            )
    columns = [
        "metric",
        "grain",
        "period_start",
        "period_end",
        "scope_type",
        "scope_id",
        "dimension",
        "value",
        "numerator",
        "denominator",
        "sample_size",
    ]
    return pd.DataFrame(rows, columns=columns)
