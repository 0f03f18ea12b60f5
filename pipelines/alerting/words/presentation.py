"""From the bare course of an episode to a row of `fct_alerts`: names, money, drivers, sentences.

Add here: a column that explains. Keep out: anything that decides a level.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipelines.alerting.cases.drivers import (
    Driver,
    Parts,
    additive_drivers,
    as_json,
    share_drivers,
    target_drivers,
)
from pipelines.alerting.cases.severity import (
    QuarterTargets,
    UsualRevenue,
    amount_at_risk,
    full_miss,
    gap_of,
    urgency,
)
from pipelines.alerting.conditions.base import Flags, Levels
from pipelines.alerting.judging.episodes import LEVEL_NAMES
from pipelines.alerting.judging.running import History
from pipelines.alerting.judging.weeks import believed, columns_of, present
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import Panel, metric_panel
from pipelines.alerting.series.rows import Rows, of_scopes
from pipelines.alerting.series.scope_tree import Scope, ScopeTree
from pipelines.alerting.words.figures import told_by
from pipelines.alerting.words.messages import Facts, message
from pipelines.language import stored

EPISODE_COLUMNS = [
    "alert_id",
    "rule",
    "rule_version",
    "family",
    "mode",
    "metric",
    "scope_type",
    "scope_id",
    "scope_name",
    "dimension",
    "period_start",
    "opened_on",
    "since",
    "danger_on",
    "closed_on",
    "as_of",
    "level",
    "peak_level",
    "state",
    "value",
    "expected",
    "limit_value",
    "sample_size",
    "amount_at_risk",
    "probability",
    "urgency",
    "owner_id",
    "message",
    "message_zh",
    "message_en",
    "drivers",
    "parent_alert_id",
    "rule_title_zh",
    "rule_title_en",
    "advice_zh",
    "advice_en",
    stored.COLUMN,
    "period_end",
    "days_left",
    "needed_per_week",
    "week_so_far",
    "week_so_far_expected",
    "direction",
    "onset_first",
    "onset_last",
    "full_miss_probability",
    "evidence",
    "case_id",
    "role",
]

WORKDAYS_A_WEEK = 5
_NO_WORDS = {"message": "", "message_zh": "", "message_en": "", stored.COLUMN: None}


@dataclass(frozen=True)
class Part:
    """A rule that is a part of another: its title, and its level by day and series."""

    zh: str
    en: str
    level: Levels


class Presenter:
    """Completes episode records of one evaluation; holds the caches that make it quick."""

    def __init__(
        self,
        tree: ScopeTree,
        usual: UsualRevenue,
        quarters: QuarterTargets,
        *,
        as_of: dt.date,
        language: str,
        currency: str,
        rows: Rows | None = None,
    ) -> None:
        """`rows`: where parts are looked up that a rule's own panel lacks."""
        self.tree, self.usual, self.as_of = tree, usual, as_of
        self.quarters = quarters
        self.language, self.currency = language, currency
        self._rows = rows
        self._parts: Parts | None = None

    def present(
        self,
        history: History,
        found: list[dict[str, Any]],
        boost: Flags | None,
        parts: Sequence[Part] = (),
    ) -> list[dict[str, Any]]:
        """The records with every column of `EPISODE_COLUMNS`, in their order."""
        panel, rule = history.panel, history.rule
        if found and (self._parts is None or self._parts.panel is not panel):
            self._parts = Parts(panel, self.tree)
        for record in found:
            row, series, last = record.pop("_row"), record.pop("_series"), record.pop("_last")
            scope = (record["scope_type"], record["scope_id"])
            day = panel.dates[row].astype(object)
            # What tells nobody needs no reasons and no sentence: thousands of scopes have thousands of it.
            silent = rule.mode == "watch"
            drivers = [] if silent or rule.pools else self._drivers(history, record, scope, row)
            record["evidence"] = record.pop("_evidence")
            now = present(history, row, series, last) if rule.filters else None
            amount = amount_at_risk(
                rule,
                value=record["value"] if now is None else believed(now, rule),
                expected=record["expected"],
                gap=gap_of(panel, row, series),
                usual_weekly=self.usual.at(scope, day),
                # A year's gap may well be more than a quarter holds.
                most=math.nan if rule.on_targets else self.quarters.at(scope, day),
            )
            record.update(columns_of(now))
            record["full_miss_probability"] = full_miss(panel, row, series)
            record["scope_name"] = self.tree.name.get(scope, scope[1])
            record["as_of"] = self.as_of
            record["amount_at_risk"] = amount
            record["urgency"] = urgency(amount, record["probability"], record["level"])
            record["owner_id"] = self._owner(rule, scope)
            record["drivers"] = as_json(drivers)
            if silent:
                record.update(_NO_WORDS)
            else:
                agrees = bool(boost is not None and boost[row, series])
                facts = _facts(self.tree, record, day, amount, drivers, panel, row, series, agrees)
                said = [(p.zh, p.en, LEVEL_NAMES[int(p.level[row, series])]) for p in parts]
                facts = replace(facts, now=now, parts=said, figures=told_by(history, row, series))
                record.update(self._words(rule, facts))
            record["parent_alert_id"] = None
            record["rule_title_zh"], record["rule_title_en"] = rule.title.zh, rule.title.en
            record["advice_zh"], record["advice_en"] = rule.advice.zh, rule.advice.en
            record.update(_remaining(rule, panel, row, series))
        return found

    def _words(self, rule: Rule, facts: Facts) -> dict[str, Any]:
        told = message(rule, facts, self.currency)
        words: dict[str, Any] = {f"message_{code}": told.into(code) for code in stored.OWN_COLUMNS}
        own = words.get(f"message_{self.language}")
        words["message"] = told.into(self.language) if own is None else own
        words[stored.COLUMN] = stored.in_others(
            message=told, rule_title=rule.title, advice=rule.advice
        )
        return words

    def _owner(self, rule: Rule, scope: Scope) -> str:
        if rule.owner == "data":
            return ""
        if rule.owner == "parent":
            above = next(self.tree.ancestors(scope), scope)
            return self.tree.owner_of(above)
        return self.tree.owner_of(scope)

    def _drivers(
        self, history: History, record: dict[str, Any], scope: Scope, row: int
    ) -> list[Driver]:
        parts, rule, panel = self._parts, history.rule, history.panel
        assert parts is not None  # of this very panel
        if rule.on_targets:
            return target_drivers(parts, scope, row)
        found = _split(parts, rule, record, row)
        if found or record["state"] != "open":
            return found
        # The panel of a rule on teams has no reps: look them up for the few that are open.
        day = panel.dates[row]
        below = self._below(rule, scope, record["dimension"])
        if below is None or not len(at := np.flatnonzero(below.panel.dates <= day)):
            return []
        return _split(below, rule, record, int(at[-1]))

    def _below(self, rule: Rule, scope: Scope, dimension: str) -> Parts | None:
        children = [*self.tree.children(scope)]
        if self._rows is None or not children:
            return None
        rows = self._rows.metric(rule.metric, rule.grain, {kind for kind, _ in children})
        if rows is None:
            return None
        mine = of_scopes(rows, children) & (rows["dimension"] == dimension).to_numpy()
        panel = metric_panel(rows[mine], as_of=self.as_of) if mine.any() else None
        return Parts(panel, self.tree) if panel is not None else None


def _split(parts: Parts, rule: Rule, record: dict[str, Any], row: int) -> list[Driver]:
    """Drivers of a metric on the panel's `row`, over the time that the episode has lasted."""
    scope = (record["scope_type"], record["scope_id"])
    start = int(np.searchsorted(parts.panel.dates, np.datetime64(record["since"], "D")))
    window = getattr(rule.condition, "window", 1)
    now = slice(min(max(0, start - window + 1), max(0, row - window + 1)), row + 1)
    if rule.described.additive:
        return additive_drivers(parts, scope, record["dimension"], now)
    if rule.described.kind == "share":
        return share_drivers(parts, scope, record["dimension"], now)
    return []


def _remaining(rule: Rule, panel: Panel, row: int, series: int) -> dict[str, Any]:
    """What is left of a target's period: its last day, workdays left, amount needed per week."""
    if not rule.on_targets:
        return {"period_end": None, "days_left": None, "needed_per_week": None}
    left = panel.cell("days_left", row, series)
    total, gone = (panel.cell(f"workdays_{name}", row, series) for name in ("total", "elapsed"))
    workdays = total - gone
    needed = panel.cell("needed_per_workday", row, series)
    end = panel.dates[row].astype(object) + dt.timedelta(days=int(left))
    return {
        "period_end": end,
        "days_left": int(workdays) if math.isfinite(workdays) else None,
        # In the last days of a period a week has no more workdays than are left.
        "needed_per_week": needed * (min(WORKDAYS_A_WEEK, workdays) if workdays >= 1 else 1)
        if math.isfinite(needed) and needed > 0
        else None,
    }


def _facts(
    tree: ScopeTree,
    record: dict[str, Any],
    day: dt.date,
    amount: float,
    drivers: list[Driver],
    panel: Panel,
    row: int,
    series: int,
    agrees: bool,
) -> Facts:
    scope = (record["scope_type"], record["scope_id"])
    return Facts(
        scope_type=scope[0],
        scope_name=tree.name.get(scope, scope[1]),
        dimension=record["dimension"],
        level=record["level"],
        day=day,
        since=record["since"],
        value=record["value"],
        expected=record["expected"],
        limit=record["limit_value"],
        sample=record["sample_size"],
        probability=record["probability"],
        amount=amount,
        days_left=panel.cell("days_left", row, series),
        needed=panel.cell("needed_per_workday", row, series),
        best=panel.cell("best_finish_per_workday", row, series),
        full_miss=float(record["full_miss_probability"]),
        drivers=drivers,
        agrees=agrees,
    )
