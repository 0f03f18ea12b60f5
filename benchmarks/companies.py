"""The companies whose nights are measured: the sample's, a sparser one, and many times the same.

Add here: another shape of company. Keep out: what is measured of it (`sizes.py`).

The sample company follows up its opportunities closely: nine activities each. Most companies write down less, so
each size can also be `sparse`: two of three opportunities and leads with what belongs to them, half of their
activities. Beyond 480 reps a company is made of whole copies of one of 480, each with people, teams and
customers of its own; regions, product lines and stages are one.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipelines.sample import write_sample

_AT_ONCE = 480  # reps of the company that is copied
_KEPT = "658"  # of 1,000 opportunities; of their activities 610
_ID_COLUMNS = {
    "users": ("user_id", "team_id", "manager_id"),
    "teams": ("team_id", "parent_team_id"),
    "accounts": ("account_id", "owner_id"),
    "contacts": ("contact_id", "account_id"),
    "leads": ("lead_id", "owner_id", "opportunity_id"),
    "opportunities": ("opportunity_id", "account_id", "owner_id"),
    "stage_history": ("event_id", "opportunity_id", "changed_by"),
    "activities": ("activity_id", "opportunity_id", "account_id", "owner_id"),
    "orders": ("order_id", "opportunity_id", "account_id", "owner_id"),
}
_OWN_WORDS = {
    "users": ("user_name || copy as user_name", "copy || email as email"),
    "teams": ("team_name || copy as team_name",),
    "accounts": (
        "account_name || copy as account_name",
        "copy || credit_code[length(copy) + 1:] as credit_code",
    ),
}
_OF_A_KEPT_DEAL = "opportunity_id in (select opportunity_id from kept)"


def write_company(sheets: Path, reps: int, *, sparse: bool = False) -> None:
    """The files of a company of so many reps; beyond 480 a multiple of it.

    Raises `ValueError` for a number of reps that is no such multiple.
    """
    copies, rest = divmod(reps, _AT_ONCE) if reps > _AT_ONCE else (1, 0)
    if rest:
        raise ValueError(f"companies beyond {_AT_ONCE} reps are multiples of it, not {reps}")
    company = write_sample(sheets, reps=min(reps, _AT_ONCE))
    if not sparse and copies == 1:
        return
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '4GB'; set preserve_insertion_order = true")
        for name in _ID_COLUMNS:
            file = sheets / f"{name}.csv"
            connection.execute(
                f"create table {name} as from read_csv('{file}', all_varchar = true, header = true)"
            )
        _thin(connection, _KEPT if sparse else "1000")
        connection.execute(
            f"create table copies as select 'K' || i as copy from range({copies}) as every(i)"
        )
        for name, columns in _ID_COLUMNS.items():
            told = [f"copy || {column} as {column}" for column in columns]
            told += _OWN_WORDS.get(name, ())
            other = f" replace ({', '.join(told)})" if copies > 1 else ""
            _copy(connection, f"select {name}.*{other} from {name}, copies", sheets / f"{name}.csv")
        if copies > 1:
            _copy_targets(connection, company.frames["targets"], copies, sheets)


def _thin(connection: duckdb.DuckDBPyConnection, kept: str) -> None:
    connection.execute(
        f"create table kept as from opportunities where hash(opportunity_id) % 1000 < {kept}"
    )
    if kept == "1000":
        return
    alone = "coalesce(opportunity_id, '') = ''"
    for name, key in (("leads", "lead_id"), ("orders", "order_id")):
        connection.execute(
            f"delete from {name} where not case when {alone} then hash({key}) % 1000 < {kept} "
            f"else {_OF_A_KEPT_DEAL} end"
        )
    connection.execute(f"delete from stage_history where not {_OF_A_KEPT_DEAL}")
    connection.execute(f"delete from contacts where hash(contact_id) % 1000 >= {kept}")
    connection.execute(
        "delete from activities where hash(activity_id) % 1000 >= 610 "
        f"or not ({alone} or {_OF_A_KEPT_DEAL})"
    )
    connection.execute("create or replace table opportunities as from kept")


def _copy_targets(
    connection: duckdb.DuckDBPyConnection, targets: object, copies: int, sheets: Path
) -> None:
    """One list in place of the workbooks: people and teams once per copy, all others so many times as high."""
    connection.register("written", targets)
    own = "scope_type in ('rep', 'team')"
    _copy(
        connection,
        f"select written.* replace (case when {own} then copy || scope_id else scope_id end as scope_id, "
        f"target_amount * case when {own} then 1 else {copies} end as target_amount) "
        f"from written, copies where {own} or copy = 'K0'",
        sheets / "targets.csv",
    )
    for workbook in sheets.glob("*.xlsx"):
        workbook.unlink()


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    connection.execute(f"copy ({query}) to '{file}' (header)")
