"""What can be judged tonight, and from which day on the rest: a young company is told, not left in silence.

Add here: another reason why a rule cannot be judged yet. Keep out: the judgement itself (`running.py`,
`conditions/`), and where it is shown.

How many periods a condition needs is said by the condition (`periods_needed`). A day is the earliest on
which the rule can speak: holidays, and weeks in which a new system was being taken into use, put it off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipelines.alerting.conditions import CountFilter
from pipelines.alerting.conditions.target import Target
from pipelines.alerting.judging.running import History, Status
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.panel import Panel
from pipelines.alerting.series.season import PeriodEdges
from pipelines.alerting.words.wording import FullDay
from pipelines.language import Text, text
from pipelines.language.text import InBoth

State = Literal["judged", "waiting", "early", "few", "no_data", "no_target", "paused", "untrusted"]
_HELD: tuple[tuple[Status, State], ...] = (
    (Status.UNTRUSTED, "untrusted"),
    (Status.PAUSED, "paused"),
)


@dataclass(frozen=True)
class Readiness:
    """One rule on one night. `known` and `needed` count periods of the rule's grain; None: it needs none.

    `ready_on` is the earliest day, None where no day can be told.
    """

    rule: Rule
    state: State
    judged_scopes: int = 0
    scopes: int = 0
    known: int | None = None
    needed: int | None = None
    ready_on: dt.date | None = None

    @property
    def sentence(self) -> Text:
        """For whoever wonders why a rule is silent."""
        key = f"alerts.ready.{self.state}"
        if self.state == "waiting":
            key += f".{_grain(self.rule)}"
        if self.state in ("waiting", "early") and self.ready_on is None:
            key = "alerts.ready.few"
        return text(
            key,
            title=InBoth(en=self.rule.title.en, zh=self.rule.title.zh),
            day=FullDay(self.ready_on),
            known=self.known,
            needed=self.needed,
            judged=self.judged_scopes,
            scopes=self.scopes,
        )


def readiness_of(
    rule: Rule,
    history: History | None,
    edges: PeriodEdges,
    workdays: pd.Series | None,
) -> Readiness:
    """Of one rule on the last day of its history; `workdays`: 0 or 1 by day."""
    if history is None:
        return Readiness(rule, "no_target" if rule.on_targets else "no_data")
    panel = history.panel
    mine = np.flatnonzero(np.isin(panel.keys["scope_type"].to_numpy(), list(rule.scopes)))
    there = mine[np.isfinite(history.panel.field("value")[:, mine]).any(axis=0)]
    status = history.status[-1, there]
    judged = int((status == Status.JUDGED).sum())
    if judged:
        return Readiness(rule, "judged", judged, len(there))
    if not len(there):
        return Readiness(rule, "no_data")
    for held, name in _HELD:
        if (status == held).any():
            return Readiness(rule, name, 0, len(there))
    if isinstance(rule.condition, Target):
        return _of_target(rule, rule.condition, panel, there, edges, workdays)
    needed = rule.condition.periods_needed()
    known = int(np.isfinite(panel.field("value")[:, there]).sum(axis=0).max())
    if known >= needed:
        return Readiness(rule, "few", 0, len(there), known, needed)
    first, last = edges.after(rule.grain, panel.starts[-1], needed - known)
    day = last
    if isinstance(rule.condition, CountFilter) and first is not None and last is not None:
        day = _second_day_of_work(first, last, workdays)
    return Readiness(rule, "waiting", 0, len(there), known, needed, day)


def _second_day_of_work(first: dt.date, last: dt.date, workdays: pd.Series | None) -> dt.date:
    """A count is judged while its week runs, from the night after its first day of work on."""
    if workdays is None:
        return first
    days = pd.date_range(first, last)
    worked = days[workdays.reindex(days).fillna(0.0).to_numpy() > 0]
    return worked[0].date() + dt.timedelta(days=1) if len(worked) else last


def _of_target(
    rule: Rule,
    condition: Target,
    panel: Panel,
    there: np.ndarray,
    edges: PeriodEdges,
    workdays: pd.Series | None,
) -> Readiness:
    if not (panel.field("target_amount")[-1, there] > 0).any():
        return Readiness(rule, "no_target", 0, len(there))
    learned = panel.field("curve_periods")[-1, there]
    known = int(np.nanmax(learned)) if np.isfinite(learned).any() else 0
    lacking = max(condition.min_curve_periods - known, 0)
    # Of a first period that had begun before the data did, nothing is learned: then it is one later.
    period = edges.after(condition.period, panel.starts[-1], lacking)
    if (
        not lacking
        and not (panel.field("workdays_elapsed")[-1, there] < _least(condition, panel, there)).all()
    ):
        return Readiness(rule, "few", 0, len(there))
    day = _elapsed_day(condition, *period, workdays)
    if not lacking:
        return Readiness(rule, "early", scopes=len(there), ready_on=day)
    needed = condition.min_curve_periods
    return Readiness(rule, "waiting", 0, len(there), known, needed, day)


def _least(condition: Target, panel: Panel, there: np.ndarray) -> np.ndarray:
    return condition.min_elapsed * panel.field("workdays_total")[-1, there]


def _elapsed_day(
    condition: Target, first: dt.date | None, last: dt.date | None, workdays: pd.Series | None
) -> dt.date | None:
    """First day of a period on which enough of its workdays have passed."""
    if first is None or last is None:
        return None
    days = pd.date_range(first, last)
    work = np.ones(len(days)) if workdays is None else workdays.reindex(days).fillna(0.0).to_numpy()
    done = np.cumsum(work)
    at = int(np.argmax(done >= condition.min_elapsed * done[-1]))
    return first + dt.timedelta(days=at)


def readiness_frame(found: Sequence[Readiness]) -> pd.DataFrame:
    """`rpt_rule_readiness`: grain rule."""
    return pd.DataFrame(
        [
            {
                "rule": one.rule.name,
                "title_zh": one.rule.title.zh,
                "title_en": one.rule.title.en,
                "metric": one.rule.metric,
                "grain": _grain(one.rule),
                "mode": one.rule.mode,
                "state": one.state,
                "judged_scopes": one.judged_scopes,
                "scopes": one.scopes,
                "periods_known": one.known,
                "periods_needed": one.needed,
                "ready_on": one.ready_on,
                "sentence_zh": one.sentence.into("zh"),
                "sentence_en": one.sentence.into("en"),
            }
            for one in found
        ],
        columns=READINESS_COLUMNS,
    ).astype({"periods_known": "Int64", "periods_needed": "Int64"})


READINESS_COLUMNS = [
    *(
        "rule",
        "title_zh",
        "title_en",
        "metric",
        "grain",
        "mode",
        "state",
        "judged_scopes",
        "scopes",
    ),
    *("periods_known", "periods_needed", "ready_on", "sentence_zh", "sentence_en"),
]


def _grain(rule: Rule) -> str:
    return rule.condition.period if isinstance(rule.condition, Target) else rule.grain
