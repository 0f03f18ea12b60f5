"""`forewarn check`: one finding per line, the same sentence once, steps at the end, nothing mixed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.commands import checking
from pipelines.commands.checking import check_everything
from pipelines.language import speak, text
from pipelines.sources.protocol import Finding

FINDINGS = [
    Finding("orders.csv", True, text("quality.columns_complete")),
    Finding("a.xlsx", True, text("config.empty"), text("night.set_missing"), remark=True),
    Finding("b.xlsx", True, text("config.empty"), text("night.set_missing"), remark=True),
    Finding("c.xlsx", False, text("config.missing"), text("night.set_missing")),
]


class Source:
    def check(self, previous: object = None) -> list[Finding]:
        return FINDINGS


@pytest.fixture
def found(company_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOREWARN_CONFIG", str(company_folder))
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(checking, "connector_of", lambda source, settings: Source())
    monkeypatch.setattr(checking, "rule_problems", lambda settings: [])


@pytest.mark.usefixtures("found")
def test_equal_findings_are_one_line_and_a_step_stands_once(capsys: pytest.CaptureFixture[str]):
    assert check_everything() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "sheets (spreadsheet)",
        "  ok       orders.csv: No column missing",
        "  remark   a.xlsx, b.xlsx: is empty",
        "  PROBLEM  c.xlsx: is missing",
        "Next:",
        "  - set what is missing",
    ]


@pytest.mark.usefixtures("found")
def test_a_chinese_check_has_no_english_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FOREWARN_LANG", "zh")
    try:
        check_everything()
    finally:
        speak("en")
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:] == [
        "  正常  orders.csv：所需的列齐全",
        "  提示  a.xlsx、b.xlsx：是空的",
        "  问题  c.xlsx：缺失",
        "下一步：",
        "  - 请补上缺少的设置",
    ]


@pytest.mark.usefixtures("found")
def test_programs_get_the_same_as_json(capsys: pytest.CaptureFixture[str]):
    assert check_everything(as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert [line["kind"] for line in told] == ["ok", "remark", "problem"]
    assert told[1]["subjects"] == ["a.xlsx", "b.xlsx"]
    assert told[1]["next_step"] == "set what is missing"
