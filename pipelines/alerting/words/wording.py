"""Values as they stand in the sentences of a warning: figures, days, shares, levels, scopes.

Add here: another kind of value. Keep out: sentences (the catalogues) and which of them is said
(`messages.py`, `judging/weeks.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pipelines.alerting.series.catalogue import Kind
from pipelines.language import Text, text
from pipelines.language.catalogue import sentence
from pipelines.language.figures import Writer
from pipelines.language.text import in_words

# What a sentence ends in that takes no full stop.
ENDS = ("?", "!", "？", "！")


@dataclass(frozen=True)
class Written:
    """A value of a metric: 62%, 12.5 days, 120 万元."""

    kind: Kind
    value: float
    currency: str = ""

    def into(self, language: str) -> str:
        return Writer(language, self.currency).value(self.kind, self.value)


@dataclass(frozen=True)
class Amount:
    """An amount of money."""

    value: float
    currency: str

    def into(self, language: str) -> str:
        return Writer(language, self.currency).money_in_words(self.value)


@dataclass(frozen=True)
class Day:
    """A day of the running year: 10月12日, 12 Oct."""

    day: dt.date

    def into(self, language: str) -> str:
        return Writer(language, "").date(self.day)


@dataclass(frozen=True)
class FullDay:
    """A day with its year, which may be another: 2027年1月3日, 3 Jan 2027."""

    day: dt.date | None

    def into(self, language: str) -> str:
        return Writer(language, "").full_date(self.day)


@dataclass(frozen=True)
class Heading:
    """A text as it begins a sentence."""

    of: Any

    def into(self, language: str) -> str:
        found = in_words(self.of, language)
        return found[:1].upper() + found[1:]


@dataclass(frozen=True)
class Paragraph:
    """Whole sentences, one after the other, each with its stop; empty ones are left out."""

    parts: Sequence[Any]

    def into(self, language: str) -> str:
        said = [in_words(part, language) for part in self.parts if part is not None]
        bare = [one.rstrip("。. ") for one in said]
        stop = sentence("alerts.mark.stop", language)
        ended = [one if one.endswith(ENDS) else stop.format(sentence=one) for one in bare if one]
        return joined("alerts.mark.sentences", ended, language)


@dataclass(frozen=True)
class Clauses:
    """Parts of one sentence, one after the other."""

    parts: Sequence[Any]

    def into(self, language: str) -> str:
        said = [in_words(part, language) for part in self.parts]
        return joined("alerts.mark.clauses", said, language)


def joined(key: str, parts: Sequence[str], language: str) -> str:
    """Parts with what the language sets between them: a text of `first` and `next`."""
    if not parts:
        return ""
    mark = sentence(key, language)
    return reduce(lambda one, other: mark.format(first=one, next=other), parts)


def percent(value: float) -> str:
    """A share without decimals, as both languages write it."""
    return f"{value:.0%}"


def chance(probability: float, *, steps: bool = True) -> Text:
    """Never a certainty: no rule can give one. In `steps` of five points, else to the point."""
    if probability >= 0.945:
        return text("alerts.chance.most")
    if probability < 0.055:
        return text("alerts.chance.least")
    told = round(probability / 0.05) * 0.05 if steps else probability
    return text("alerts.chance.about", percent=percent(told))


def where(scope_type: str, scope_name: str, dimension: str) -> Any:
    """The scope by its name, with the stage where the figure is about one."""
    name: Any = text("alerts.company") if scope_type == "company" else scope_name
    return text("alerts.where_stage", name=name, stage=dimension) if dimension else name


def level(name: str) -> Text:
    """正常, 警戒 or 危险."""
    return text(f"alerts.level.{name}")


def is_known(*values: float) -> bool:
    """Whether every one of them is a figure."""
    return all(math.isfinite(value) for value in values)
