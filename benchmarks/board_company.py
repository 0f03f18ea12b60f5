"""A published company of 5,000 people and a million deals, made of a small one by SQL alone.

Add here: how rows of a published mart become those of many companies in one. Keep out: what is measured
on it (`board.py`).

Every person, team, customer, deal and warning of the small company is there `copies` times under further
names, in further regions; the company and its product lines stay one. Rows lie in the order in which a
night writes them, so that a read skips as much of a file as it would skip there.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.ledger.models import Episode, EpisodeChange
from pipelines.ledger.store import open_ledger

REGIONS = 8
WARNINGS, OPEN_SHARE = 5000, 5
_IDS = {"opportunity_id", "account_id", "owner_id", "team_id", "rep_id", "manager_id", "order_id",
        "activity_id", "alert_id", "case_id", "parent_alert_id", "root_alert_id", "person_id",
        "parent_team_id"}  # fmt: skip
_ABOUT_ALERTS = ("fct_alerts", "fct_cases", "wide_alerts")
_ONE = ("dim_date", "dim_metric", "dim_stage", "rpt_rule_records", "rpt_freshness", "rpt_data_quality",
        "rpt_projection_calibration", "rpt_alert_calibration", "rpt_rule_readiness")  # fmt: skip
_LEDGER = set(Episode.__table__.columns.keys())


def make(small: Path, big: Path, people: int = 5000) -> None:
    """The data folder `big` from the published version in the data folder `small`."""
    version = big / "versions" / "1"
    version.mkdir(parents=True)
    manifest = json.loads((small / "current" / "manifest.json").read_text())
    (version / "manifest.json").write_text(json.dumps({**manifest, "version": 1}))
    with duckdb.connect(config={"memory_limit": "4GB", "threads": "2"}) as connection:
        connection.execute(f"attach '{small / 'current' / 'forewarn.duckdb'}' as small (read_only)")
        connection.execute(f"attach '{version / 'forewarn.duckdb'}' as big")
        connection.execute("create schema big.marts")
        ((own,),) = connection.execute(
            "select count(*) from small.marts.dim_rep_current"
        ).fetchall()
        ((alerts,),) = connection.execute("select count(*) from small.marts.fct_alerts").fetchall()
        copies = -(-people // own)
        for (mart,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'small'"
        ).fetchall():
            times = -(-WARNINGS // alerts) if mart in _ABOUT_ALERTS else copies
            _copy(connection, mart, times)
        _open_some(connection)
        _remember(connection, big, manifest["as_of"])
    (big / "current").symlink_to(Path("versions") / "1")


def publish_again(big: Path) -> None:
    """The same rows as another version, made current by one swap, as a night does."""
    number = 1 + max(int(folder.name) for folder in (big / "versions").iterdir())
    version = big / "versions" / str(number)
    version.mkdir()
    old = (big / "current").resolve()
    (version / "forewarn.duckdb").hardlink_to(old / "forewarn.duckdb")
    manifest = json.loads((old / "manifest.json").read_text())
    (version / "manifest.json").write_text(
        json.dumps({**manifest, "version": number, "fingerprint": f"again{number}"})
    )
    (big / "next").symlink_to(Path("versions") / str(number))
    (big / "next").replace(big / "current")


def _copy(connection: duckdb.DuckDBPyConnection, mart: str, copies: int) -> None:
    names = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = 'small' and table_name = ?",
            [mart],
        ).fetchall()
    ]
    if mart in _ONE:
        connection.execute(f"create table big.marts.{mart} as from small.marts.{mart}")
        return
    other = {name: _named(name) for name in names}
    chosen = ", ".join(f'{other[name]} as "{name}"' for name in names)
    wanted = "true"
    if "scope_type" in names:
        wanted = (
            "copy = 0 or scope_type in ('team', 'rep') "
            f"or (scope_type = 'region' and copy <= {REGIONS})"
        )
    order = ", ".join(str(n + 1) for n in range(min(len(names), 8)))
    connection.execute(
        f"create table big.marts.{mart} as select {chosen} from small.marts.{mart}, "
        f"range({copies}) as copies(copy) where {wanted} order by {order}"
    )


def _named(name: str) -> str:
    """SQL: a column's value in a copy."""
    region = f"case copy when 0 then {{0}} else {{0}} || (1 + (copy - 1) % {REGIONS}) end"
    own = "case copy when 0 then {0} else {0} || '-' || copy end"
    if name in _IDS:
        return own.format(name)
    if name == "region":
        return region.format(name)
    if name in ("scope_id", "scope_name", "parent_scope_id", "parent_scope_name"):
        kind = "parent_scope_type" if name.startswith("parent") else "scope_type"
        return (
            f"case {kind} when 'region' then {region.format(name)} "
            f"when 'team' then {own.format(name)} when 'rep' then {own.format(name)} else {name} end"
        )
    return f'"{name}"'


def _open_some(connection: duckdb.DuckDBPyConnection) -> None:
    """Every fifth case is open, each by its own copy of a warning."""
    connection.execute(
        "update big.marts.fct_alerts set state = 'open', closed_on = null, mode = 'alert' "
        f"where hash(coalesce(case_id, alert_id)) % {OPEN_SHARE} = 0"
    )


def _remember(connection: duckdb.DuckDBPyConnection, big: Path, as_of: str) -> None:
    """A ledger that holds the same warnings."""
    cursor = connection.execute("from big.marts.fct_alerts")
    names = [column[0] for column in cursor.description or ()]
    ledger = open_ledger(f"sqlite:///{big / 'ledger.db'}")
    try:
        with ledger.writing() as session:
            for values in cursor.fetchall():
                row = dict(zip(names, values, strict=True))
                session.add(_episode(row, dt.date.fromisoformat(as_of)))
                session.flush()
                session.add(
                    EpisodeChange(
                        alert_id=row["alert_id"], number=1, epoch=1, change="opened",
                        level_to=row["peak_level"], as_of=row["opened_on"],
                        recorded_at=_moment(row["opened_on"]),
                    )
                )  # fmt: skip
    finally:
        ledger.close()


def _episode(row: dict[str, Any], as_of: dt.date) -> Episode:
    kept = {name: row[name] for name in _LEDGER if name in row and name != "details"}
    for name in ("acknowledged_at", "planned_at", "resolved_at", "snoozed_until", "assigned_to",
                 "resolved_by", "outcome"):  # fmt: skip
        kept[name] = None
    money = row["amount_at_risk"]
    return Episode(**{
        **kept, "as_of": as_of, "origin": "evaluated", "recorded_at": _moment(row["opened_on"]),
        "level_since": row["opened_on"], "opened_value": row["value"], "withdrawn": False, "epoch": 1,
        "changes": 1, "amount_at_risk": None if money is None else Decimal(str(money)),
        "details": json.dumps({k: v for k, v in row.items() if k not in _LEDGER}, default=str),
    })  # fmt: skip


def _moment(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, 6, tzinfo=dt.UTC)


def emptied(folder: Path) -> Path:
    """The folder, new and empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
