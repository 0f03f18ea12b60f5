"""Episodes: what is opened, changes level, and closes; with ids that a rerun finds again.

Add here: a column of an episode that follows from its course. Keep out: the course itself
(`states.py`), reasons (`cases/drivers.py`) and sentences (`words/messages.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np

from pipelines.alerting.judging.running import History
from pipelines.alerting.judging.states import Ending
from pipelines.alerting.judging.weeks import deciding_row
from pipelines.alerting.series.panel import SERIES

LEVEL_NAMES = ("normal", "warning", "danger")


def alert_id(rule: str, scope: tuple[str, str], dimension: str, key: str) -> str:
    """16 hex digits of (first name of the rule, scope, dimension, period or opening, ordinal).

    The version of the rule is no part of it: a changed limit must lose no answer.
    """
    text = "\x1f".join((rule, *scope, dimension, key))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _day(value: np.datetime64) -> dt.date:
    return value.astype("datetime64[D]").astype(object)


def episodes_of(history: History, scopes: set[str]) -> list[dict[str, object]]:
    """The episodes of a rule in scope types `scopes`, one record each, in order of opening.

    Figures are those of the last day of the episode that had any. `state`: open; recovered (the
    level came back to normal); closed (the period ended, or nobody could say any more).
    """
    found = []
    panel, rule = history.panel, history.rule
    kinds = panel.keys["scope_type"].to_numpy()
    wanted = np.flatnonzero(
        np.isin(kinds, list(scopes)) & ((history.episode > 0) | (history.ending > 0)).any(axis=0)
    )
    names = [panel.keys[name].to_numpy() for name in SERIES]
    version = rule.judged_as
    for s in map(int, wanted):
        kind, ident, dimension = (str(column[s]) for column in names)
        found.extend(_of_series(history, s, (kind, ident, dimension)))
    found.sort(key=lambda e: (e["opened_on"], e["scope_type"], e["scope_id"], e["dimension"]))
    for record in found:
        record["rule"], record["rule_version"] = rule.name, version
        record["family"], record["metric"], record["mode"] = rule.family, rule.metric, rule.mode
    return found


def spells(numbers: np.ndarray) -> list[np.ndarray]:
    """Rows of each episode of one series, in order; `numbers`: ordinal by row, 0 where none is open."""
    rows = np.flatnonzero(numbers)
    return np.split(rows, np.flatnonzero(np.diff(numbers[rows])) + 1) if len(rows) else []


def _of_series(history: History, s: int, key_of: tuple[str, str, str]) -> list[dict[str, object]]:
    rule, panel = history.rule, history.panel
    numbers = history.episode[:, s]
    kind, ident, dimension = key_of
    records: list[dict[str, object]] = []
    in_period: dict[object, int] = {}
    for rows in spells(numbers):
        first, last = int(rows[0]), int(rows[-1])
        # A recovery shows on the day after the last open row; a period's end on that row itself.
        end = last
        ending = int(history.ending[last, s])
        if ending == Ending.NONE and last + 1 < len(numbers):
            end = last + 1
            ending = int(history.ending[end, s])
        start = panel.starts[first]
        if rule.on_targets:
            in_period[start] = in_period.get(start, 0) + 1
            key = f"{start}#{in_period[start]}"
        else:
            # By its week: what a night in mid-week opens is the same that Sunday confirms.
            key = str(start if rule.filters else panel.dates[first])
        levels = history.level[rows, s]
        since = int(history.since[last if rule.filters else first, s])
        record: dict[str, object] = {
            "alert_id": alert_id(rule.known_as, (kind, ident), dimension, key),
            "scope_type": kind,
            "scope_id": ident,
            "dimension": dimension,
            "period_start": _day(start),
            "opened_on": _day(panel.dates[first]),
            "since": _day(
                (panel.starts if rule.in_weeks else panel.dates)[since if since >= 0 else first]
            ),
            "closed_on": _day(panel.dates[end]) if ending else None,
            "level": LEVEL_NAMES[int(levels[-1])],
            "peak_level": LEVEL_NAMES[int(levels.max())],
            "danger_on": _day(panel.dates[rows[np.argmax(levels == 2)]])
            if levels.max() == 2
            else None,
            "state": _state(ending),
            "_row": deciding_row(history, rows, s)
            if rule.filters
            else _last_known(history, rows, s),
            "_last": last,
            "_series": s,
        }
        at = record["_row"]
        seen = history.fields["evidence"][rows, s] if rule.filters or rule.pools else rows[:0]
        known = seen[np.isfinite(seen)]
        record["_evidence"] = float(known.max()) if len(known) else float("nan")
        limit = "danger_limit" if levels[-1] == 2 else "warning_limit"
        for name, source in (
            ("value", "value"),
            ("expected", "expected"),
            ("limit_value", limit),
            ("sample_size", "sample"),
            ("probability", "probability"),
        ):
            record[name] = float(history.fields[source][at, s])  # type: ignore[index]
        if rule.pools:
            # No single figure decides: one week of the first would contradict what the sentence says.
            record["value"] = record["expected"] = float("nan")
        records.append(record)
    return records


def _state(ending: int) -> str:
    if ending == Ending.NONE:
        return "open"
    return "recovered" if ending == Ending.RECOVERED else "closed"


def _last_known(history: History, rows: np.ndarray, s: int) -> int:
    known = rows[np.isfinite(history.fields["value"][rows, s])]
    return int(known[-1] if len(known) else rows[-1])
