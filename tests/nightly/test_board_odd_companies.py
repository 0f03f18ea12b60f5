"""Companies unlike the sample: empty, without targets or orders, one person, a crowd with long names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from board_server import PAGES
from nightly_site import Installation
from starlette.testclient import TestClient

from pipelines.commands.board import board_app

LONG = "一个名字特别长的销售团队成员" * 4 + "某某某某"  # 60 characters
KEPT = ("dim_date", "dim_metric", "dim_stage", "rpt_rule_records")


def emptied(reader: duckdb.DuckDBPyConnection) -> None:
    """Before the first record: only what the program itself brings, and the company."""
    for (name,) in reader.execute("select table_name from duckdb_tables()").fetchall():
        if name not in KEPT:
            where = " where scope_type <> 'company'" if name == "dim_scope" else ""
            reader.execute(f"delete from marts.{name}{where}")


def one_rep(reader: duckdb.DuckDBPyConnection) -> None:
    emptied(reader)
    reader.execute(
        "insert into marts.dim_scope values ('rep', 'r1', 'Ann', 'company', 'company', 'r1', true)"
    )


def no_targets_no_orders(reader: duckdb.DuckDBPyConnection) -> None:
    for name in (
        "fct_targets",
        "fct_orders",
        "fct_target_completion_history",
        "rpt_target_alignment",
    ):
        reader.execute(f"delete from marts.{name}")
    reader.execute(
        "update marts.fct_target_completion set target_amount = null, attainment = null, level = 'no_target', "
        "original_target_amount = null, projected_amount = null, expected_amount = null, miss_probability = null"
    )


def a_crowd(reader: duckdb.DuckDBPyConnection) -> None:
    """300 people in one team, every name of 60 characters, 400 warnings."""
    team = reader.execute(
        "select scope_id from marts.dim_scope where scope_type = 'team' limit 1"
    ).fetchall()[0][0]
    reader.execute(
        "insert into marts.dim_scope select 'rep', 'crowd' || i, ?, 'team', ?, 'crowd' || i, true from range(300) t(i)",
        [LONG, team],
    )
    reader.execute("update marts.dim_scope set scope_name = ? where scope_type = 'team'", [LONG])
    reader.execute(
        "insert into marts.fct_target_completion by name select one.* replace ('crowd' || i as scope_id, ? as scope_name) "
        "from (select * from marts.fct_target_completion where scope_type = 'rep' "
        "and period_type = 'quarter' and metric = 'revenue' order by period_start desc limit 1) one, range(300) t(i)",
        [LONG],
    )
    reader.execute(
        "insert into marts.fct_alerts by name select one.* replace ('many' || i as alert_id, ? as scope_name) "
        "from (select * from marts.fct_alerts limit 1) one, range(400) t(i)",
        [LONG],
    )


@pytest.mark.parametrize("change", [emptied, one_rep, no_targets_no_orders, a_crowd])
def test_no_page_breaks(
    published: Installation,
    change: Callable[[duckdb.DuckDBPyConnection], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = tmp_path / "data" / "versions" / "1"
    version.mkdir(parents=True)
    for name in ("forewarn.duckdb", "manifest.json"):
        shutil.copy(published.current.resolve() / name, version / name)
    (tmp_path / "data" / "current").symlink_to(version)
    with duckdb.connect(str(version / "forewarn.duckdb")) as reader:
        change(reader)
    monkeypatch.setenv("FOREWARN_CONFIG", str(published.config))
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "data"))
    with TestClient(board_app(), base_url="http://127.0.0.1") as client:
        for page in PAGES:
            answer = client.get(page)
            assert answer.status_code == 200, (page, answer.text[:400])
            # An empty page says what to do next; nothing is written as none or nan.
            for wrong in (">None<", "nan", "Undefined", "{'", "inf "):
                assert wrong not in answer.text, (page, wrong)
