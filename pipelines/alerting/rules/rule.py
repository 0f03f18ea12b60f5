"""What a rule is: the keys of one entry of `alert_rules.yml`, and its version.

Add here: a key that every rule may have. Keep out: keys of one condition (`conditions/`), and how
the file is read and its faults are told (`rule_file.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.alerting.conditions import (
    FILTERS,
    ON_PARTS,
    ON_PERSONS,
    ON_TARGETS,
    TOGETHER,
    AnyCondition,
    Pooled,
)
from pipelines.alerting.judging.states import Laws
from pipelines.alerting.rules.program import judge_and_figures
from pipelines.alerting.series.catalogue import METRICS, Direction, Metric
from pipelines.language import Text as Sentence
from pipelines.language import languages, text
from pipelines.language.text import Joined, one_of

Level = Literal["normal", "warning", "danger"]
Mode = Literal["alert", "watch", "off"]
ScopeType = Literal["company", "region", "team", "rep", "product_line", "source"]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-([0-2][0-9]|3[01])$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(BaseModel):
    """One text in both languages, and in further ones if the company writes them (`de: ...`)."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, str]  # pyrefly: ignore[bad-override]

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_known_languages(self) -> Text:
        strange = sorted({*(self.__pydantic_extra__ or {})} - {*languages()})
        if strange:
            raise ValueError(text("config.one_of_languages", languages=[*languages()]))
        return self

    def into(self, language: str) -> str:
        """The words of that language, as `one_of` finds them."""
        return one_of({"zh": self.zh, "en": self.en, **(self.__pydantic_extra__ or {})}, language)


class Confirm(_Part):
    """Successive evaluations that open 警戒, open 危险, and take a level one step down."""

    warning: int = Field(default=2, ge=1, le=12)
    danger: int = Field(default=1, ge=1, le=12)
    clear: int = Field(default=2, ge=1, le=12)


class Pause(_Part):
    """No level moves: between two days of every year, in weeks with too few workdays, or in the last weeks
    of each fiscal quarter (what divides by the rest of a target says little when little is left).

    `after`: so many periods that follow a paused one are paused as well (work starts slowly after a
    long holiday). What happened in a pause is no evidence and no yardstick.
    """

    start: MonthDay | None = Field(default=None, alias="from")
    end: MonthDay | None = Field(default=None, alias="to")
    workdays_below: float | None = Field(default=None, gt=0, le=5)
    quarter_weeks_left: int | None = Field(default=None, ge=1, le=12)
    after: int = Field(default=0, ge=0, le=8)
    reason: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Pause:
        if (self.start is None) != (self.end is None):
            raise ValueError(text("config.rules.pause_both"))
        if self.start is None and self.workdays_below is None and self.quarter_weeks_left is None:
            raise ValueError(text("config.rules.pause_kind"))
        return self


class Seconded(_Part):
    """What a 警戒 of a team, a product line or a person needs beside its own limit before it is told: another
    figure of the scope that is at least `by` likely to be off, or itself a probability of `unless`.
    """

    by: float = Field(gt=0, lt=1)
    unless: float | None = Field(default=None, gt=0, le=1)


class Money(_Part):
    """How a level becomes an amount at risk.

    `gap`: what is missing to the target (rules on targets). `shortfall`: the relative distance
    from the expected value × the scope's usual weekly revenue × `weeks`. `none`: no amount.
    """

    by: Literal["gap", "shortfall", "none"] = "shortfall"
    weeks: int = Field(default=13, ge=1, le=104)


class Rule(_Part):
    """One alert rule. See docs of `alert_rules.yml` for the meaning of each key."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    family: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    renamed_from: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    advice: Text
    metric: str
    grain: Literal["day", "week", "month", "quarter"] = "week"
    dimension: Literal["each", "total", "all"] = "total"
    scopes: tuple[ScopeType, ...] = Field(min_length=1)
    only: tuple[str, ...] = ()
    direction: Direction | None = None
    condition: AnyCondition
    min_sample: int = Field(default=0, ge=0)
    min_people: float = Field(default=0, ge=0, le=20)
    confirm: Confirm = Confirm()
    hysteresis: float = Field(default=0.05, ge=0, lt=1)
    cool_down_days: int = Field(default=14, ge=0, le=365)
    stale_after: int = Field(default=8, ge=1)
    relearn_after: int = Field(default=26, ge=4)
    inherit: bool = True
    pause: tuple[Pause, ...] = ()
    money: Money = Money()
    owner: Literal["scope", "parent", "data"] = "scope"
    raised_by: tuple[str, ...] = ()
    seconded: Seconded | None = None
    detects: tuple[str, ...] = ()
    mode: Mode = "alert"

    @field_validator("metric")
    @classmethod
    def _in_catalogue(cls, value: str) -> str:
        if value not in METRICS:
            raise ValueError(text("config.rules.one_of", expected=sorted(METRICS)))
        return value

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        faults = list(_faults(self))
        if faults:
            # All of them at once: a fault told alone hides the next.
            raise ValueError(faults[0] if len(faults) == 1 else Joined(faults))
        return self

    @property
    def known_as(self) -> str:
        """The name in the ids of its alerts: the first it had, so that a new one loses no answer."""
        return self.renamed_from or self.name

    @property
    def on_targets(self) -> bool:
        """Judged on target completion rather than on `fct_metrics`."""
        return isinstance(self.condition, ON_TARGETS)

    @property
    def filters(self) -> bool:
        """Judged by how likely the figure is off now, rather than by a limit on it."""
        return isinstance(self.condition, FILTERS)

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the rules whose levels make this one's, if that is how it is judged."""
        return self.condition.of if isinstance(self.condition, TOGETHER) else ()

    @property
    def pools(self) -> tuple[str, ...]:
        """Names of the filters whose figures are judged together, if that is how it is judged."""
        return self.condition.of if isinstance(self.condition, Pooled) else ()

    @property
    def in_weeks(self) -> bool:
        """It says in which week a matter began, not on which day it was first seen."""
        return self.filters or isinstance(self.condition, (Pooled, *ON_PERSONS))

    @property
    def described(self) -> Metric:
        return METRICS[self.metric]

    @property
    def side(self) -> Direction:
        """The bad side: as given, else the metric's own."""
        return self.direction or METRICS[self.metric].bad

    @property
    def laws(self) -> Laws:
        # The parts have confirmed what they say.
        plain = self.filters or bool(self.parts or self.pools)
        confirm = Confirm(warning=1, danger=1, clear=1) if plain else self.confirm
        return Laws(
            confirm_warning=confirm.warning,
            confirm_danger=confirm.danger,
            clear=confirm.clear,
            cool_down=self.cool_down_days,
            stale_after=self.stale_after,
            # Neither a target nor a fall becomes normal by lasting: only an answer makes it so.
            relearn_after=10_000 if self.on_targets or plain else self.relearn_after,
            straight=plain,
        )

    @property
    def version(self) -> str:
        """Fingerprint of everything that decides a level; texts and owners are not part of it.

        It changes by itself with a limit, so that a record of precision never speaks of a rule
        that is no longer the same.
        """
        texts = {"title", "advice", "owner", "money", "mode", "detects", "family", "inherit"}
        decides = self.model_dump(mode="json", exclude={*texts, "renamed_from"})
        decides["name"] = self.known_as
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]

    @property
    def judged_as(self) -> str:
        """The version with that of the code that judges by it: what an alert was found under."""
        return f"{self.version}.{judge_and_figures()}"


def _faults(rule: Rule) -> Iterator[Sentence]:
    """What does not fit together in one rule whose keys are each well formed."""
    condition = rule.condition
    if rule.on_targets and rule.metric != "target_attainment":
        yield text("config.rules.on_targets", condition=condition.type)
    if isinstance(condition, ON_PARTS) and not METRICS[rule.metric].counts_cases:
        yield text("config.rules.on_parts", condition=condition.type)
    shift = getattr(condition, "shift", None)
    if shift is not None and (shift < 1) != (rule.side == "below") or shift == 1:
        yield text(f"config.rules.shift.{rule.side}", metric=rule.metric)
    pair = condition.limits()
    if pair is not None:
        yield from _order(rule, *pair)


def _order(rule: Rule, warning: float, danger: float, kind: str) -> Iterator[Sentence]:
    if kind == "evidence":
        if danger < warning:
            yield text("config.rules.danger_beyond")
        return
    below = rule.side == "below"
    if (danger > warning) if below else (danger < warning):
        yield text(
            f"config.rules.danger.{rule.side}",
            metric=rule.metric,
            warning=f"{warning:g}",
            danger=f"{danger:g}",
        )
    relative = rule.condition.type == "change"
    if relative and ((warning > 0) if below else (warning < 0)):
        yield text(f"config.rules.change.{rule.side}")
    if not relative and rule.described.kind in {"share", "count", "money", "days", "ratio"}:
        if warning < 0 or danger < 0:
            yield text("config.rules.not_negative", metric=rule.metric)
        if rule.described.kind == "share" and (warning > 1 or danger > 1):
            yield text("config.rules.shares", metric=rule.metric)
