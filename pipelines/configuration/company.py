"""company.yml: who the company is and how it counts.

Add here: a decision that holds for the whole company. Keep out: anything about one source.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import holidays
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.problems import Problem, read_model
from pipelines.language import languages, text

# Python walks through the system's folders at each call: most of what reading a configuration costs.
_timezones = cache(available_timezones)
WEEK_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Company(BaseModel):
    """One company. Money in every mart is in `currency`; dates are in `timezone`.

    `clock` freezes the company's today, for generated companies and tests: a run without
    `--as-of` is then a run on that day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    language: str = "zh"
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    # A fiscal year that wraps at December is called by the calendar year it begins or ends in.
    fiscal_year_named_by: Literal["start", "end"] = "start"
    # 4-4-5 and its sisters cut the year into whole weeks; it begins on the first day of the week that is
    # nearest to the 1st of fiscal_year_start, or the last on or before it.
    fiscal_calendar: Literal["months", "4-4-5", "4-5-4", "5-4-4"] = "months"
    fiscal_year_begins: Literal["nearest", "on_or_before"] = "nearest"
    week_starts_on: Literal[
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
    ] = "monday"
    calendar: str = "CN"
    revenue_basis: Literal["orders", "won"] = "orders"
    clock: dt.date | None = None

    @model_validator(mode="after")
    def _begins_by_weeks(self) -> Company:
        if self.fiscal_calendar == "months" and self.fiscal_year_begins != "nearest":
            raise ValueError(text("config.company.begins_by_weeks"))
        return self

    @property
    def first_weekday(self) -> int:
        """0 where weeks begin on Monday."""
        return WEEK_DAYS.index(self.week_starts_on)

    @field_validator("language")
    @classmethod
    def _has_catalogue(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(text("config.one_of_languages", languages=[*languages()]))
        return value

    @field_validator("currency")
    @classmethod
    def _currency_code(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError(text("config.company.currency"))
        return value

    @field_validator("clock", mode="before")
    @classmethod
    def _clock_is_a_date(cls, value: Any) -> Any:
        # Otherwise a number would be read as seconds since 1970.
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                raise ValueError(text("config.a_date")) from None
        if value is not None and (isinstance(value, dt.datetime) or not isinstance(value, dt.date)):
            raise ValueError(text("config.a_date"))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in _timezones():
            raise ValueError(text("config.company.timezone"))
        return value

    @field_validator("calendar")
    @classmethod
    def _known_calendar(cls, value: str) -> str:
        if value not in holidays.list_supported_countries():
            raise ValueError(text("config.company.calendar"))
        return value


def read_company(path: Path, problems: list[Problem]) -> Company | None:
    """Read company.yml; every fault goes to `problems`, and None comes back if there is one."""
    keys, example = text("config.company.keys"), text("config.company.example")
    return read_model(path, problems, Company, accepted=keys, example=example)
