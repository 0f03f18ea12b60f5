"""The stated targets behind an attainment: the scope's own, or those of its parts.

Add here: how a target came to be. Keep out: what was credited towards it (`records.py`).
"""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.explaining.figure import Figure


def target_rows(connection: duckdb.DuckDBPyConnection, figure: Figure) -> list[dict[str, Any]]:
    """Targets inside the period that were in force at its closing day.

    The scope's own ones; without any, those of every scope, from which its target was summed.
    """
    sql = (
        "select scope_type, scope_id, period_type, period_start, target_amount, version_label "
        "from marts.fct_targets where metric = ? and period_start >= ? and period_end <= ? "
        "and known_from <= ? and (known_to is null or known_to > ?) {own} "
        "order by scope_type, scope_id, period_start"
    )
    values: list[Any] = [
        figure.dimension or "revenue", figure.period_start, figure.period_end,
        figure.closed_on, figure.closed_on,
    ]  # fmt: skip
    own = connection.execute(
        sql.format(own="and scope_type = ? and scope_id = ?"),
        [*values, figure.scope_type, figure.scope_id],
    )
    found = _dicts(own)
    return found or _dicts(connection.execute(sql.format(own=""), values))


def _dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
