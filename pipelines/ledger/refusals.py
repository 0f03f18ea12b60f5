"""What the ledger answers to people: done, done before, or refused, in Chinese and in English.

Add here: a sentence that a person gets from an action. Keep out: the checks that lead to it.
"""

from __future__ import annotations

from dataclasses import dataclass


class Refused(Exception):
    """An action that cannot be done as asked. `str()` is English; `text("zh")` is Chinese."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


class NotFound(Refused):
    """No alert, or no single alert, has that id."""


class AlreadyResolved(Refused):
    """The alert was resolved before; what the person wrote was kept as a comment if it could be."""


@dataclass(frozen=True)
class Answer:
    """An action that was taken. `new` is False when the same was recorded before."""

    alert_id: str
    action: str
    new: bool
    zh: str
    en: str

    def text(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


_DONE = {
    "ack": ("已确认收到预警 {id}", "Alert {id} is acknowledged"),
    "assign": ("预警 {id} 已指派给 {person}", "Alert {id} is assigned to {person}"),
    "plan": ("预警 {id} 的应对计划已记录", "The plan for alert {id} is recorded"),
    "resolve": ("预警 {id} 已结案：{outcome}", "Alert {id} is resolved: {outcome}"),
    "snooze": ("预警 {id} 已暂停提醒至 {until}", "Alert {id} is snoozed until {until}"),
    "comment": ("预警 {id} 的备注已记录", "The comment on alert {id} is recorded"),
    "signal": ("上报的风险已登记，编号 {id}", "The reported risk is on record as {id}"),
}
OUTCOME_NAMES = {
    "recovered": ("已恢复", "recovered"),
    "missed": ("未达成", "missed"),
    "accepted": ("接受风险", "accepted"),
    "false_alarm": ("误报", "false alarm"),
    "data_error": ("数据错误", "data error"),
}


def done(action: str, alert_id: str, *, new: bool = True, **values: str) -> Answer:
    """The sentence for an action that was taken, or that had been taken before."""
    zh, en = _DONE[action]
    outcome = OUTCOME_NAMES.get(values.get("outcome", ""), ("", ""))
    zh = zh.format(id=alert_id, **{**values, "outcome": outcome[0]})
    en = en.format(id=alert_id, **{**values, "outcome": outcome[1]})
    if not new:
        zh, en = f"{zh}（此前已记录，未重复登记）", f"{en} (it was on record already)"
    return Answer(alert_id, action, new, f"{zh}。", f"{en}.")
