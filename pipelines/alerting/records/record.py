"""The record of a rule: its past precision and usual lead time, to stand beside each alert.

Add here: what a reader should know of a rule's past. Keep out: judging single alerts
(`backtest.py`, `aftermath.py`) and simulating quiet series (`false_alarms.py`).

The nightly evaluation covers every day of the past, so its own episodes are the cases: no second
replay. All of it looks at what had ended by the day, and at nothing later.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from pipelines.alerting.records.aftermath import JUDGED_COLUMNS, judge_by_course
from pipelines.alerting.records.backtest import Span, by_rule, judge
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.rows import Rows, rows_of
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.alerting.words.wording import percent
from pipelines.language import Text, stored, text
from pipelines.language.figures import figure

# With fewer judged alerts a rule carries no figure of quality.
ENOUGH = 20
# False alarms per period in 100 quiet scopes that are too few to give a number.
NOTABLE_RATE = 0.1
LEVELS = ("warning", "danger")
# What a person's outcome says of the alert; whoever looked into it knows better than its course.
RIGHT = {"recovered": True, "missed": True, "accepted": True, "new_normal": True}
WRONG = {"false_alarm": False, "data_error": False}

RECORD_COLUMNS = [
    "rule_cases",
    "rule_precision",
    "rule_precision_low",
    "rule_precision_high",
    "rule_lead_days",
    "rule_false_alarms",
    "record_zh",
    "record_en",
]
_COLUMNS = [*RECORD_COLUMNS, stored.COLUMN]


@dataclass(frozen=True)
class RuleRecord:
    """One rule's past at one level, valid for `rule_version` only.

    `level` warning: every opening; danger: every first day at 危险. `basis`: period_end (the
    period ended below 90 % of its target), own_course (the figure stayed bad for a quarter) or
    none. `base_rate`: share of all ended periods that were missed, alert or not (rules on targets).
    Figures are None below `ENOUGH` cases. `expected_false_per_100`: openings per period in
    100 scopes in which nothing happens, by simulation; None where there is no such thing.
    """

    rule: str
    rule_version: str
    level: str
    basis: str
    cases: int
    hits: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    median_lead_days: float | None
    expected_false_per_100: float | None
    grain: str = "week"
    base_rate: float | None = None

    @property
    def told(self) -> Text | None:
        """The line under an alert; None where nothing is known of the rule's past."""
        parts = [part for part in (self._past(), self._quiet()) if part is not None]
        if parts[1:]:
            return text("alerts.record.both", past=parts[0], quiet=parts[1])
        return parts[0] if parts else None

    def sentence(self, language: str) -> str:
        """The line under an alert, empty without one."""
        return self.told.into(language) if self.told else ""

    def _past(self) -> Text | None:
        if self.basis == "none":
            return None
        if self.precision is None or self.precision_low is None or self.precision_high is None:
            return text("alerts.record.too_few", cases=self.cases)
        figures = {
            "cases": self.cases,
            "share": percent(self.precision),
            "low": percent(self.precision_low),
            "high": percent(self.precision_high),
        }
        if self.basis == "own_course":
            return text("alerts.record.own_course", **figures)
        days = round(self.median_lead_days or 0)
        if days:
            found = text("alerts.record.period_end_ahead", **figures, count=days)
        else:
            found = text("alerts.record.period_end", **figures)
        if self.base_rate is None:
            return found
        return text("alerts.record.based", past=found, base=percent(self.base_rate))

    def _quiet(self) -> Text | None:
        rate = self.expected_false_per_100
        if rate is None:
            return None
        grain = self.grain if self.grain in {"week", "month"} else "period"
        if rate < NOTABLE_RATE:
            return text(f"alerts.record.quiet_rare.{grain}")
        return text(f"alerts.record.quiet.{grain}", rate=figure(rate, 1))

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def judged_past(
    episodes: pd.DataFrame,
    rules: Sequence[Rule],
    tree: ScopeTree,
    *,
    metrics: Rows | pd.DataFrame,
    completion: pd.DataFrame | None = None,
    as_of: dt.date,
    answers: Mapping[str, str] | None = None,
    outcomes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every past alert with whether it was right: by the end of its period (rules on targets),
    else by its figure's own course; columns of `judge_by_course`.

    `answers` maps an alert_id to the outcome that a person gave. A false alarm or data error is
    wrong whatever came later; any other outcome is right where the course cannot say otherwise
    than by chance, that is for rules that are not on targets. `outcomes`: `period_outcomes` of that day,
    where they are known already.
    """
    bound = [rule for rule in rules if rule.on_targets]
    names = {rule.name for rule in bound}
    past = rows_of(metrics, completion)
    if outcomes is None:
        outcomes = past.outcomes(as_of)
    on_targets = judge(
        episodes[episodes["rule"].isin(names)], bound, tree, labels=None, outcomes=outcomes
    )
    others = judge_by_course(episodes, rules, past, as_of=as_of)
    parts = [part for part in (on_targets, others) if len(part)]
    if not parts:
        return pd.DataFrame(columns=JUDGED_COLUMNS)
    judged = pd.concat([part[JUDGED_COLUMNS].astype(object) for part in parts], ignore_index=True)
    said = judged["alert_id"].map(dict(answers or {}))
    wrong = said.map(WRONG)
    right = said.map(RIGHT).where(~judged["rule"].isin(names))
    judged["hit"] = wrong.combine_first(right).combine_first(judged["hit"])
    return judged


def rule_records(
    rules: Sequence[Rule],
    judged: pd.DataFrame,
    *,
    as_of: dt.date,
    expected_false: Mapping[str, float] | None = None,
    base: Mapping[str, float] | None = None,
) -> dict[tuple[str, str], RuleRecord]:
    """Records by rule and level from a frame of `judged_past`.

    `expected_false`: openings per period in 100 quiet scopes by rule, NaN where undefined.
    `base`: `habit.base_rates`.
    """
    scores = by_rule(judged, Span(dt.date.min, as_of, 1))
    found = {(str(row["rule"]), str(row["level"])): row for row in scores.to_dict("records")}
    result = {}
    for rule in rules:
        rate = (expected_false or {}).get(rule.name, math.nan)
        for level in LEVELS:
            row: dict[Any, Any] = found.get((rule.name, level), {})
            cases = int(row.get("judged", 0))
            figures = {
                name: _figure(row.get(name)) if cases >= ENOUGH else None
                for name in ("precision", "precision_low", "precision_high", "median_lead_days")
            }
            result[rule.name, level] = RuleRecord(
                rule=rule.name,
                rule_version=rule.judged_as,
                level=level,
                basis=_basis(rule),
                cases=cases,
                hits=int(row.get("hits", 0)),
                expected_false_per_100=_figure(rate),
                grain=rule.grain,
                base_rate=(base or {}).get(rule.name),
                **figures,
            )
    return result


def beside(records: Mapping[tuple[str, str], RuleRecord], rule: str, level: str) -> RuleRecord:
    """The record to show beside an alert: that of its level, else, with too few cases, of any."""
    own = records[rule, level]
    return own if own.precision is not None else records[rule, "warning"]


def with_records(
    alerts: pd.DataFrame, records: Mapping[tuple[str, str], RuleRecord]
) -> pd.DataFrame:
    """The frame with `RECORD_COLUMNS`, filled for open alerts of a rule that has a record.

    An alert that has ended keeps none: today's record is not what stood beside it then.
    """
    rows: list[list[object]] = []
    kept = alerts[stored.COLUMN] if stored.COLUMN in alerts else [None] * len(alerts)
    for rule, level, state, others in zip(
        alerts["rule"], alerts["level"], alerts["state"], kept, strict=True
    ):
        if state != "open" or (rule, level) not in records:
            rows.append([*[None] * len(RECORD_COLUMNS), others])
            continue
        record = beside(records, rule, level)
        rows.append(
            [
                record.cases,
                record.precision,
                record.precision_low,
                record.precision_high,
                record.median_lead_days,
                record.expected_false_per_100,
                record.sentence("zh") or None,
                record.sentence("en") or None,
                stored.in_others(others, record=record.told),
            ]
        )
    added = pd.DataFrame(rows, columns=_COLUMNS, index=alerts.index).astype(object)
    return pd.concat([alerts.drop(columns=_COLUMNS, errors="ignore"), added], axis=1)


def records_frame(
    records: Mapping[tuple[str, str], RuleRecord], rules: Sequence[Rule]
) -> pd.DataFrame:
    """`rpt_rule_records`: grain rule × level, with the rule's title, metric and mode."""
    by_name = {rule.name: rule for rule in rules}
    return pd.DataFrame(
        [
            {
                **record.as_dict(),
                "title_zh": by_name[record.rule].title.zh,
                "title_en": by_name[record.rule].title.en,
                "metric": by_name[record.rule].metric,
                "mode": by_name[record.rule].mode,
                "sentence_zh": record.sentence("zh"),
                "sentence_en": record.sentence("en"),
                stored.COLUMN: stored.in_others(
                    title=by_name[record.rule].title, sentence=record.told
                ),
            }
            for record in records.values()
        ]
    )


def _basis(rule: Rule) -> str:
    if rule.on_targets:
        return "period_end"
    return "own_course" if rule.grain in ("week", "month") else "none"


def _figure(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
