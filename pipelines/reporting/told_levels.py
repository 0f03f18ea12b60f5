"""One level for a target wherever people read it: that of the warning that stands on it.

Add here: how the level shown beside a target follows from the warnings. Keep out: how a warning
comes about (`pipelines/alerting`), and the mart's own level, which is tonight's reading alone.

A warning on a target has to last before it is told, so tonight's reading is often worse than what has
been told. A table that called such a target a warning would contradict the list of warnings and its
number; one that called it normal would contradict the chance beside it. It is being watched.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pipelines.reporting.marts import Marts, Row
from pipelines.reporting.records import WATCHED, level_rank

# Scope type, scope, first and last day of the period.
Key = tuple[str, str, dt.date, dt.date]
_JUDGED = ("danger", "warning", "normal")


def standing_on_targets(marts: Marts) -> dict[Key, str] | None:
    """The level of the gravest open warning on each target of revenue; None where no warnings are
    published at all.
    """
    if not marts.has("fct_alerts") or not marts.has_column("fct_alerts", "period_end"):
        return None
    found: dict[Key, str] = {}
    for row in marts.rows(
        "fct_alerts",
        "scope_type scope_id period_start period_end level",
        "state = 'open' and metric = 'target_attainment' and period_end is not null",
    ):
        key = (row["scope_type"], row["scope_id"], row["period_start"], row["period_end"])
        found[key] = min(found.get(key, "normal"), row["level"], key=level_rank)
    return found


def told_level(row: Row, standing: Mapping[Key, str] | None) -> str | None:
    """The level to show for a row of fct_target_completion whose period runs."""
    read = row["level"]
    if standing is None or read not in _JUDGED:
        return read
    told = standing.get(
        (row["scope_type"], row["scope_id"], row["period_start"], row["period_end"]), "normal"
    )
    return WATCHED if told == "normal" and read != "normal" else told
