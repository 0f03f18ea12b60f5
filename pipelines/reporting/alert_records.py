"""What the report knows of warnings: episodes, what drives them, and the record of their rules.

Add here: a thing that a reader sees of a warning, with units. Keep out: SQL (`alerts.py`), wording
(`alert_words.py`) and layout.

Money is in the company currency, shares are 0 to 1. None means "not known".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Driver:
    """One contributor to a warning; `share` is its part of the gap."""

    label: str
    share: float | None
    amount: float | None


@dataclass(frozen=True)
class Deal:
    """One open or lost opportunity behind a warning."""

    name: str
    owner: str
    stage: str
    amount: float | None
    idle_workdays: int | None
    expected_close_on: dt.date | None


@dataclass(frozen=True)
class Account:
    """One customer behind a warning; `unheard_days` None: it never answered nor bought."""

    name: str
    owner: str
    revenue: float | None  # of the last 12 months
    unheard_days: int | None


@dataclass(frozen=True)
class Alert:
    """One warning episode with what has been done about it so far."""

    alert_id: str
    rule: str
    metric: str
    dimension: str
    scope_type: str
    scope_id: str
    scope_name: str
    opened_on: dt.date
    closed_on: dt.date | None
    level: str
    since: dt.date  # first day of what is wrong; opened_on is the day it was confirmed
    danger_on: dt.date | None  # first day at danger
    peak_level: str | None
    state: str
    value: float | None
    expected: float | None
    limit: float | None
    sample_size: int | None
    amount: float | None
    probability: float | None
    owner: str
    messages: Mapping[str, str]  # the alert's sentence by language
    drivers: tuple[Driver, ...] = ()
    deals: tuple[Deal, ...] = ()
    accounts: tuple[Account, ...] = ()
    records: Mapping[str, str] = field(default_factory=dict)  # the rule's past, by language
    last_action: str = ""
    last_action_on: dt.date | None = None
    last_action_by: str = ""
    case_id: str = ""  # empty: it stands for itself
    role: str = "root"  # root or symptom of its case

    @property
    def weight(self) -> float:
        """Amount at risk times probability; an unknown probability counts as certain."""
        return (self.amount or 0.0) * (1.0 if self.probability is None else self.probability)

    def message(self, language: str) -> str:
        """The alert's sentence in that language, else in another one that there is."""
        return self.messages.get(language) or next(filter(None, self.messages.values()), "")

    def record(self, language: str) -> str:
        """How often the rule was right before, in one sentence; empty when nothing is known."""
        return self.records.get(language, "")


@dataclass(frozen=True)
class Unready:
    """A rule that could not be judged on the day, and why, or from which day on, in one sentence."""

    rule: str
    ready_on: dt.date | None
    sentence_zh: str
    sentence_en: str

    def sentence(self, language: str) -> str:
        return self.sentence_zh if language == "zh" else self.sentence_en


@dataclass(frozen=True)
class RuleRecord:
    """One alert rule's past on the company's own data, every opening counted.

    `is_told` is False for a rule that only watches. `expected_false` is openings per `grain` in
    100 scopes in which nothing happens.
    """

    rule: str
    titles: Mapping[str, str]
    grain: str
    is_told: bool
    cases: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    lead_days: float | None
    expected_false: float | None

    def title(self, language: str) -> str:
        """What it is called in that language."""
        return self.titles.get(language, "")
