"""What sources.yml may say about a Zoho source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.configuration.problems import (
    ConfigurationError,
    Problem,
    add_validation_problems,
)
from pipelines.configuration.sources import Source
from pipelines.sources.zoho.modules import HISTORY, MODULES, mapped_columns

_API_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_]*$")
_MAPPABLE = {item.entity for item in MODULES.values() if item.entity}
_REQUIRED_MODULES = {item.name for item in MODULES.values() if not item.optional}


class Options(BaseModel):
    """`options` of a Zoho source.

    `fields`: own fields for canonical columns, e.g. `{opportunities: {product_line: Product_Line}}`.
    `regions`: name of a role -> region of the teams at and below it. `without`: modules that are not
    to be read. `history_time`: what `Modified_Time` of a stage tracker row means: when its stage was
    entered (as live traces show) or left. `daily_credits`: how many calls this source may make
    within 24 hours; `spare_credits`: the run stops when the organisation has fewer left.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_version: str = Field(default="v8", pattern=r"^v[2-9]$")
    accounts_url: str | None = Field(default=None, pattern=r"^https?://[^/?#@]+/?$")
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    organisation_id: str | None = Field(default=None, pattern=r"^\d+$")
    fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    regions: dict[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    history_module: str = Field(default=HISTORY, pattern=_API_NAME.pattern)
    history_time: Literal["entered", "left"] = "entered"
    overlap_minutes: int = Field(default=15, ge=1, le=1440)
    page_size: int = Field(default=200, ge=2, le=200)
    bulk_from: int = Field(default=10_000, ge=0)  # records from which Bulk Read is used
    bulk_deadline_minutes: float = Field(default=60, gt=0)
    full_every_days: int = Field(default=7, ge=1)
    full: bool = False  # read everything anew in the next run
    daily_credits: int = Field(default=40_000, ge=100)
    spare_credits: int = Field(default=1_000, ge=0)

    @field_validator("without")
    @classmethod
    def _optional(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        allowed = sorted(set(MODULES) - _REQUIRED_MODULES)
        if wrong := sorted(set(value) - set(allowed)):
            raise ValueError(f"some of {', '.join(allowed)} (not {', '.join(wrong)})")
        return value

    @model_validator(mode="after")
    def _known(self) -> Options:
        for entity, columns in self.fields.items():
            if entity not in _MAPPABLE:
                raise ValueError(
                    f"fields of one of {', '.join(sorted(filter(None, _MAPPABLE)))} (not {entity})"
                )
            known = mapped_columns(entity)
            if unknown := sorted(set(columns) - set(known)):
                raise ValueError(
                    f"fields.{entity}: {', '.join(sorted(known))} (not {', '.join(unknown)})"
                )
            for name in columns.values():
                if not _API_NAME.match(name):
                    raise ValueError(
                        f"fields.{entity}: an API name such as Product_Line (not {name!r})"
                    )
        if self.grant == "client_credentials" and not self.organisation_id:
            raise ValueError("organisation_id together with grant client_credentials")
        return self


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    try:
        return Options(**source.options)
    except ValidationError as error:
        problems: list[Problem] = []
        add_validation_problems(
            "sources.yml", error, problems, prefix=f"{source.name}.options", model=Options
        )
        raise ConfigurationError(problems) from None
