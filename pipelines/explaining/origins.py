"""Where a record came from: file and cell of a sheet, or the system and the record's own id there.

Add here: another kind of record that figures are made of. Keep out: which records count.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

# Kind of record: the table that tells it, its key, its name, and its canonical entity.
_KINDS = {
    "opportunities": ("marts.fct_opportunities", "opportunity_id", "opportunity_name"),
    "orders": ("marts.fct_orders", "order_id", "status"),
    "activities": ("marts.fct_activities", "activity_id", "activity_type"),
    "leads": ("intermediate.int_metrics__leads", "lead_id", "lead_id"),
    "accounts": ("marts.dim_account", "account_id", "account_name"),
}


def entity_of(records: str, revenue_basis: str) -> str:
    """The entity of a metric's records; credits are orders or opportunities. Empty: not told."""
    if records == "credits":
        return "orders" if revenue_basis == "orders" else "opportunities"
    return records if records in _KINDS else ""


def describe(
    connection: duckdb.DuckDBPyConnection, entity: str, ids: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Record id -> (origin, name); ids that no table tells are missing.

    A sheet's rows are told by file and cell, those of a system by the source and the id there.
    """
    table, key, name = _KINDS[entity]
    columns = _columns(connection, *table.split("."))
    source = "t.source" if "source" in columns else "cast(null as varchar)"
    shown = f"cast(t.{name} as varchar)" if name in columns else "''"
    sheet = (
        f"left join raw.spreadsheet__{entity} r on cast(r.{key} as varchar) = t.{key} "
        + (f"and r.source = {source}" if "source" in columns else "")
        if _columns(connection, "raw", f"spreadsheet__{entity}")
        else "left join (select null as _file, null as _address) r on false"
    )
    wanted = [str(value) for value in dict.fromkeys(ids)]
    rows = connection.execute(
        f"select t.{key}, any_value({source}), any_value({shown}), any_value(r._file), "
        f"any_value(r._address) from {table} t {sheet} "
        f"where list_contains(?, t.{key}) group by t.{key}",
        [wanted],
    ).fetchall()
    return {
        str(ident): (_origin(src, ident, file, at), text or "")
        for ident, src, text, file, at in rows
    }


def _origin(source: str | None, ident: str, file: str | None, address: str | None) -> str:
    if file:
        return f"{file} {address}" if address else file
    return f"{source} {ident}" if source else str(ident)


def _columns(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> set[str]:
    rows = connection.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return {name for (name,) in rows}
