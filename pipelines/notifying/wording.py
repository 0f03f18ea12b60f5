"""The words of notices and pages, in Chinese and in English.

Add here: a word or sentence that a recipient reads. Keep out: what is said when.
"""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

_WORDS: dict[str, tuple[str, str]] = {
    # levels, states, roles of a change
    "warning": ("警戒", "Warning"),
    "danger": ("危险", "Danger"),
    "open": ("未结", "open"),
    "recovered": ("已恢复", "recovered"),
    "closed": ("已关闭", "closed"),
    "opened": ("新预警", "new"),
    "reopened": ("再次出现", "back again"),
    "raised": ("由警戒升为危险", "raised from warning to danger"),
    "eased": ("由危险降为警戒", "eased from danger to warning"),
    "doubled": ("风险金额已翻倍", "money at risk has doubled"),
    "overdue": ("逾期未响应", "answer overdue"),
    "overdue_seen": ("逾期未确认", "not acknowledged in time"),
    "overdue_taken": ("逾期无人接手", "not taken in time"),
    "overdue_planned": ("逾期无应对计划", "no plan in time"),
    "step_seen": ("确认收到", "acknowledge"),
    "step_taken": ("接手处理", "take it"),
    "step_planned": ("提交应对计划", "give a plan"),
    # labels of an alert
    "change": ("变化", "What changed"),
    "rule": ("规则", "Rule"),
    "scope": ("范围", "Scope"),
    "period": ("周期", "Period"),
    "value": ("当前值", "Value"),
    "expected": ("正常水平", "Usual level"),
    "limit": ("界限", "Limit"),
    "sample": ("样本数", "Sample"),
    "money": ("风险金额", "Money at risk"),
    "probability": ("发生概率", "Probability"),
    "since": ("起始日期", "Since"),
    "days_left": ("剩余工作日", "Working days left"),
    "needed": ("每周需完成", "Needed per week"),
    "drivers": ("主要原因", "Main drivers"),
    "deals": ("相关商机", "Deals behind it"),
    "accounts": ("相关客户", "Customers behind it"),
    "children": ("由此引起的下级预警", "Alerts below it with the same cause"),
    "data": ("数据状态", "Data"),
    "record": ("规则过往表现", "Record of the rule"),
    "advice": ("建议行动", "Suggested action"),
    "answer": ("责任人与期限", "To answer"),
    "respond": ("查看并处理", "Open and answer"),
    "id": ("预警编号", "Alert"),
    "by_command": ("也可在命令行确认", "Or on the command line"),
    "until": ("{step}，最迟 {day}", "{step} by {day}"),
    "person_until": ("{person}：{step}，最迟 {day}", "{person}: {step} by {day}"),
    "idle": ("{days} 个工作日未跟进", "no contact for {days} workdays"),
    "closes": ("预计 {day} 成交", "expected to close {day}"),
    "worth": ("近 12 个月 {amount}", "{amount} in 12 months"),
    "unheard": ("{days} 天未回应也未下单", "no answer or order for {days} days"),
    "never_heard": ("从未回应或下单", "never answered or ordered"),
    "share_of_gap": ("占差距 {share}", "{share} of the gap"),
    "mix": ("结构", "mix"),
    "volume": ("数量", "volume"),
    "rate": ("比率", "rate"),
    "reported_by": ("上报人", "Reported by"),
    "reported": ("人工上报的风险", "Risk reported by hand"),
    "late": (
        "本通知因渠道故障或免打扰时段延后送达。当前状态：{state}。",
        "This notice is late (its channel was down, or it was quiet time). State now: {state}.",
    ),
    "repeat": (
        "上次发送时中断，本通知可能重复。",
        "Sending was interrupted before, so this may be a repeat.",
    ),
    # digest
    "digest_title": (
        "销售预警周报摘要（{day}）：未结 {open} 条",
        "Alert digest {day}: {open} open",
    ),
    "digest_new": ("本期新增与升级", "New or raised"),
    "digest_overdue": ("逾期未响应", "Answer overdue"),
    "digest_open": ("持续未结", "Still open"),
    "digest_snoozed": ("已暂停提醒", "Snoozed"),
    "digest_ended": ("已结束", "Ended"),
    "digest_more": ("另有 {count} 条，请在看板查看。", "{count} more on the board."),
    "snoozed_until": ("暂停至 {day}", "until {day}"),
    "assigned": ("由 {person} 负责", "with {person}"),
    "data_title": ("数据异常：{subject}", "Data problem: {subject}"),
    "run_failed": ("任务 {job} 运行失败", "job {job} failed"),
    "audit_failed": ("任务 {job} 未通过质量检查，没有发布", "the audit stopped job {job}"),
    "still_published": (
        "读者看到的仍是 {day} 的数据。",
        "Readers keep the figures of {day}.",
    ),
    "never_published": ("尚无已发布的数据。", "Nothing has been published yet."),
    "run_again": (
        "按上面的提示处理后，重新运行：forewarn run（或在 Dagster 中重跑 {job}）",
        "When it is mended: forewarn run (or run {job} again in Dagster)",
    ),
    "run_page": (
        "运行编号 {run}，详情见 Dagster 的运行页面（forewarn up）",
        "Run {run}; its page in Dagster (forewarn up) has the details",
    ),
    "feeds_stale": ("{count} 路数据已过期", "{count} stale feeds"),
    "feed_age": (
        "{feed}：最新记录距今 {days} 个工作日",
        "{feed}: the newest record is {days} workdays old",
    ),
    "feed_unknown": ("{feed}：本次没有读到新数据", "{feed}: nothing could be read"),
    "feeds_held_back": (
        "依赖这些数据的预警已暂停判断，报表中标为“数据存疑”。",
        "Alerts that depend on them are held back; the report marks the figures as untrusted.",
    ),
    "feeds_next": (
        "请检查数据源的导出、账号与权限：forewarn check",
        "Check the export and the rights of the source: forewarn check",
    ),
    # pages
    "page_title": ("销售预警", "Sales alert"),
    "ack": ("确认收到", "Acknowledge"),
    "take": ("由我负责", "I take it"),
    "plan": ("提交计划", "Submit the plan"),
    "plan_hint": ("准备怎么做？", "What will you do?"),
    "resolve": ("结案", "Resolve"),
    "outcome": ("结果", "Outcome"),
    "note_hint": ("一句话总结经验", "One line of learning"),
    "false_alarm": ("这是误报", "This is a false alarm"),
    "false_hint": ("为什么是误报？", "Why is it a false alarm?"),
    "snooze": ("暂停提醒", "Snooze"),
    "until_label": ("暂停至", "Until"),
    "reason_hint": ("暂停原因", "Reason"),
    "comment": ("添加备注", "Add a comment"),
    "comment_hint": ("备注", "Comment"),
    "history": ("处理记录", "What was done"),
    "acting_as": ("当前身份：{person}", "You answer as {person}"),
    "act_ack": ("确认收到", "acknowledged"),
    "act_assign": ("指派给 {person}", "assigned to {person}"),
    "act_plan": ("计划", "plan"),
    "act_resolve": ("结案", "resolved"),
    "act_snooze": ("暂停提醒至 {day}", "snoozed until {day}"),
    "link_expired": ("链接已过期", "This link has expired"),
    "link_expired_more": (
        "为安全起见，链接只在限定天数内有效。请使用最近一封通知中的链接，或在命令行运行 forewarn alerts。",
        "Links work for a limited number of days. Use the one in the latest notice, or"
        " `forewarn alerts` on the command line.",
    ),
    "link_bad": ("链接无效", "This link is not valid"),
    "link_bad_more": (
        "链接不完整或已被改动。请从通知中完整复制链接后重试。",
        "It is incomplete or was changed. Copy the whole link from the notice and try again.",
    ),
    "gone": ("找不到这条预警", "There is no such alert"),
    "gone_more": ("该预警不在当前台账中。", "It is not in this ledger."),
    "not_understood": ("无法识别的操作。", "That action is not known."),
    "bad_date": ("日期无效，请按 2026-05-31 的格式填写。", "Write the date like 2026-05-31."),
    "too_large": ("提交的内容过长。", "What was sent is too long."),
    "busy": (
        "台账暂时繁忙，未作任何更改，请稍后重试。",
        "The ledger is busy; nothing was changed. Try again.",
    ),
}


def word(key: str, language: Language, **values: object) -> str:
    """The word or sentence of that key; KeyError for one that does not exist."""
    text = _WORDS[key][0 if language == "zh" else 1]
    return text.format(**values) if values else text
