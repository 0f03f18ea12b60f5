"""What sources.yml may say about a 纷享销客 source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.entities import TARGET_METRICS
from pipelines.sources.connector_options import (
    ConnectorOptions,
    CustomObject,
    FieldRule,
    Id,
    Zone,
    check_fields,
    check_objects,
    read_options,
)
from pipelines.sources.fxiaoke.objects import CUSTOM_ENTITIES, OBJECTS, ZONE, mapped_columns

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|label:.+")
_EXAMPLE = "an API name such as region__c, or label: and the label"
_MAPPABLE = {i.entity: mapped_columns(i.entity) for i in OBJECTS.values() if i.entity}


class Options(ConnectorOptions):
    """`options` of a 纷享销客 source; its `base_url` is the gateway of the company's cloud.

    `user_id`: employee id (such as "1000") in whose name is read; he decides which rows are seen.
    `fields`: own fields for canonical columns, by API name or `label:...`, e.g.
    `{opportunities: {product_line: product_line__c}}`. `objects`: entities kept in other objects.
    `closed_statuses`: labels of an opportunity's status that end it. `regions`: department id or
    name -> region of the teams at and below it. `goal_rules`: goal rule id -> metric of its targets.
    `skip`: objects not to be read. `without`: `Object.field` that may vanish without stopping the
    load. `largest_drop`: share of an object's records that may vanish between two loads.
    """

    user_id: Id = Field(pattern=r"^[A-Za-z0-9_]+$")
    opportunity_object: Literal["auto", "NewOpportunityObj", "OpportunityObj"] = "auto"
    people: Literal["auto", "PersonnelObj", "list"] = "auto"
    timezone: Zone = ZONE
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    fields: dict[str, dict[str, FieldRule]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    closed_statuses: tuple[str, ...] = ("赢单", "输单", "无效", "Won", "Lost", "Invalid")
    regions: dict[str, str] = Field(default_factory=dict)
    goal_rules: dict[str, Literal[TARGET_METRICS]] = Field(default_factory=dict)  # type: ignore[valid-type]
    skip: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    page_size: int = Field(default=100, ge=1, le=100)
    overlap_minutes: int = Field(default=10, ge=1, le=1_440)
    full_every_days: int = Field(default=7, ge=1)
    largest_drop: float = Field(default=0.5, gt=0, le=1)
    calls_per_20_seconds: int = Field(default=80, ge=1, le=100)
    day_call_budget: int = Field(default=20_000, ge=100)

    @field_validator("skip")
    @classmethod
    def _skippable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        optional = [item.name for item in OBJECTS.values() if item.optional]
        if set(value) - set(optional):
            raise ValueError(f"some of {', '.join(optional)}")
        return value

    @model_validator(mode="after")
    def _known(self) -> Options:
        check_fields(self.fields, _MAPPABLE, _KEY, _EXAMPLE)
        check_objects(self.objects, CUSTOM_ENTITIES, _KEY, _EXAMPLE)
        return self


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
