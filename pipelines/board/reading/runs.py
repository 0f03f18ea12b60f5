"""How figures went in the last weeks, for the small lines beside cards and in rows: many in one read.

Add here: another run of values. Keep out: charts of their own (`pipeline_figures.series`), drawing
(`showing/sparks.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipelines.board.reading.organisation import Scope
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.ledger.lookup import Alert
from pipelines.reporting.marts import Row

# A quarter of weeks beside a card; of projections, which hardly move, fewer.
CARD_WEEKS, TRACE_WEEKS = 13, 8


@dataclass(frozen=True)
class Run:
    """Values oldest first, None where a week had too few cases; `usual` is the band of the last."""

    values: tuple[float | None, ...]
    usual: tuple[float | None, float | None] = (None, None)


def runs_of(marts: SlicedMarts, alerts: Collection[Alert], as_of: dt.date) -> dict[str, Run]:
    """The weeks up to the day of the figures that alerts are about, by alert; one read for all."""
    wanted = {
        alert.alert_id: (
            alert.metric, alert.scope_type, alert.scope_id, str(alert.details.get("dimension") or "")
        )
        for alert in alerts
        if alert.origin != "reported"
    }  # fmt: skip
    keys = sorted(set(wanted.values()))
    if not keys:
        return {}
    rows = marts.rows(
        "fct_metrics",
        "metric scope_type scope_id dimension period_start value expected_low expected_high",
        "grain = 'week' and is_complete is not false and period_start > ? and period_start <= ? and "
        # Plain lists first: they tell which parts of the file can be left out.
        f"metric in ({_marks_of(keys, 0)}) and scope_id in ({_marks_of(keys, 2)}) and "
        f"(metric, scope_type, scope_id, coalesce(dimension, '')) in ({_marks(keys)})",
        [
            as_of - dt.timedelta(weeks=CARD_WEEKS + 1),
            as_of,
            *sorted({key[0] for key in keys}),
            *sorted({key[2] for key in keys}),
            *(part for key in keys for part in key),
        ],
        "period_start",
    )
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        key = (row["metric"], row["scope_type"], row["scope_id"], row["dimension"] or "")
        found.setdefault(key, []).append(row)
    return {
        ident: Run(
            tuple(row["value"] for row in found[key][-CARD_WEEKS:]),
            (found[key][-1]["expected_low"], found[key][-1]["expected_high"]),
        )
        for ident, key in wanted.items()
        if key in found
    }


def with_traces(marts: SlicedMarts, rows: Sequence[Row]) -> None:
    """Gives every row of a running period its `trace`: what part of the target was projected, by week."""
    scopes: list[Scope] = sorted({(row["scope_type"], row["scope_id"]) for row in rows})
    for row in rows:
        row["trace"] = ()
    if not scopes:
        return
    first = rows[0]
    history = marts.rows(
        "fct_target_completion_history",
        "scope_type scope_id as_of projected_amount target_amount",
        "metric = 'revenue' and period_type = ? and period_start = ? and as_of > ? and as_of <= ? "
        f"and (scope_type, scope_id) in ({_marks(scopes)})",
        [
            first["period_type"], first["period_start"],
            first["as_of"] - dt.timedelta(weeks=TRACE_WEEKS), first["as_of"],
            *(part for scope in scopes for part in scope),
        ],
        "as_of",
    )  # fmt: skip
    traces: dict[Scope, list[float | None]] = {}
    for said in history:
        share = (
            said["projected_amount"] / said["target_amount"]
            if said["projected_amount"] is not None and said["target_amount"]
            else None
        )
        traces.setdefault((said["scope_type"], said["scope_id"]), []).append(share)
    for row in rows:
        row["trace"] = tuple(traces.get((row["scope_type"], row["scope_id"]), ()))


def _marks_of(keys: Sequence[Sequence[str]], part: int) -> str:
    return ", ".join("?" * len({key[part] for key in keys}))


def _marks(keys: Sequence[Sequence[str]]) -> str:
    one = f"({', '.join('?' * len(keys[0]))})"
    return ", ".join([one] * len(keys))
