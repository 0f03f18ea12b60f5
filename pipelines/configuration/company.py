"""company.yml: who the company is and how it counts.

Add here: a decision that holds for the whole company. Keep out: anything about one source.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

import holidays
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.configuration.problems import Problem, add_validation_problems, read_yaml


class Company(BaseModel):
    """One company. Money in every mart is in `currency`; dates are in `timezone`.

    `clock` freezes the company's today, for generated companies and tests: a run without
    `--as-of` is then a run on that day.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    language: Literal["zh", "en"] = "zh"
    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    fiscal_year_start: int = Field(default=1, ge=1, le=12)
    calendar: str = "CN"
    revenue_basis: Literal["orders", "won"] = "orders"
    clock: dt.date | None = None

    @field_validator("currency")
    @classmethod
    def _currency_code(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError("a currency code of three capital letters such as CNY or EUR")
        return value

    @field_validator("clock", mode="before")
    @classmethod
    def _clock_is_a_date(cls, value: Any) -> Any:
        # Otherwise a number would be read as seconds since 1970.
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                raise ValueError("a date such as 2026-10-30") from None
        if value is not None and (isinstance(value, dt.datetime) or not isinstance(value, dt.date)):
            raise ValueError("a date such as 2026-10-30")
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("an IANA time zone such as Asia/Shanghai or Europe/Berlin")
        return value

    @field_validator("calendar")
    @classmethod
    def _known_calendar(cls, value: str) -> str:
        if value not in holidays.list_supported_countries():
            raise ValueError("a two-letter country code such as CN, US or DE")
        return value


def read_company(path: Path, problems: list[Problem]) -> Company | None:
    """Read company.yml; every fault goes to `problems`, and None comes back if there is one."""
    content = read_yaml(path, problems, accepted="name, language, currency, timezone and so on")
    if content is None:
        return None
    if not isinstance(content, dict):
        problems.append(
            Problem(path.name, "", "is not a mapping of keys", "name: ..., language: ...")
        )
        return None
    try:
        return Company(**content)
    except ValidationError as error:
        add_validation_problems(path.name, error, problems, model=Company)
        return None
