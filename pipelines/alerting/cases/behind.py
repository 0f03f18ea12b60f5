"""The few rows that stand behind an alert, as the JSON its column holds.

Add here: what the lists of opportunities and of customers share. Keep out: which rows are chosen
(`deals.py`, `accounts.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pandas as pd

MOST = 5
Choice = TypeVar("Choice")


def with_list(
    alerts: pd.DataFrame,
    name: str,
    choices: Mapping[str, Choice],
    listed: Callable[[dict[str, Any], Choice], str | None],
) -> pd.DataFrame:
    """The frame with a column `name`: `listed` of every open alert whose metric has a choice, else null."""
    found: list[str | None] = []
    rows: list[dict[str, Any]] = alerts.to_dict("records")  # type: ignore[assignment]
    for alert in rows:
        choose = choices.get(str(alert["metric"]))
        if choose is None or alert["state"] != "open":
            found.append(None)
        else:
            found.append(listed(alert, choose))
    return alerts.assign(**{name: pd.Series(found, index=alerts.index, dtype=object)})


def largest_as_json(
    rows: pd.DataFrame, amount: str, key: str, record: Callable[[dict[str, Any]], dict[str, object]]
) -> str | None:
    """JSON list of at most `MOST` rows, the largest amount first, each by `record`; None without any."""
    largest = rows.sort_values([amount, key], ascending=[False, True])
    few: list[dict[str, Any]] = largest.head(MOST).to_dict("records")  # type: ignore[assignment]
    listed = [record(row) for row in few]
    return json.dumps(listed, ensure_ascii=False) if listed else None
