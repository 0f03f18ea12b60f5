"""What sources.yml may say about a Salesforce source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.configuration.problems import (
    ConfigurationError,
    Problem,
    add_validation_problems,
)
from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.sources.salesforce.objects import OBJECTS, mapped_columns
from pipelines.sources.salesforce.tables import CUSTOM_ENTITIES

_PATH = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}$"
_MAPPABLE = {item.entity for item in OBJECTS.values() if item.entity}


class CustomObject(BaseModel):
    """An object of the company's own that holds an entity: canonical column -> its field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")
    fields: dict[str, str]


class Options(BaseModel):
    """`options` of a Salesforce source.

    `fields`: own fields for canonical columns of standard objects, e.g.
    `{opportunities: {product_line: Product_Line__c}}`. `objects`: entities kept in own objects.
    `regions`: developer name of a role -> region of the teams at and below it.
    `without`: fields that may vanish without stopping the load. `quota_type`: developer name of the forecasting type whose quotas are the targets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_version: str = "v66.0"
    fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    regions: dict[str, str] = Field(default_factory=dict)
    # Fields read in earlier loads that may be missing from now on: `Opportunity.LeadSource`.
    without: tuple[str, ...] = ()
    quota_type: str | None = Field(default=None, pattern=r"^\w+$")
    overlap_minutes: int = Field(default=30, ge=1, le=1440)
    bulk_from: int = Field(
        default=20_000, ge=0
    )  # rows expected from which the bulk interface is used
    page_size: int = Field(default=2_000, ge=200, le=2_000)
    bulk_page_size: int = Field(default=50_000, ge=1_000, le=250_000)
    full_every_days: int = Field(default=7, ge=1)
    full: bool = False  # read everything anew in the next run
    most_of_daily_limit: float = Field(default=0.8, gt=0, le=1)
    requests_per_second: int = Field(default=10, ge=1)

    @field_validator("api_version", mode="before")
    @classmethod
    def _version(cls, value: Any) -> str:
        text = str(value).lstrip("v")
        if not text.replace(".", "", 1).isdigit() or float(text) < 41:
            raise ValueError("a version from v41.0 on, such as v66.0")
        return f"v{float(text):.1f}"

    @model_validator(mode="after")
    def _known(self) -> Options:
        for entity, columns in self.fields.items():
            if entity not in _MAPPABLE:
                raise ValueError(f"fields of one of {', '.join(sorted(_MAPPABLE))} (not {entity})")
            _check_columns(columns, set(mapped_columns(entity)), f"fields.{entity}")
        for entity, own in self.objects.items():
            if entity not in CUSTOM_ENTITIES:
                raise ValueError(f"objects for {', '.join(CUSTOM_ENTITIES)} (not {entity})")
            known = {column.name for column in ENTITIES[entity].columns}
            _check_columns(own.fields, known, f"objects.{entity}.fields")
            required = {c.name for c in ENTITIES[entity].columns if c.required and not c.default}
            missing = sorted(required - set(own.fields) - {ENTITIES[entity].key[0]})
            if entity == "targets":
                missing = sorted(required - set(own.fields))
            if missing:
                raise ValueError(f"objects.{entity}.fields with {', '.join(missing)}")
        return self


def _check_columns(columns: dict[str, str], known: set[str], key: str) -> None:
    unknown = sorted(set(columns) - known)
    if unknown:
        raise ValueError(f"{key}: {', '.join(sorted(known))} (not {', '.join(unknown)})")
    for path in columns.values():
        if not re.match(_PATH, path):
            raise ValueError(f"{key}: an API name such as Region__c or Owner.Name (not {path!r})")


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
