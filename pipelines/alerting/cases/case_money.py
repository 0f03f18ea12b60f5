"""What a case puts at risk: one figure, which its root bears and no symptom exceeds.

Add here: how the money of one case follows from that of its alerts. Keep out: the money of a single alert
(`severity.py`), and what several cases share (`case_rows.py`).

Rules see different ends of one cause: follow-up that fell by a third and new business that fell by two.
What the cause can cost its scope is the largest of what the standing alerts of that scope, and of the scopes
below it, state: they are views of the same revenue, so nothing is added up. Where that is another alert's
figure the root takes it over and names the alert. What a scope above the root's, or a product line across
it, states on top of that has other reasons too, so there it is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipelines.alerting.cases.severity import urgency
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import Scope, ScopeTree
from pipelines.alerting.words.wording import Amount, Paragraph, where
from pipelines.language import stored, text

Row = Mapping[Any, Any]


def lead_of(alerts: Sequence[Row]) -> Row:
    """Who speaks for a case: its root while that stands, else the gravest of the open alerts."""

    def place(alert: Row) -> tuple[bool, bool, bool, float, str]:
        weight = _number(alert["probability"])
        money = _number(alert["amount_at_risk"])
        return (
            alert["state"] != "open",
            alert["role"] != "root",
            alert["level"] != "danger",
            -(0.0 if math.isnan(money) else money) * (1.0 if math.isnan(weight) else weight),
            str(alert["alert_id"]),
        )

    if not any(alert["state"] == "open" for alert in alerts):
        return next(alert for alert in alerts if alert["role"] == "root")
    return min(alerts, key=place)


def with_case_money(
    alerts: pd.DataFrame, rules: Sequence[Rule], tree: ScopeTree, currency: str
) -> pd.DataFrame:
    """The rows of `fct_alerts` with `amount_at_risk`, `urgency` and sentences of open cases put right."""
    if "case_id" not in alerts or alerts.empty:
        return alerts
    named = {rule.name: rule for rule in rules}
    open_ones = alerts[(alerts["state"] == "open") & alerts["case_id"].notna()]
    changed: dict[Any, dict[str, Any]] = {}
    for _, members in open_ones.groupby("case_id"):
        rows = {str(row["alert_id"]): (n, row) for n, row in members.to_dict("index").items()}
        found = [row for _, row in rows.values()]
        lead = lead_of(found)
        scope, money, largest = _scope(lead), _number(lead["amount_at_risk"]), lead
        # Its own scope first: a scope with one scope below it states the same.
        for row in sorted(found, key=lambda row: (_scope(row) != scope, str(row["alert_id"]))):
            own = _number(row["amount_at_risk"])
            within = scope == _scope(row) or scope in tree.ancestors(_scope(row))
            if within and (own > money or (math.isnan(money) and own > 0)):
                money, largest = own, row
        for index, row in rows.values():
            own, rule = _number(row["amount_at_risk"]), named.get(str(row["rule"]))
            if row is lead and largest is not lead:
                said = _Taken(largest, money, currency, row)
                changed[index] = _told(row, money, said, rule, currency)
            elif row is not lead and own > money:
                above = text("alerts.case_money.above")
                changed[index] = _told(row, math.nan, above, rule, currency)
    if not changed:
        return alerts
    result = alerts.copy()
    for name in ("amount_at_risk", "urgency", "message", "message_zh", "message_en", stored.COLUMN):
        if name in result:
            cells = {index: row[name] for index, row in changed.items()}
            result[name] = pd.Series(
                [cells.get(index, old) for index, old in result[name].items()],
                index=result.index,
                dtype=object,
            )
    return result


def _scope(row: Row) -> Scope:
    return str(row["scope_type"]), str(row["scope_id"])


def _number(value: Any) -> float:
    return math.nan if value is None or pd.isna(value) else float(value)


@dataclass(frozen=True)
class _Taken:
    """That the money is the figure of another alert of the case."""

    row: Row
    money: float
    currency: str
    lead: Row

    def into(self, language: str) -> str:
        amount = Amount(self.money, self.currency)
        title = stored.found(self.row, "rule_title", language)
        if _scope(self.row) == _scope(self.lead):
            return text("alerts.case_money.here", amount=amount, title=title).into(language)
        named = where(self.row["scope_type"], self.row["scope_name"], self.row["dimension"] or "")
        return text("alerts.case_money.below", amount=amount, where=named, title=title).into(
            language
        )


def _told(row: Row, money: float, said: Any, rule: Rule | None, currency: str) -> dict[str, Any]:
    """The row with another amount, and with a sentence about it in place of the old one."""
    again = _Again(row, said, rule, currency)
    cells: dict[str, Any] = {
        **row,
        "amount_at_risk": money,
        "urgency": urgency(money, _number(row["probability"]), str(row["level"])),
    }
    for language in stored.OWN_COLUMNS:
        cells[f"message_{language}"] = again.into(language)
    cells["message"] = again.into(again.language)
    if stored.COLUMN in row:
        cells[stored.COLUMN] = stored.in_others(row[stored.COLUMN], message=again)
    return cells


@dataclass(frozen=True)
class _Again:
    """The sentences of an alert with another one about its money, which stands before the advice.

    A gap is a fact about a target, whatever part of it the case explains: it stays.
    """

    row: Row
    said: Any
    rule: Rule | None
    currency: str

    @property
    def language(self) -> str:
        """The one that the alert's plain message is in."""
        return stored.language_of(self.row, "message")

    def into(self, language: str) -> str:
        message = stored.exactly(self.row, "message", language)
        said = Paragraph([self.said]).into(language)
        own, rule = _number(self.row["amount_at_risk"]), self.rule
        if rule is not None and own > 0:
            amount = Amount(own, self.currency)
            old = text("alerts.touched", amount=amount, weeks=rule.money.weeks)
            stood = Paragraph([old]).into(language)
            if stood in message:
                return message.replace(stood, said)
            if not isinstance(self.said, _Taken):
                return message
        advice = Paragraph(
            [text("alerts.advice", advice=stored.exactly(self.row, "advice", language))]
        ).into(language)
        before, found, after = message.rpartition(advice)
        if not found:
            return text("alerts.mark.sentences", first=message, next=said).into(language)
        ahead = text("alerts.mark.sentences", first=said, next=advice).into(language)
        return before + ahead + after
