"""The few rows that stand behind an alert, as the JSON its column holds.

Add here: what the lists of opportunities and of customers share. Keep out: which rows are chosen
(`deals.py`, `accounts.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST = 5
Choice = TypeVar("Choice")


def with_list(
    alerts: pd.DataFrame,
    name: str,
    choices: Mapping[str, Choice],
    listed: Callable[[dict[str, Any], Choice], str | None],
) -> pd.DataFrame:
    """The frame with a column `name`: `listed` of every open alert whose metric has a choice, else null."""
    found = pd.Series([None] * len(alerts), index=alerts.index, dtype=object)
    # Most alerts have ended, or their metric has no choice: as dictionaries they would be the dearest.
    wanted = (
        alerts["state"].eq("open") & alerts["metric"].astype(str).isin(list(choices))
    ).to_numpy()
    rows: list[dict[str, Any]] = alerts[wanted].to_dict("records")  # type: ignore[assignment]
    found[wanted] = [listed(alert, choices[str(alert["metric"])]) for alert in rows]
    return alerts.assign(**{name: found})


def largest_first(rows: pd.DataFrame, amount: str, key: str) -> pd.DataFrame:
    """The rows in the order in which they are listed: once for all alerts."""
    return rows.sort_values([amount, key], ascending=[False, True]).reset_index(drop=True)


def first_as_json(
    rows: pd.DataFrame,
    chosen: NDArray[np.bool_],
    record: Callable[[dict[str, Any]], dict[str, object]],
) -> str | None:
    """JSON list of the first `MOST` chosen rows, each by `record`; None without any."""
    few: list[dict[str, Any]] = rows.iloc[np.flatnonzero(chosen)[:MOST]].to_dict("records")  # type: ignore[assignment]
    listed = [record(row) for row in few]
    return json.dumps(listed, ensure_ascii=False) if listed else None
