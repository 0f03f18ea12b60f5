"""What a recipient reads: both languages, all forms, and nothing from data that acts as markup."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from notifying_days import NOW, WEDNESDAY, is_workday

from pipelines.ledger import responses
from pipelines.ledger.due import escalate
from pipelines.ledger.store import Ledger
from pipelines.notifying.messages import Heading, Items, Line, Link, compose
from pipelines.notifying.notices import Office, digest_message
from pipelines.notifying.notify import notify
from pipelines.notifying.recipients import Recipient

DETAILS = {
    "message_en": "Team East 1 is at 0.71 of its October target, below 0.80",
    "rule_title_zh": "目标进度",
    "rule_title_en": "Target pace",
    "advice_zh": "本周内逐单复盘",
    "advice_en": "Go through the deals this week",
    "since": "2026-10-12",
    "days_left": 3,
    "needed_per_week": 250000,
    "period_end": "2026-12-31",
    "record_zh": "以往 24 次中 83% 应验，通常提前 41 天",
    "record_en": "right in 83% of 24 past alerts, usually 41 days ahead",
    "accounts": json.dumps(
        [
            {
                "id": "C1",
                "name": "博远科技",
                "owner_id": "R1",
                "revenue_12m": 1250000.0,
                "last_heard_on": "2026-09-01",
                "unheard_days": 59,
            },
            {
                "id": "C2",
                "name": "恒昌机械",
                "owner_id": "R2",
                "revenue_12m": 80000.0,
                "last_heard_on": None,
                "unheard_days": None,
            },
        ]
    ),
    "deals": json.dumps(
        [
            {
                "id": "O1",
                "name": "合同甲",
                "owner_id": "R1",
                "stage": "方案报价",
                "idle_workdays": 12,
                "amount": 88000,
                "expected_close_on": "2026-11-20",
            }
        ]
    ),
}
DRIVERS = json.dumps(
    [
        {"kind": "rep", "id": "R1", "name": "张三", "effect": "volume", "share": 0.62},
        {"kind": "rep", "id": "R2", "name": "李四", "effect": "mix", "share": 0.2},
        "其他",
        {"kind": "rep", "id": "R3", "name": "第四个", "effect": "rate", "share": 0.01},
    ]
)


@pytest.fixture
def told(
    ledger: Ledger, office: Office, night: Callable[..., Any], frame: Callable[..., pd.DataFrame],
    person: Callable[..., Recipient], tmp_path: Any,
) -> Callable[..., Any]:  # fmt: skip
    """What D1 is told at once about an alert with these values."""

    def tell(language: str, **values: Any) -> Any:
        row = {"alert_id": "0123456789abcdef", "level": "danger", "drivers": DRIVERS, **DETAILS}
        night(frame({**row, **values}))
        linked = dataclasses.replace(office, link=lambda a, p: f"http://127.0.0.1/a/{a}.{p}")
        boss = person("D1", "director", "company", language=language)
        report = notify(ledger, [boss], linked, now=NOW, outbox_dir=tmp_path, dry_run=True)
        return next(each.message for each in report.told if each.kind == "urgent")

    return tell


def test_a_notice_in_chinese(told: Callable[..., Any]) -> None:
    message = told("zh")
    assert message.title == "【危险 · 新预警】华东一组 · 目标进度"
    lines = message.text.splitlines()
    assert lines[0] == "华东一组十月完成率 0.71，低于 0.80"
    for line in (
        "变化：新预警",
        "规则：目标进度 (pace 3f2a)",
        "周期：2026-10-01 – 2026-12-31",
        "当前值：71%",
        "正常水平：90%",
        "样本数：40",
        "风险金额：12.0 万元",
        "发生概率：60%",
        "起始日期：2026-10-12",
        "剩余工作日：3",
        "每周需完成：25.0 万元",
        "规则过往表现：以往 24 次中 83% 应验，通常提前 41 天",
        "  - 张三（数量） · 占差距 62%",
        "  - 李四（结构） · 占差距 20%",
        "  - 其他",
        "  - 合同甲 · 张三 · 方案报价 · 8.8 万元 · 12 个工作日未跟进 · 预计 2026-11-20 成交",
        "  - 博远科技 · 张三 · 近 12 个月 125.0 万元 · 59 天未回应也未下单",
        "  - 恒昌机械 · 李四 · 近 12 个月 8.0 万元 · 从未回应或下单",
        "建议行动：本周内逐单复盘",
        "责任人与期限：M1：确认收到，最迟 2026-10-28".replace("M1", "经理一"),
        "查看并处理: http://127.0.0.1/a/0123456789abcdef.D1",
        "预警编号：0123456789abcdef",
    ):
        assert line in lines
    assert "第四个" not in message.text


def test_a_notice_in_english_has_no_chinese_of_ours(told: Callable[..., Any]) -> None:
    message = told("en", scope_name="East 1", drivers="[]", deals=[], accounts=[], owner_id="X")
    assert message.title == "[Danger · new] East 1 · Target pace"
    for line in (
        "Team East 1 is at 0.71 of its October target, below 0.80",
        "Money at risk: CNY 120k",
        "Record of the rule: right in 83% of 24 past alerts, usually 41 days ahead",
        "Suggested action: Go through the deals this week",
        "To answer: X: acknowledge by 2026-10-28",
    ):
        assert line in message.text.splitlines()
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in message.text + message.title)


def test_level_and_advice_of_the_sentence_stand_once(told: Callable[..., Any]) -> None:
    """The title has the level, and a line of its own the advice."""
    said = "【危险】华东一组：目标可能完不成。已完成 71%。建议：本周内逐单复盘。"
    message = told("zh", message=said)
    assert message.text.splitlines()[0] == "华东一组：目标可能完不成。已完成 71%。"
    assert message.text.count("本周内逐单复盘") == 1
    assert "forewarn alerts ack" not in message.text  # a link is offered, so no command


def test_a_probability_is_never_a_certainty(told: Callable[..., Any]) -> None:
    assert "发生概率：> 99%" in told("zh", probability=0.9999).text.splitlines()


def test_the_limit_of_a_rule_without_target_is_shown_and_its_opening_week_is_no_period(
    told: Callable[..., Any],
) -> None:
    message = told("zh", metric="activities", value=101.0, limit_value=88.0, period_end=None)
    assert "界限：88" in message.text.splitlines()
    assert not any(line.startswith("周期：") for line in message.text.splitlines())


def test_what_is_not_known_is_left_out(told: Callable[..., Any]) -> None:
    message = told("zh", probability=None, amount_at_risk=None, sample_size=None, expected=None)
    for label in ("发生概率", "风险金额", "样本数", "正常水平", "None", "nan"):
        assert label not in message.text


NASTY = "<script>alert(1)</script> [点我](http://evil) *粗* `x`\n# 标题 =cmd|' /C calc'!A0"


def test_names_from_data_cannot_act_as_markup(told: Callable[..., Any]) -> None:
    message = told("zh", scope_name=NASTY, message=NASTY)
    assert "<script" not in message.html
    assert "&lt;script&gt;" in message.html
    assert "](http://evil)" not in message.markdown
    assert "\\[点我\\] (http://evil)" in message.markdown
    assert not any(line.startswith("# ") for line in message.markdown.splitlines())
    assert "\n" not in message.title


def test_long_names_are_cut(told: Callable[..., Any]) -> None:
    message = told("zh", scope_name="长" * 5000)
    assert len(message.title) == 200
    assert max(len(line) for line in message.text.splitlines()) < 700


def test_the_three_forms_say_the_same() -> None:
    message = compose(
        "t",
        [Heading("h"), Line("v", "l"), Items(("a", "  b"), "list"), Link("go", "http://x/?a&b")],
    )
    assert message.text == "\n== h ==\nl: v\nlist:\n  - a\n    - b\ngo: http://x/?a&b"
    assert (
        message.markdown == "### h\n\n**l**: v\n\n**list**:\n\n- a\n    - b\n\n[go](http://x/?a&b)"
    )
    assert '<a href="http://x/?a&amp;b">go</a>' in message.html


def test_the_digest_has_every_open_alert_once_in_its_section(
    ledger: Ledger, office: Office, night: Callable[..., Any], frame: Callable[..., pd.DataFrame],
    person: Callable[..., Recipient], tmp_path: Any,
) -> None:  # fmt: skip
    boss = [person("D1", "director", "company", digest_day="wednesday")]
    old = frame({"alert_id": "still"}, {"alert_id": "late", "level": "danger"},
                {"alert_id": "snoozed"}, {"alert_id": "ended"}, {"alert_id": "done"})  # fmt: skip
    night(old, day=-14)
    tell = {"now": NOW, "outbox_dir": tmp_path}
    notify(ledger, boss, office, **{**tell, "now": NOW - pd.Timedelta(days=14)})
    until = WEDNESDAY + pd.Timedelta(days=9)
    for alert_id in ("still", "snoozed"):
        responses.acknowledge(ledger, alert_id, "M1", now=NOW)
    responses.assign(ledger, "still", "M1", "R1", now=NOW)
    responses.snooze(ledger, "snoozed", "M1", until, "盘点", now=NOW, today=WEDNESDAY)
    responses.resolve(ledger, "done", "M1", "false_alarm", "节假日", now=NOW)
    night(
        frame(
            {"alert_id": "still"}, {"alert_id": "late", "level": "danger"},
            {"alert_id": "snoozed"}, {"alert_id": "ended", "state": "recovered"},
            {"alert_id": "done"}, {"alert_id": "new"},
            {"alert_id": "child", "parent_alert_id": "new"},
        )
    )  # fmt: skip
    escalate(ledger, managers={}, is_workday=is_workday, today=WEDNESDAY, now=NOW)
    report = notify(ledger, boss, office, **tell)
    text = next(each.message for each in report.told if each.kind == "digest")
    assert text.title == "销售预警周报摘要（2026-10-28）：未结 5 条"
    blocks = text.text.split("\n\n== ")
    sections = {block.strip("= \n").split("（")[0].removeprefix("== "): block for block in blocks}
    # Told in a notice of their own tonight: the new one and what it explains are only counted.
    assert "今天已单独通知 2 条" in text.text
    assert " · new）" not in text.text
    assert "逾期未确认" in sections["逾期未响应"]
    assert "由 张三 负责" in sections["持续未结"]
    assert "暂停至 2026-11-06" in sections["已暂停提醒"]
    assert "已恢复" in sections["已结束"]
    assert sections["已结束"].count("- ") == 2
    assert text.text.count("（风险金额") == 5


def test_the_first_digest_says_what_cannot_be_judged_yet(
    office: Office, person: Callable[..., Recipient]
) -> None:
    """Also when nothing stands open: a young company would else hear nothing for months."""
    waiting = ("win rate is falling: from 14 Apr 2024 at the earliest",)
    told = dataclasses.replace(office, unready={"en": (7, waiting), "zh": (7, ("赢单率下降",))})
    reader = person("D1", "director", "company", language="en")
    asked: dict[str, Any] = {"day": WEDNESDAY, "today": WEDNESDAY, "alerts": [], "ended": []}
    message = digest_message(reader, told, **asked, news={}, is_first=True)
    assert message is not None
    assert "7 of 8 rules can be judged so far" in message.text
    assert waiting[0] in message.text
    assert digest_message(reader, told, **asked, news={}) is None
