"""`wide_alerts` speaks the language of the company, whichever it is."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from pipelines.assets.wide_alerts import wide_alerts
from pipelines.language import catalogue as catalogues

_TOLD = {
    "metric": ["win_rate", "mine"], "rule_title_zh": "赢单率", "rule_title_en": "Win rate",
    "other_languages": '{"de": {"rule_title": "Gewinnquote", "advice": "Anrufen"}}', "state": "open",
    "opened_on": pd.Timestamp(2026, 3, 1), "as_of": pd.Timestamp(2026, 3, 3), "closed_on": pd.NaT,
    "owner_id": "R1", "assigned_to": "R1",
}  # fmt: skip
_SAME = ("alert_id", "case_id", "role", "rule", "level", "peak_level", "scope_type", "scope_id", "scope_name",
         "dimension", "value", "expected", "amount_at_risk", "probability", "acknowledged_at", "planned_at",
         "resolved_at", "outcome", "message", "advice_zh", "advice_en")  # fmt: skip


def test_every_name_is_in_a_third_language(
    third_language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogues.catalogue.cache_clear()
    page = catalogues.CATALOGUES / "de.po"
    page.write_text(page.read_text() + '\nmsgid "win rate"\nmsgstr "Gewinnquote"\n')
    told = pd.DataFrame({**_TOLD, **dict.fromkeys(_SAME, "x")})
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.register("told", told)
        connection.execute("create table marts.fct_alerts as from told")
        connection.execute(
            "create table marts.dim_metric as select 'win_rate' as metric, '赢单率' as label_zh, "
            "'win rate' as label_en union all select 'mine', '我的', 'my own'"
        )
        connection.execute(
            "create table marts.dim_rep_current as select 'R1' as rep_id, 'Anna' as rep_name, 'T' as team_name"
        )
        frame = wide_alerts(connection, third_language).set_index("metric")
        assert [*frame.loc[["win_rate", "mine"], "metric_name"]] == ["Gewinnquote", "my own"]
        assert {*frame["rule_title"]} == {"Gewinnquote"}
        assert {*frame["advice"]} == {"Anrufen"}
        assert {*wide_alerts(connection, "zh")["metric_name"]} == {"赢单率", "我的"}
