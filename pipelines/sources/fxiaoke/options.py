"""What sources.yml may say about a 纷享销客 source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.configuration.problems import (
    ConfigurationError,
    Problem,
    add_validation_problems,
)
from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES, TARGET_METRICS
from pipelines.sources.fxiaoke.objects import CUSTOM_ENTITIES, OBJECTS, ZONE, mapped_columns

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|label:.+")
_MAPPABLE = {item.entity for item in OBJECTS.values() if item.entity}


class CustomObject(BaseModel):
    """An object of the company's own that holds an entity: canonical column -> its field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    fields: dict[str, str]


class Options(BaseModel):
    """`options` of a 纷享销客 source; its `base_url` is the gateway of the company's cloud.

    `user_id`: employee id (such as "1000") in whose name is read; he decides which rows are seen.
    `fields`: own fields for canonical columns, by API name or `label:...`, e.g.
    `{opportunities: {product_line: product_line__c}}`. `objects`: entities kept in other objects.
    `closed_statuses`: labels of an opportunity's status that end it. `regions`: department id or
    name -> region of the teams at and below it. `goal_rules`: goal rule id -> metric of its targets.
    `skip`: objects not to be read. `without`: `Object.field` that may vanish without stopping the
    load. `largest_drop`: share of an object's records that may vanish between two loads.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    user_id: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    opportunity_object: Literal["auto", "NewOpportunityObj", "OpportunityObj"] = "auto"
    people: Literal["auto", "PersonnelObj", "list"] = "auto"
    timezone: str = ZONE
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    closed_statuses: tuple[str, ...] = ("赢单", "输单", "无效", "Won", "Lost", "Invalid")
    regions: dict[str, str] = Field(default_factory=dict)
    goal_rules: dict[str, Literal[TARGET_METRICS]] = Field(default_factory=dict)  # type: ignore[valid-type]
    skip: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    page_size: int = Field(default=100, ge=1, le=100)
    overlap_minutes: int = Field(default=10, ge=1, le=1_440)
    full_every_days: int = Field(default=7, ge=1)
    full: bool = False  # read everything anew in the next run
    largest_drop: float = Field(default=0.5, gt=0, le=1)
    calls_per_20_seconds: int = Field(default=80, ge=1, le=100)
    day_call_budget: int = Field(default=20_000, ge=100)

    @field_validator("user_id", mode="before")
    @classmethod
    def _written_as_number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError("a time zone such as Asia/Shanghai") from None
        return value

    @field_validator("skip")
    @classmethod
    def _skippable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        optional = [item.name for item in OBJECTS.values() if item.optional]
        if set(value) - set(optional):
            raise ValueError(f"some of {', '.join(optional)}")
        return value

    @model_validator(mode="after")
    def _known(self) -> Options:
        for entity, columns in self.fields.items():
            if entity not in _MAPPABLE:
                raise ValueError(f"fields of one of {', '.join(sorted(_MAPPABLE))} (not {entity})")
            _check_columns(columns, set(mapped_columns(entity)), f"fields.{entity}")
        for entity, own in self.objects.items():
            if entity not in CUSTOM_ENTITIES:
                raise ValueError(f"objects for {', '.join(CUSTOM_ENTITIES)} (not {entity})")
            shape = ENTITIES[entity]
            _check_columns(own.fields, {c.name for c in shape.columns}, f"objects.{entity}.fields")
            # The record's own id stands for the key, except of targets, which have none.
            key = set() if entity == "targets" else {shape.key[0]}
            required = {c.name for c in shape.columns if c.required and not c.default}
            missing = sorted(required - set(own.fields) - key)
            if missing:
                raise ValueError(f"objects.{entity}.fields with {', '.join(missing)}")
        return self


def _check_columns(columns: dict[str, str], known: set[str], key: str) -> None:
    unknown = sorted(set(columns) - known)
    if unknown:
        raise ValueError(f"{key}: {', '.join(sorted(known))} (not {', '.join(unknown)})")
    for path in columns.values():
        if not _KEY.fullmatch(path):
            raise ValueError(
                f"{key}: an API name such as region__c, or label: and the label (not {path!r})"
            )


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
