"""What people who read with other tools find after a night: names, comments, no doubling, nothing private."""

from __future__ import annotations

import csv
import json
import re

import pandas as pd
import psycopg
import pytest
from nightly_site import Installation

from pipelines.publishing.postgres import follow
from pipelines.settings import PROJECT, load_settings

pytestmark = pytest.mark.nightly
BI = PROJECT / "docs" / "bi"


def test_every_table_and_column_is_described_tables_in_both_languages(
    published: Installation,
) -> None:
    tables = published.query(
        "select table_name, comment from duckdb_tables() where schema_name = 'marts'"
    )
    for name, comment in tables:
        assert re.search(r"[\u4e00-\u9fff]", comment or ""), name
        assert re.search(r"[A-Za-z]{4}", comment or ""), name
    bare = published.query(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'marts' and not coalesce(regexp_matches(comment, '[\u4e00-\u9fff].*[A-Za-z]'), false)"
    )
    assert bare == []


@pytest.mark.parametrize(
    ("wide", "fact"),
    [
        ("select count(*), sum(amount) from marts.wide_opportunities",
         "select count(*), sum(amount) from marts.fct_opportunities"),
        ("select count(*), count(distinct alert_id) from marts.wide_alerts",
         "select count(*), count(*) from marts.fct_alerts"),
        ("select count(revenue_target), sum(revenue_actual), sum(orders_actual), sum(new_accounts_actual) "
         "from marts.wide_targets",
         "select count(target_amount) filter (where metric = 'revenue'), "
         "sum(actual_amount) filter (where metric = 'revenue'), "
         "sum(actual_amount) filter (where metric = 'orders'), "
         "sum(actual_amount) filter (where metric = 'new_accounts') from marts.fct_target_completion"),
        ("select count(*), count(distinct rep_id) from marts.dim_rep_current",
         "select count(distinct rep_id), count(distinct rep_id) from marts.dim_rep"),
        ("select sum(people) from marts.dim_team",
         "select count(*) from marts.dim_rep where is_current and is_active and team_id is not null"),
        ("select count(*) from marts.fct_orders as o join marts.dim_rep_current as r on o.owner_id = r.rep_id",
         "select count(*) from marts.fct_orders where owner_id is not null"),
    ],
)  # fmt: skip
def test_wide_tables_double_and_lose_nothing(published: Installation, wide: str, fact: str) -> None:
    found = published.query(wide)
    assert found == published.query(fact)
    assert found[0][0] > 0


def test_names_stand_beside_ids(published: Installation) -> None:
    for table, ident, name in (
        ("wide_opportunities", "account_id", "account_name"),
        ("wide_opportunities", "owner_id", "owner_name"),
        ("wide_opportunities", "team_id", "team_name"),
        ("wide_alerts", "owner_id", "owner_name"),
        ("wide_targets", "scope_id", "scope_name"),
        ("wide_targets", "owner_id", "owner_name"),
        ("dim_team", "owner_id", "owner_name"),
    ):
        query = f"select count(*), count({name}) from marts.{table} where {ident} is not null"
        ((rows, named),) = published.query(query)
        assert rows == named > 0, (table, name)
    ((running, of_today),) = published.query(
        "select count(distinct period_start), bool_and(as_of between period_start and period_end) "
        "from marts.wide_targets where is_running and period_type = 'quarter'"
    )
    assert (running, of_today) == (1, True)


def test_nothing_private_is_published(published: Installation) -> None:
    private = set()
    for sheet, column in (("contacts.csv", "contact_name"), ("users.csv", "email")):
        with (published.sheets / sheet).open(encoding="utf-8-sig", newline="") as handle:
            private |= {row[column] for row in csv.DictReader(handle) if row[column]}
    staff = {name for (name,) in published.query("select rep_name from marts.dim_rep")}
    private -= staff  # namesakes
    assert len(private) > 50
    pattern = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?<![\da-f])1[3-9]\d{9}(?![\da-f])")
    for (name,) in published.query(
        "select table_name from duckdb_tables() where schema_name = 'marts'"
    ):
        frame = pd.read_parquet(published.current / "parquet" / f"{name}.parquet")
        for column in frame.select_dtypes(exclude=["number", "bool", "datetime"]).columns:
            texts = set(frame[column].dropna().astype(str))
            assert not texts & private, (name, column)
            assert not [text for text in texts if pattern.search(text)], (name, column)


def test_the_example_notebook_runs(
    published: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWARN_DATA", str(published.data))
    book = json.loads((BI / "example.ipynb").read_text(encoding="utf-8"))
    assert all(not cell.get("outputs") for cell in book["cells"])
    names: dict[str, object] = {}
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    for table in ("tables", "targets", "pipeline", "warnings", "deals"):
        frame = names[table]
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) > 0, table


def test_what_the_pages_name_is_published(published: Installation) -> None:
    columns = {
        name for (name,) in published.query("select distinct column_name from duckdb_columns()")
    }
    tables = {name for (name,) in published.query("select table_name from duckdb_tables()")}
    known = columns | tables
    for page in sorted(BI.glob("*.md")):
        said = page.read_text(encoding="utf-8")
        named = re.findall(r"\b((?:wide|fct|dim|rpt)_\w+)", said)
        assert set(named) <= known, (page.name, set(named) - known)
        for word in re.findall(r"`([a-z]+_[a-z_]+)`", said):
            assert word in known | {
                "forewarn_reader",
                "read_sql_table",
                "pg_collation",
                "autoload_with",
            }, (
                page.name,
                word,
            )


@pytest.mark.postgres
def test_postgresql_holds_all_of_a_night(published: Installation, postgres_url: str) -> None:
    settings = load_settings(published.config, published.data)
    url = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    done = follow(settings, url)
    assert done.new
    assert done.remarks == ()
    with psycopg.connect(url) as connection:
        for table in ("wide_targets", "fct_metrics", "rpt_data_quality", "dim_date"):
            sent = published.query(f"select * from marts.{table} order by all")
            order = ", ".join(str(place + 1) for place in range(len(sent[0])))
            query = f"select * from marts.{table} order by {order}"
            arrived = connection.execute(query).fetchall()  # type: ignore[arg-type]
            assert set(arrived) == set(sent), table
            assert len(arrived) == len(sent)
