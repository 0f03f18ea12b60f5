"""What sources.yml may say about a 销售易 source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.sources.connector_options import (
    Address,
    ConnectorOptions,
    CustomObject,
    FieldRule,
    Zone,
    check_fields,
    check_objects,
    read_options,
)
from pipelines.sources.neocrm.objects import CUSTOM_ENTITIES, OBJECTS, ZONE, mapped_columns

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,3}")
_EXAMPLE = "an apiKey such as customItem190__c or owner.name"
# Names under which own fields may be given -> columns: the entity itself, or an object of it.
_MAPPABLE = {
    name: mapped_columns(item.entity)
    for item in OBJECTS.values()
    if item.entity
    for name in (item.entity, item.name)
}
_POD = re.compile(r"api-(p\d+|cd|sandbox)\.xiaoshouyi\.com")
_LOGIN = "https://login.xiaoshouyi.com"


class Options(ConnectorOptions):
    """`options` of a 销售易 source; `base_url` of the source is the data host (`api...`).

    `login_base_url`: the login host of the same pod. `fields`: own fields for canonical columns,
    e.g. `{opportunities: {product_line: customItem190__c}}`, by entity or by object; a path such as `customItem3__c.name`
    follows a reference. `objects`: entities kept in own objects. `skip`: objects not to be read.
    `history_*`: which fields' changes are asked for, how far back at first, and in what steps.
    """

    login_base_url: Address | None = None
    token_path: Literal["/auc/oauth2/token", "/oauth2/token.action", "/oauth2/token"] = (
        "/auc/oauth2/token"
    )
    admin_criteria: bool = False  # header xsy-criteria: 10, all rows whatever the user's own scope
    timezone: Zone = ZONE
    fields: dict[str, dict[str, FieldRule]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    skip: tuple[str, ...] = ()
    paging: Literal["scroll", "keyset"] = "scroll"
    scroll_size: int = Field(default=2_000, ge=1, le=5_000)
    page_size: int = Field(default=3_000, ge=1, le=3_000)
    overlap_minutes: int = Field(default=10, ge=1, le=1_440)
    full_every_days: int = Field(default=7, ge=1)
    history: bool = True
    history_fields: tuple[str, ...] = ("saleStageId", "money")
    history_days: int = Field(default=180, ge=1, le=3_650)
    history_window_days: int = Field(default=1, ge=1, le=400)
    requests_per_second: int = Field(default=2, ge=1)

    @field_validator("skip")
    @classmethod
    def _skippable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        optional = [item.name for item in OBJECTS.values() if item.optional]
        if set(value) - set(optional):
            raise ValueError(f"some of {', '.join(optional)}")
        return value

    @model_validator(mode="after")
    def _known(self) -> Options:
        check_fields(self.fields, _MAPPABLE, _PATH, _EXAMPLE)
        check_objects(self.objects, CUSTOM_ENTITIES, _PATH, _EXAMPLE)
        return self

    def login_host(self, base_url: str) -> str:
        """Where to log in: as configured, else the login host of the same pod as `base_url`."""
        if self.login_base_url:
            return self.login_base_url
        host = urlsplit(base_url).hostname or ""
        if not host.endswith(".xiaoshouyi.com"):
            return base_url
        pod = _POD.fullmatch(host)
        return f"https://login-{pod.group(1)}.xiaoshouyi.com" if pod else _LOGIN


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
