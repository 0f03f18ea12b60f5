"""The staging models on what really was loaded: the sample company comes out as it went in."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from jiandaoyun_tenant import NOW, Tenant
from staging_build import build_staging

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.records.fields import DECIMAL, UTC_MOMENT
from pipelines.warehouse.binding import bind, connect
from quality.completeness import check_counted_by_systems, counted_by_systems

AS_OF = dt.date(2026, 10, 31)
_SQL = {"string": "varchar", "bool": "boolean", "int64": "bigint", "date32[day]": "date"}


def build(tenant: Tenant, folder: Path) -> Path:
    """The warehouse of the tenant's loads, with the staging models built and tested by dbt."""
    warehouse = folder / "warehouse.duckdb"
    source = Source(
        name="jdy", system="jiandaoyun", base_url="http://127.0.0.1", options={"app_id": "x"}
    )
    settings = replace(tenant.settings, sources=(source,))
    bind(warehouse, settings, tenant.zone, as_of=AS_OF, known_at=None)
    with connect(warehouse) as connection:
        # Tables that no load has filled yet.
        for name, schema in tenant.connector().tables().items():
            columns = ", ".join(f'"{item.name}" {_sql_type(item.type)}' for item in schema)
            exists = connection.execute(
                "select 1 from information_schema.tables where table_schema = 'raw' "
                f"and table_name = 'jiandaoyun__{name}'"
            ).fetchone()
            if not exists:
                connection.execute(
                    f'create table raw."jiandaoyun__{name}" '
                    f"({columns}, source varchar, _loaded_at timestamptz)"
                )
    build_staging("jiandaoyun", warehouse)
    return warehouse


def _sql_type(kind: Any) -> str:
    if kind == DECIMAL:
        return "decimal(28, 8)"
    return "timestamptz" if kind == UTC_MOMENT else _SQL[str(kind)]


def staged(warehouse: Path, entity: str) -> list[dict[str, Any]]:
    columns = ", ".join(column.name for column in ENTITIES[entity].columns)
    with connect(warehouse, read_only=True) as connection:
        connection.execute("set timezone = 'Asia/Shanghai'")
        cursor = connection.execute(f"select {columns} from staging.stg_jiandaoyun__{entity}")
        names = [item[0] for item in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def plain(value: Any) -> Any:
    """A value without what the two sides write differently: types, zones, and kinds of nothing."""
    if value is None or value is pd.NaT or (isinstance(value, float) and pd.isna(value)):
        return None
    if isinstance(value, (pd.Timestamp, dt.datetime)):
        moment = pd.Timestamp(value)
        return moment.tz_localize(None).to_pydatetime().replace(microsecond=0)
    return value if isinstance(value, (str, bool, dt.date)) else float(value)


def expected(tenant: Tenant, company: dict[str, pd.DataFrame], entity: str) -> list[dict[str, Any]]:
    """The canonical rows with the ids that the system gave."""
    ids = tenant.ids
    translated = {
        "account_id": ids["accounts"],
        "contact_id": ids["contacts"],
        "lead_id": ids["leads"],
        "opportunity_id": ids["opportunities"],
        "event_id": ids["stage_history"],
        "activity_id": ids["activities"],
        "order_id": ids["orders"],
        "team_id": ids["teams"],
    }
    rows = []
    for given in company[entity].to_dict("records"):
        row = {column.name: plain(given.get(column.name)) for column in ENTITIES[entity].columns}
        for column, names in translated.items():
            if row.get(column) is not None:
                row[column] = names.get(row[column])
        for column in ENTITIES[entity].columns:
            if column.kind == "date" and isinstance(row[column.name], dt.datetime):
                row[column.name] = row[column.name].date()
        if entity == "targets" and row["scope_type"] == "team":
            row["scope_id"] = ids["teams"][row["scope_id"]]
        rows.append(row)
    return rows


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, default=str, ensure_ascii=False, sort_keys=True) for row in rows)


@pytest.fixture
def warehouse(filled: Tenant, tmp_path: Path) -> Path:
    filled.zone = RawZone(tmp_path / "raw", tmp_path / "dlt")  # dlt and all, as in a night
    filled.load()
    return build(filled, tmp_path)


def test_the_company_comes_out_as_it_went_in(
    filled: Tenant, company: dict[str, pd.DataFrame], warehouse: Path
) -> None:
    # Not there in the system: people's mail, managers and past stays; compared below.
    for entity in set(ENTITIES) - {"users", "teams"}:
        found = [{k: plain(v) for k, v in row.items()} for row in staged(warehouse, entity)]
        assert in_order(found) == in_order(expected(filled, company, entity)), entity
    with connect(warehouse, read_only=True) as connection:
        counted = {item.object: item for item in counted_by_systems(connection)}
        assert [r for r in check_counted_by_systems(connection) if not r.passed] == []
    assert counted["orders"].system_rows == counted["orders"].arrived_rows == len(company["orders"])
    teams = {row["team_id"]: row for row in staged(warehouse, "teams")}
    for team in company["teams"].to_dict("records"):
        found = teams.pop(filled.ids["teams"][team["team_id"]])
        assert (found["team_name"], found["region"]) == (team["team_name"], team["region"])
    assert teams == {}
    users = {row["user_id"]: row for row in staged(warehouse, "users")}
    for user in company["users"].drop_duplicates("user_id", keep="last").to_dict("records"):
        if user["user_id"] in users:
            found = users[user["user_id"]]
            assert found["user_name"] == user["user_name"]
            assert found["is_active"] == (plain(user["valid_to"]) is None)
            team = plain(user["team_id"])
            assert found["team_id"] == (filled.ids["teams"][team] if team else None)
    assert filled.simulator.directory <= set(users)


def test_three_nights_of_changes_give_history(deals: Tenant, tmp_path: Path) -> None:
    start = NOW - dt.timedelta(days=30)
    moved, gone = deals.deal(1, start), deals.deal(2, start)
    deals.load()
    deals.simulator.advance(86_400)
    deals.simulator.edit(
        "商机", moved, {"销售阶段": {"name": "方案报价"}, "预计金额（元）": 5000}, by="u_wang"
    )
    deals.simulator.remove("商机", gone)
    deals.simulator.people["u_lin"]["departments"] = [11]
    deals.simulator.directory.remove("u_wang")
    deals.load()
    warehouse = build(deals, tmp_path)
    (deal,) = staged(warehouse, "opportunities")
    assert (deal["opportunity_id"], deal["stage"]) == (moved, "方案报价")
    (change,) = staged(warehouse, "stage_history")
    assert (change["from_stage"], change["to_stage"]) == ("初步接洽", "方案报价")
    assert (change["changed_at"], change["changed_by"]) == (deals.simulator.clock, "u_wang")
    with connect(warehouse, read_only=True) as connection:
        amounts = connection.execute(
            "select amount from staging.stg_jiandaoyun__opportunity_versions order by changed_at"
        ).fetchall()
    assert [float(row[0]) for row in amounts] == [1001.0, 5000.0]
    stays = {(row["user_id"], row["team_id"]): row for row in staged(warehouse, "users")}
    first = (NOW + dt.timedelta(hours=8)).date()
    assert stays["u_lin", "12"]["valid_to"] == first
    assert stays["u_lin", "11"]["valid_from"] == first + dt.timedelta(days=1)
    assert stays["u_wang", "12"]["valid_to"] == first
    assert [row["is_active"] for row in stays.values()].count(True) == 2
