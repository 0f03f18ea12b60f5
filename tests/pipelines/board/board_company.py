"""A company of four people in two teams, published without a night, and its board behind a proxy.

Add here: a mart or a person that a test of the board needs. Keep out: what must hold.

    company ── 华东 ── T1 (M1 leads; R1, R2)
                    └─ T2 (M2 leads)
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from starlette.testclient import TestClient

from pipelines.commands.board import board_app
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.store import open_ledger
from pipelines.nights.night import begin_night
from pipelines.publishing.versions import publish
from pipelines.settings import Settings

AS_OF = dt.date(2026, 3, 27)
NOW = dt.datetime(2026, 3, 28, 1, tzinfo=dt.UTC)
BOARD = "auth: {mode: proxy, header: X-Forwarded-User, proxies: [127.0.0.1]}\n"
RECIPIENTS = """
recipients:
  - {person_id: boss, name: 周总, role: director, scopes: [company], channels: ["file://"], language: zh}
  - {person_id: keeper, name: 数据员, role: data_owner, channels: ["file://"], language: en}
"""
SCOPES = [
    ("company", "company", "华信", None, None, "boss"),
    ("region", "华东", "华东", "company", "company", None),
    ("team", "T1", "一队", "region", "华东", "M1"),
    ("team", "T2", "二队", "region", "华东", "M2"),
    ("rep", "M1", "孙经理", "team", "T1", "M1"),
    ("rep", "R1", "张三", "team", "T1", "R1"),
    ("rep", "R2", "李四", "team", "T1", "R2"),
    ("rep", "M2", "钱经理", "team", "T2", "M2"),
]
DRIVERS = '[{"kind": "rep", "id": "R1", "name": "张三", "share": 0.6}, {"kind": "rep", "id": "R2", "name": "李四", "share": 0.4}]'


def alerts() -> pd.DataFrame:
    """Warnings about team T1, its rep R1, team T2 and a feed."""
    rows = [
        ("a-team", "team", "T1", "一队", "danger", "M1", 500000.0, DRIVERS),
        ("a-rep", "rep", "R1", "张三", "warning", "R1", 80000.5, None),
        ("b-team", "team", "T2", "二队", "warning", "M2", 200000.0, None),
        ("c-feed", "source", "crm", "crm", "warning", None, None, None),
    ]
    frame = pd.DataFrame(
        rows,
        columns=["alert_id", "scope_type", "scope_id", "scope_name", "level", "owner_id",
                 "amount_at_risk", "drivers"],
    )  # fmt: skip
    return frame.assign(
        rule="win_rate_fell", rule_version="1", mode="alert", metric="win_rate", dimension=None,
        period_start=dt.date(2026, 3, 1), opened_on=dt.date(2026, 3, 25), closed_on=None, as_of=AS_OF,
        peak_level=frame["level"], state="open", value=0.2, expected=0.35, limit_value=0.25,
        sample_size=40, probability=0.7, message="张三 与 李四 拉低赢单率", message_zh="张三 与 李四 拉低赢单率",
        message_en="张三 and 李四", case_id="case-" + frame["alert_id"], role="root",
        rule_title_zh="赢单率下降", rule_title_en="Win rate fell",
    )  # fmt: skip


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """The marts that the tests ask for."""
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.dim_scope(scope_type varchar, scope_id varchar, scope_name varchar, "
        "parent_scope_type varchar, parent_scope_id varchar, owner_id varchar, is_current boolean)"
    )
    connection.executemany("insert into marts.dim_scope values (?, ?, ?, ?, ?, ?, true)", SCOPES)
    connection.execute(
        "create table marts.dim_rep as select scope_id as rep_id, scope_name as rep_name, "
        "parent_scope_id as team_id, '华东' as region, if(scope_id[1] = 'R', 'M1', 'boss') as manager_id, "
        "date '2024-01-01' as valid_from, null::date as valid_to, true as is_current "
        "from marts.dim_scope where scope_type = 'rep'"
    )
    connection.execute(
        "create table marts.fct_opportunities as select 'o' || i as opportunity_id, 'a1' as account_id, "
        "['R1', 'R2', 'M2'][1 + i % 3] as owner_id, '报价' as stage, 'open' as outcome, i % 2 = 0 as is_stalled, "
        "(100 * i)::decimal(18, 2) as amount, date '2026-03-01' + i::int as created_on, "
        "if(i = 3, null, timestamptz '2026-03-01 08:00:00+00') as seen_at from range(1, 26) t(i)"
    )
    connection.execute("comment on column marts.fct_opportunities.amount is 'The amount.'")
    connection.execute("create table marts.rpt_nobody_decided as select 1 as secret")
    connection.register("frame", alerts())
    connection.execute("create table marts.fct_alerts as select * from frame")


@contextlib.contextmanager
def opened_board(settings: Settings) -> Iterator[TestClient]:
    """Asked from the proxy's address; who asks stands in the header that the proxy sets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOREWARN_CONFIG", str(settings.config_dir))
        patch.setenv("FOREWARN_DATA", str(settings.data_dir))
        app = board_app()
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5000)) as client:
        yield client


def publish_company(settings: Settings, run_id: str = "run1") -> None:
    """Publish the marts, and let the ledger learn of the warnings as a night does."""
    for name, content in (("board.yml", BOARD), ("recipients.yml", RECIPIENTS)):
        path: Path = settings.config_dir / name
        if not path.exists():
            path.write_text(content, encoding="utf-8")
    night = begin_night(settings, run_id, AS_OF)
    with duckdb.connect(str(night.warehouse)) as connection:
        fill(connection)
    publish(settings, night)
    ledger = open_ledger(settings.ledger_url)
    try:
        record_episodes(ledger, alerts(), as_of=AS_OF, run_id=run_id, now=NOW)
    finally:
        ledger.close()
