"""What sources.yml may say about a Salesforce source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.sources.connector_options import (
    ConnectorOptions,
    CustomObject,
    FieldRule,
    check_fields,
    check_objects,
    read_options,
)
from pipelines.sources.salesforce.objects import OBJECTS, mapped_columns
from pipelines.sources.salesforce.tables import CUSTOM_ENTITIES

_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,4}")
_EXAMPLE = "an API name such as Region__c or Owner.Name"
_MAPPABLE = {i.entity: mapped_columns(i.entity) for i in OBJECTS.values() if i.entity}


class Options(ConnectorOptions):
    """`options` of a Salesforce source.

    `fields`: own fields for canonical columns of standard objects, e.g.
    `{opportunities: {product_line: Product_Line__c}}`. `objects`: entities kept in own objects.
    `regions`: developer name of a role -> region of the teams at and below it.
    `without`: fields that may vanish without stopping the load. `quota_type`: developer name of the forecasting type whose quotas are the targets.
    """

    api_version: str = "v66.0"
    fields: dict[str, dict[str, FieldRule]] = Field(default_factory=dict)
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
        check_fields(self.fields, _MAPPABLE, _PATH, _EXAMPLE)
        check_objects(self.objects, CUSTOM_ENTITIES, _PATH, _EXAMPLE)
        return self


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
