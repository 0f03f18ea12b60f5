"""What the shell shows of an alert and of the rules."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pipelines.commands.reading import print_one, print_rules
from pipelines.failures import PermanentFailure
from pipelines.language import speak
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.store import open_ledger
from pipelines.settings import PROJECT, Settings, load_settings

DAY = dt.date(2026, 10, 30)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    monkeypatch.setenv("FOREWARN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FOREWARN_LEDGER_URL", raising=False)
    monkeypatch.delenv("FOREWARN_LANG")  # as its company speaks: Chinese
    yield load_settings()
    speak("en")


def test_an_alert_shows_its_record_drivers_deals_and_advice(
    site: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {
        "alert_id": "0123456789abcdef", "rule": "quarter_target_at_risk", "rule_version": "3f2a",
        "metric": "target_attainment", "scope_type": "team", "scope_id": "T01",
        "scope_name": "华东一部", "period_start": dt.date(2026, 10, 1), "opened_on": DAY,
        "closed_on": None, "as_of": DAY, "level": "danger", "peak_level": "danger",
        "state": "open", "value": 0.1, "expected": 0.3, "limit_value": 0.8, "sample_size": 40,
        "amount_at_risk": 120000.0, "probability": 0.9, "owner_id": "M01",
        "message": "【危险】华东一部：本季度目标可能完不成。",
        "drivers": json.dumps([{"name": "张三", "effect": "volume", "share": 0.62}]),
        "record_zh": "以往 30 次中 77% 应验", "record_en": "right in 77%",
        "deals": json.dumps([{"id": "O1", "name": "合同甲", "stage": "方案报价", "amount": 88000}]),
    }  # fmt: skip
    ledger = open_ledger(site.ledger_url)
    try:
        record_episodes(ledger, pd.DataFrame([row]), as_of=DAY, run_id="r1", now=site.now())
    finally:
        ledger.close()
    assert print_one("01234567") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  规则过往表现：以往 30 次中 77% 应验" in lines
    assert "    - 张三（数量） · 占差距 62%" in lines
    assert lines.index("  相关商机：") + 1 == lines.index("    - 合同甲 · 方案报价 · 8.8 万元")


def test_rules_need_a_published_version(site: Settings) -> None:
    with pytest.raises(PermanentFailure, match="还没有发布过数据"):
        print_rules()
