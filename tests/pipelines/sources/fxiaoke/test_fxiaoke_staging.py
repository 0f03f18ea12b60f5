"""The sample company through 纷享销客, raw zone and staging: the same as in the sample.

Beside it stand a few records that change from night to night (`fxiaoke_nights.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from fxiaoke_nights import Nights
from fxiaoke_source import DEAL
from simulators.company import records

# Column -> object whose ids it holds.
OBJECTS = {
    "user_id": "user",
    "owner_id": "user",
    "manager_id": "user",
    "changed_by": "user",
    "team_id": "DepartmentObj",
    "account_id": "AccountObj",
    "contact_id": "ContactObj",
    "lead_id": "LeadsObj",
    "opportunity_id": DEAL,
    "activity_id": "ActiveRecordObj",
    "order_id": "SalesOrderObj",
}
# What tells two rows of an entity apart, where it is not the first column.
KEYS = {
    "stage_history": ("opportunity_id",),
    "targets": ("period", "scope_type", "scope_id", "metric"),
}
# Columns that a tenant cannot give back as they were, and why.
DIFFERENT = {
    "users": {
        "valid_from",
        "valid_to",
    },  # only the present is known; the past begins with the first load
    "teams": {"parent_team_id"},  # the department above is the region's
    # Only the last move is known, without the stage before it, its editor and the amount of then.
    "stage_history": {"event_id", "from_stage", "changed_by", "amount"},
    # The last version alone, known since the record was made.
    "targets": {"version", "reason", "effective_from"},
}


@pytest.fixture(scope="module")
def nights(
    tmp_path_factory: pytest.TempPathFactory, company: dict[str, pd.DataFrame]
) -> Iterator[Nights]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("ID", "FSAID_1"), ("SECRET", "sim-secret"), ("CODE", "sim-perm")):
            patch.setenv(f"FXIAOKE_{name}", value)
        yield Nights(tmp_path_factory.mktemp("fxiaoke"), company)


def expected(company: dict[str, pd.DataFrame], entity: str) -> list[dict[str, Any]]:
    """The part of the sample that a tenant can know."""
    rows = records(company, entity)
    if entity == "users":  # of several stays the last is the present
        return list({row["user_id"]: row for row in rows}.values())
    if entity == "stage_history":
        rows.sort(key=lambda row: (row["changed_at"], row["event_id"]))
        return list({row["opportunity_id"]: row for row in rows}.values())
    if entity == "targets":
        rows.sort(key=lambda row: row["effective_from"])
        kept = [r for r in rows if r["scope_type"] != "product_line" and "Q" not in r["period"]]
        key = ("period", "scope_type", "scope_id", "metric")
        return list(
            {tuple(row[k] for k in key): row for row in kept if len(row["period"]) == 7}.values()
        )
    return rows


@pytest.mark.parametrize(
    "entity",
    [
        "users",
        "teams",
        "accounts",
        "contacts",
        "leads",
        "opportunities",
        "stage_history",
        "activities",
        "orders",
        "targets",
    ],
)
def test_staging_gives_the_sample_back(
    nights: Nights, company: dict[str, pd.DataFrame], entity: str
) -> None:
    back = {(name, theirs): ours for (name, ours), theirs in nights.ids.items()}

    def ours(row: dict[str, Any]) -> dict[str, Any]:
        row = {k: back.get((OBJECTS.get(k, ""), v), v) for k, v in row.items()}
        if entity == "targets" and row["scope_type"] in ("rep", "team"):
            home = "user" if row["scope_type"] == "rep" else "DepartmentObj"
            row["scope_id"] = back.get((home, row["scope_id"]), row["scope_id"])
        return row

    wanted = expected(company, entity)
    added = ("x-", "9001", "9002")
    got = [
        ours(row)
        for row in nights.rows(entity)
        if not any(str(row.get(name)).startswith(added) for name in (*OBJECTS, "scope_id"))
    ]
    if entity == "teams":
        got = [row for row in got if row["team_id"] in {team["team_id"] for team in wanted}]
    if entity == "users":  # heads without a team of their own stand in their region's department
        regions = {row["region"] for row in records(company, "teams")}
        got = [{**r, "team_id": None if r["team_id"] in regions else r["team_id"]} for r in got]
    compared = set(wanted[0]) & set(got[0]) - DIFFERENT.get(entity, set())
    assert len(compared) >= 3

    key = KEYS.get(entity, (next(iter(wanted[0])),))

    def bare(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
        return {tuple(row[k] for k in key): {n: row[n] for n in compared} for row in rows}

    assert len(got) == len(wanted) == len(bare(wanted))
    assert bare(got) == bare(wanted)


def test_the_canonical_columns_are_all_there(nights: Nights, company: dict[str, Any]) -> None:
    for entity in company:
        columns = nights.connection.execute(f"describe staging.stg_fxiaoke__{entity}").fetchall()
        assert set(records(company, entity)[0]) <= {name for name, *_ in columns}
    assert nights.said == {}


def test_what_the_tenant_counted_is_there(nights: Nights) -> None:
    """The last night read everything; of people staging counts others than the tenant."""
    rows = {row["object"]: row for row in nights.rows("completeness")}
    assert len(rows) == 10
    for name, row in rows.items():
        assert row["system_rows"] == row["arrived_rows"] > 0, name


def test_nights_give_history(nights: Nights) -> None:
    moves = [row for row in nights.rows("stage_history") if row["opportunity_id"] == "x-moves"]
    moves.sort(key=lambda row: row["changed_at"])
    assert [(m["from_stage"], m["to_stage"], m["changed_at"], m["is_observed"]) for m in moves] == [
        ("初步接洽", "需求确认", nights.moved, True),
        ("需求确认", "商务谈判", nights.pushed_seen, True),
    ]
    deals = {row["opportunity_id"]: row for row in nights.rows("opportunities")}
    assert {key for key in deals if key.startswith("x-")} == {"x-moves", "x-closes"}
    closed = deals["x-closes"]
    assert (closed["stage"], closed["closed_at"]) == ("赢单", nights.closed)
    assert closed["updated_at"] > nights.closed
    versions = [r for r in nights.rows("opportunity_versions") if r["opportunity_id"] == "x-moves"]
    versions.sort(key=lambda row: row["changed_at"])
    assert [(v["owner_id"], float(v["amount"])) for v in versions] == [("1000", 10), ("1001", 20)]
    assert [v["changed_at"] for v in versions] == [nights.first, nights.closed]


def test_nights_give_the_past_of_people(nights: Nights) -> None:
    stays = sorted(
        (r for r in nights.rows("users") if r["user_id"] == "9001"),
        key=lambda r: r["valid_to"] or dt.date.max,
    )
    day = (nights.closed + dt.timedelta(hours=8)).date()
    assert [(s["team_id"], s["valid_from"], s["valid_to"]) for s in stays] == [
        ("1002", None, day - dt.timedelta(days=1)),
        ("1003", day, None),
    ]
    assert all(stay["is_active"] for stay in stays)
    (left,) = [row for row in nights.rows("users") if row["user_id"] == "9002"]
    assert not left["is_active"]
    assert left["valid_to"] == (nights.first + dt.timedelta(hours=8, seconds=60)).date()


def test_orders_that_bind_nobody_are_left_out(nights: Nights) -> None:
    assert "x-draft" not in {row["order_id"] for row in nights.rows("orders")}


def test_versions_of_goals(nights: Nights) -> None:
    targets = [row for row in nights.rows("targets") if row["period"].startswith("2031")]
    made = (nights.first + dt.timedelta(hours=8)).date()
    changed = (nights.closed + dt.timedelta(hours=8)).date()
    found = sorted(
        (t["period"], t["scope_id"], float(t["target_amount"]), t["effective_from"])
        for t in targets
    )
    assert found == [
        ("2031", "9002", 1200, made),  # no month is filled, so the year counts
        ("2031-01", "9001", 101, changed),
        ("2031-01", "9001", 111, made),  # two details of one rule
    ]
