"""Findings about whom targets are for: names that no list has, and names that a list had before.

Add here: another way in which a target sheet and today's lists call something differently. Keep out: whom a
name stands for (dbt: `int_teams__aliases`, `int_reps__called`), names in other sheets (`naming.py`).
"""

from __future__ import annotations

import duckdb

from pipelines.language import text
from quality.loaded import relation_of, table_exists
from quality.results import CheckResult, counted

UNKNOWN, RENAMED = "targets_name_listed_scopes", "targets_call_scopes_as_today"
_LISTS = {"team": "teams", "rep": "users"}


def check_target_names(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """A warning for targets of teams, people or regions that nobody lists, and a remark for earlier names."""
    if not table_exists(connection, "intermediate", "int_names__earlier"):
        return []
    return [_unknown(connection), _renamed(connection)]


def _unknown(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    """Targets of what no list has; with the id that a list called so before, where there was one."""
    rows = connection.execute(
        f"""
        select targets.scope_type, targets.scope_id, targets.count, earlier.record_id, earlier.told_until
        from (
            select scope_type, scope_id, count(*) as count from intermediate.int_targets__versions
            where not is_known_scope group by all
        ) as targets
        left join (
            select entity, earlier_name, arg_max(record_id, told_until) as record_id,
                max(told_until) as told_until
            from intermediate.int_names__earlier group by all
        ) as earlier
            on targets.scope_id = earlier.earlier_name
            and earlier.entity = {_list_of("targets.scope_type")}
        order by earlier.record_id is null, targets.count desc, targets.scope_type, targets.scope_id
        """
    ).fetchall()
    count = sum(row[2] for row in rows)
    told = text("quality.target_names.listed")
    if rows:
        kind, name, _, record, until = rows[0]
        values = {"targets": count, "names": len(rows), "name": name, "kind": kind}
        told = (
            text("quality.target_names.listed_before", **values, record=record, until=str(until))
            if record
            else text("quality.target_names.not_listed", **values)
        )
    return counted(
        UNKNOWN,
        "targets",
        "warning",
        count,
        told=told,
        sample=(
            f"{kind} {name} ({targets}{f'; {record} ≤ {until}' if record else ''})"
            for kind, name, targets, record, until in rows
        ),
    )


def _renamed(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    """Targets that call a team or person as an earlier load of its list did: they are counted for it."""
    rows = connection.execute(
        f"""
        select targets.scope_id, earlier.record_id, max(earlier.today_name), max(earlier.told_until),
            count(distinct (targets.source, targets.period, targets.scope_id))
        from ({relation_of(connection, "targets")}) as targets
        inner join intermediate.int_names__earlier as earlier
            on targets.scope_id = earlier.earlier_name
            and earlier.entity = {_list_of("targets.scope_type")}
        inner join intermediate.int_scopes as scopes
            on targets.scope_type = scopes.scope_type and earlier.today_name = scopes.scope_name
        left join intermediate.int_scopes as so_called
            on targets.scope_type = so_called.scope_type
            and targets.scope_id in (so_called.scope_id, so_called.scope_name)
        where so_called.scope_id is null
        group by targets.scope_id, earlier.record_id order by 5 desc, 1, 2
        """
    ).fetchall()
    count = sum(row[4] for row in rows)
    told = text("quality.target_names.as_today")
    if rows:
        name, record, today, until, _ = rows[0]
        told = text(
            "quality.target_names.as_before",
            targets=count,
            name=name,
            record=record,
            today=today,
            until=str(until),
        )
    return counted(
        RENAMED,
        "targets",
        "info",
        count,
        told=told,
        sample=(
            f"{name} → {today} ({record}, {targets})" for name, record, today, _, targets in rows
        ),
    )


def _list_of(scope_type: str) -> str:
    cases = " ".join(f"when '{kind}' then '{entity}'" for kind, entity in _LISTS.items())
    return f"case {scope_type} {cases} end"
