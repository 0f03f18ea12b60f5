"""Reading the frame of episodes that an evaluation gives.

Add here: a column of `fct_alerts` that the ledger keeps. Keep out: what becomes of the rows.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.ledger.transitions import LEVELS, STATES

_TEXTS = ("alert_id", "rule", "rule_version", "metric", "scope_type", "scope_id")
_OPTIONAL_TEXTS = ("scope_name", "owner_id", "message", "drivers")
_DATES = ("opened_on", "as_of")
_OPTIONAL_DATES = ("period_start", "closed_on")
_NUMBERS = ("value", "expected", "limit_value", "probability")
COLUMNS = (
    *_TEXTS,
    "scope_name",
    "period_start",
    "opened_on",
    "closed_on",
    "as_of",
    "level",
    "peak_level",
    "state",
    "value",
    "expected",
    "limit_value",
    "sample_size",
    "amount_at_risk",
    "probability",
    "owner_id",
    "message",
    "drivers",
)
# Columns that the ledger itself adds to the mart: never part of `details`.
LEDGER_COLUMNS = (
    "origin",
    "snoozed_until",
    "outcome",
    "proposed_outcome",
    "acknowledged_at",
    "assigned_to",
    "planned_at",
    "resolved_at",
    "resolved_by",
)


def read_episodes(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of the frame as plain values by `COLUMNS`, with every further column in `details`.

    Missing values (NaN, NaT, NA) become None. Raises PermanentFailure when a column is missing,
    an alert_id comes twice, or a level or state is not one of the known ones.
    """
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise _unusable(f"no column {', '.join(missing)}")
    extra = [name for name in frame.columns if name not in COLUMNS and name not in LEDGER_COLUMNS]
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for record in frame.to_dict("records"):
        row = _row(record)
        row["details"] = json.dumps(
            {name: plain(record[name]) for name in sorted(extra)}, ensure_ascii=False
        )
        if row["alert_id"] in seen:
            raise _unusable(f"alert_id {row['alert_id']} is there twice")
        seen.add(row["alert_id"])
        rows.append(row)
    return rows


def _row(record: Mapping[Any, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in _TEXTS:
        row[name] = _present(record, name, str(plain(record[name]) or ""))
    for name in _OPTIONAL_TEXTS:
        value = plain(record[name])
        row[name] = (
            value
            if value is None or isinstance(value, str)
            else json.dumps(value, ensure_ascii=False)
        )
    for name in _DATES:
        row[name] = _present(record, name, _date(record[name]))
    for name in _OPTIONAL_DATES:
        row[name] = _date(record[name])
    for name in _NUMBERS:
        value = plain(record[name])
        row[name] = None if value is None else float(value)
    size, amount = plain(record["sample_size"]), plain(record["amount_at_risk"])
    row["sample_size"] = None if size is None else int(size)
    row["amount_at_risk"] = None if amount is None else round(Decimal(str(amount)), 2)
    for name, accepted in (("level", LEVELS), ("peak_level", LEVELS), ("state", STATES)):
        row[name] = record[name]
        if row[name] not in accepted:
            raise _unusable(
                f"{name} of {row['alert_id']} is {record[name]!r}, not one of {', '.join(accepted)}"
            )
    return row


def plain(value: Any) -> Any:
    """A cell as JSON can hold it: None for any missing value, text for dates and decimals."""
    # Most cells, and there are hundreds of thousands.
    if value is None or type(value) is str:
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _date(value: Any) -> dt.date | None:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    return pd.Timestamp(value).date()


def _present(record: Mapping[Any, Any], name: str, value: Any) -> Any:
    if not value:
        raise _unusable(f"{name} of {record.get('alert_id')!r} is empty")
    return value


def _unusable(cause: str) -> PermanentFailure:
    return PermanentFailure(
        text("ledger.record_episodes"),
        cause=cause,
        next_step=text("ledger.evaluation_fault"),
    )
