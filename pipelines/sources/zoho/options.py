"""What sources.yml may say about a Zoho source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.sources.connector_options import (
    Address,
    ConnectorOptions,
    CustomObject,
    FieldRule,
    check_fields,
    check_objects,
    read_options,
)
from pipelines.sources.zoho.modules import HISTORY, MODULES, mapped_columns
from pipelines.sources.zoho.own_modules import CUSTOM_ENTITIES

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_EXAMPLE = "an API name such as Product_Line"
_MAPPABLE = {i.entity: mapped_columns(i.entity) for i in MODULES.values() if i.entity}
_REQUIRED_MODULES = {item.name for item in MODULES.values() if not item.optional}


class Options(ConnectorOptions):
    """`options` of a Zoho source.

    `fields`: own fields for canonical columns, e.g. `{opportunities: {product_line: Product_Line}}`.
    `objects`: entities kept in modules of the company's own.
    `regions`: name of a role -> region of the teams at and below it. `without`: modules that are not
    to be read. `history_time`: what `Modified_Time` of a stage tracker row means: when its stage was
    entered (as live traces show) or left. `daily_credits`: how many calls this source may make
    within 24 hours; `spare_credits`: the run stops when the organisation has fewer left.
    """

    api_version: str = Field(default="v8", pattern=r"^v[2-9]$")
    accounts_url: Address | None = None
    grant: Literal["refresh_token", "client_credentials"] = "refresh_token"
    organisation_id: str | None = Field(default=None, pattern=r"^\d+$")
    fields: dict[str, dict[str, FieldRule]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    # What stands for teams: roles; the first territory or group of a user; what a field of his holds.
    team_by: Literal["role", "territory", "group", "field"] = "role"
    team_field: str | None = Field(default=None, pattern=rf"^{_API_NAME.pattern}$")
    regions: dict[str, str] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    history_module: str = Field(default=HISTORY, pattern=rf"^{_API_NAME.pattern}$")
    history_time: Literal["entered", "left"] = "entered"
    overlap_minutes: int = Field(default=15, ge=1, le=1440)
    page_size: int = Field(default=200, ge=2, le=200)
    bulk_from: int = Field(default=10_000, ge=0)  # records from which Bulk Read is used
    bulk_deadline_minutes: float = Field(default=60, gt=0)
    full_every_days: int = Field(default=7, ge=1)
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
        check_fields(self.fields, _MAPPABLE, _API_NAME, _EXAMPLE)
        check_objects(self.objects, CUSTOM_ENTITIES, _API_NAME, _EXAMPLE)
        if (self.team_by == "field") != bool(self.team_field):
            raise ValueError("team_field together with team_by field")
        if self.grant == "client_credentials" and not self.organisation_id:
            raise ValueError("organisation_id together with grant client_credentials")
        return self


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
