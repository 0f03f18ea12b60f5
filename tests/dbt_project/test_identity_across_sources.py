"""Two sources that know the same people, customers and orders: the marts know each of them once."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from built_sample import build

from pipelines.raw_zone.zone import RawZone
from pipelines.settings import load_settings
from pipelines.sources.registry import connector_of
from pipelines.warehouse.binding import bind, connect

AS_OF = dt.date(2026, 3, 31)
# Rows by entity; ids that begin with E, and the first target, are the second source's.
ROWS = {
    "users": [
        {
            "user_id": "U1",
            "user_name": "Li",
            "email": "li@x.cn",
            "team_id": "T1",
            "manager_id": "U9",
        },
        {"user_id": "U9", "user_name": "Chen", "team_id": "T1"},
        {"user_id": "E1", "user_name": "李明", "email": "LI@x.cn"},
        {"user_id": "E2", "user_name": "Wu", "manager_id": "E1"},
    ],
    "teams": [{"team_id": "T1", "team_name": "East", "region": "East"}],
    "accounts": [
        {"account_id": "A1", "account_name": "联合（中国）", "owner_id": "U1"},
        {"account_id": "E5", "account_name": "联合 (中国)", "created_at": "2026-01-05"},
    ],
    "opportunities": [
        {
            "opportunity_id": "D1",
            "account_id": "A1",
            "owner_id": "U1",
            "stage": "Lead",
            "amount": 100,
            "created_at": "2026-01-10",
        }
    ],
    "activities": [
        {"activity_id": "E7", "account_id": "E5", "owner_id": "E1", "occurred_at": "2026-03-02"}
    ],
    "orders": [
        {
            "order_id": "O1",
            "opportunity_id": "D1",
            "account_id": "A1",
            "amount": 100,
            "ordered_at": "2026-03-01",
        },
        {
            "order_id": "E8",
            "opportunity_id": "D1",
            "account_id": "E5",
            "owner_id": "E1",
            "amount": 100.01,
            "ordered_at": "2026-03-04",
            "promised_at": "2026-03-20",
        },
        {"order_id": "E9", "account_id": "E5", "amount": 55, "ordered_at": "2026-03-04"},
    ],
    "targets": [
        {"period": "2026-03", "scope_type": "rep", "scope_id": "E1", "target_amount": 10},
        {"period": "2026-02", "scope_type": "rep", "scope_id": "李明", "target_amount": 20},
        {"period": "2026-01", "scope_type": "rep", "scope_id": "U9", "target_amount": 30},
    ],
}


COMPANY = """\
name: Two Islands
language: en
currency: CNY
timezone: Asia/Shanghai
calendar: CN
clock: 2026-03-31
"""
SOURCES = """\
sources:
  - {name: crm, system: spreadsheet, folder: crm}
  - {name: erp, system: spreadsheet, folder: erp}
"""
STAGES = "source,source_stage,stage,stage_order,outcome\n*,Lead,Lead,1,open\n*,Won,Won,2,won\n*,Lost,Lost,3,lost\n"
PEOPLE = "person_id,name,email,source,source_user_id\nP9,Chen,,crm,U9\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = tmp_path_factory.mktemp("identity")
    config = root / "config"
    for source in ("crm", "erp"):
        (config / source).mkdir(parents=True)
    for name, text in (
        ("company.yml", COMPANY),
        ("sources.yml", SOURCES),
        ("stages.csv", STAGES),
        ("people.csv", PEOPLE),
    ):
        (config / name).write_text(text, encoding="utf-8")
    for entity, rows in ROWS.items():
        frame = pd.DataFrame(rows)
        second = frame.iloc[:, 0].str.startswith("E") if entity != "targets" else frame.index == 0
        for source, part in (("crm", frame[~second]), ("erp", frame[second])):
            if len(part):
                part.to_csv(config / source / f"{entity}.csv", index=False)
    settings = load_settings(config, root / "data")
    zone = RawZone(settings.raw_dir, root / "work")
    for source in settings.sources:
        connector = connector_of(source, settings)
        zone.load(
            source.name, source.system, connector, now=dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
        )
    path = root / "warehouse.duckdb"
    bind(path, settings, zone, as_of=AS_OF, known_at=None)
    build(path, AS_OF, "fct_orders", "fct_activities", "dim_rep", "int_targets__versions")
    with connect(path, read_only=True) as connection:
        yield connection


def test_a_person_is_one_with_the_team_and_manager_of_one_source(built):
    assert built.execute(
        "select rep_id, team_id, manager_id from marts.dim_rep where is_current order by 1"
    ).fetchall() == [("E2", None, "U1"), ("P9", "T1", None), ("U1", "T1", "P9")]


def test_what_names_a_person_or_a_customer_finds_him(built):
    # The only record with a date is the older one, and so gives the id.
    assert built.execute(
        "select owner_id, account_id, team_id from marts.fct_activities"
    ).fetchall() == [("U1", "E5", "T1")]
    assert built.execute(
        "select period_start, scope_id from intermediate.int_targets__versions order by 1"
    ).fetchall() == [
        (dt.date(2026, 1, 1), "P9"),
        (dt.date(2026, 2, 1), "U1"),
        (dt.date(2026, 3, 1), "U1"),
    ]


def test_an_order_told_twice_counts_once_and_nothing_of_it_is_lost(built):
    orders = built.execute(
        "select order_id, source, account_id, owner_id, original_amount, ordered_on, promised_on "
        "from marts.fct_orders order by 1"
    ).fetchall()
    assert [(*row[:4], float(row[4]), *row[5:]) for row in orders] == [
        ("E9", "erp", "E5", "U1", 55.0, dt.date(2026, 3, 4), None),
        ("O1", "crm", "E5", "U1", 100.0, dt.date(2026, 3, 1), dt.date(2026, 3, 20)),
    ]
    assert built.execute(
        "select order_id, kept_order_id, rule from intermediate.int_orders__duplicates"
    ).fetchall() == [("E8", "O1", "match")]
