"""One level and one chance for a target wherever people read it: those of the warning that stands on it.

Add here: how the level shown beside a target follows from the warnings. Keep out: how a warning
comes about (`pipelines/alerting`), and the mart's own level, which is tonight's reading alone.

A warning on a target has to last before it is told, so tonight's reading is often worse than what has
been told. A table that called such a target a warning would contradict the list of warnings and its
number; one that called it normal would contradict the chance beside it. It is being watched. The chance that a
warning states is corrected by how such chances came true; the mart's own beside it would be a second one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.records import WATCHED, level_rank

# Scope type, scope, first and last day of the period.
Key = tuple[str, str, dt.date, dt.date]
_JUDGED = ("danger", "warning", "normal")


class Told(NamedTuple):
    """What the gravest open warning on a target says: its level, and the chance to end below 90 %."""

    level: str
    chance: float | None


OnTargets = Mapping[Key, Told]


def standing_on_targets(marts: Marts) -> OnTargets | None:
    """The gravest open warning on each target of revenue; None where no warnings are published at all."""
    if not marts.has("fct_alerts") or not marts.has_column("fct_alerts", "period_end"):
        return None
    found: dict[Key, Told] = {}
    for row in marts.rows(
        "fct_alerts",
        "scope_type scope_id period_start period_end level probability",
        "state = 'open' and metric = 'target_attainment' and period_end is not null",
    ):
        key = (row["scope_type"], row["scope_id"], row["period_start"], row["period_end"])
        told = Told(row["level"], row["probability"])
        found[key] = min(found.get(key, told), told, key=lambda one: level_rank(one.level))
    return found


def told_level(row: Row, standing: OnTargets | None) -> str | None:
    """The level to show for a row of fct_target_completion whose period runs."""
    read = row["level"]
    if standing is None or read not in _JUDGED:
        return read
    found = standing.get(_key(row))
    if found is None or found.level == "normal":
        return WATCHED if read != "normal" else read
    return found.level


def told_chance(row: Row, standing: OnTargets | None) -> float | None:
    """The chance to show for it of ending below 90 % of the target."""
    found = (standing or {}).get(_key(row))
    return row["miss_probability"] if found is None or found.chance is None else found.chance


def _key(row: Row) -> Key:
    return row["scope_type"], row["scope_id"], row["period_start"], row["period_end"]
