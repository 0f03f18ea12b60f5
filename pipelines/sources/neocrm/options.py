"""What sources.yml may say about a 销售易 source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pipelines.configuration.problems import (
    ConfigurationError,
    Problem,
    add_validation_problems,
)
from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.sources.neocrm.objects import CUSTOM_ENTITIES, OBJECTS, ZONE, mapped_columns

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*){0,3}")
# Names under which own fields may be given -> their entity: the entity itself, or an object of it.
_MAPPABLE = {
    name: item.entity
    for item in OBJECTS.values()
    if item.entity
    for name in (item.entity, item.name)
}
_POD = re.compile(r"api-(p\d+|cd|sandbox)\.xiaoshouyi\.com")


class CustomObject(BaseModel):
    """An object of the company's own that holds an entity: canonical column -> its field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    fields: dict[str, str]


class Options(BaseModel):
    """`options` of a 销售易 source; `base_url` of the source is the data host (`api...`).

    `login_base_url`: the login host of the same pod. `fields`: own fields for canonical columns,
    e.g. `{opportunities: {product_line: customItem190__c}}`, by entity or by object; a path such as `customItem3__c.name`
    follows a reference. `objects`: entities kept in own objects. `skip`: objects not to be read.
    `history_*`: which fields' changes are asked for, how far back at first, and in what steps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    login_base_url: str | None = None
    token_path: Literal["/auc/oauth2/token", "/oauth2/token.action", "/oauth2/token"] = (
        "/auc/oauth2/token"
    )
    admin_criteria: bool = False  # header xsy-criteria: 10, all rows whatever the user's own scope
    timezone: str = ZONE
    fields: dict[str, dict[str, str]] = Field(default_factory=dict)
    objects: dict[str, CustomObject] = Field(default_factory=dict)
    skip: tuple[str, ...] = ()
    paging: Literal["scroll", "keyset"] = "scroll"
    scroll_size: int = Field(default=2_000, ge=1, le=5_000)
    page_size: int = Field(default=3_000, ge=1, le=3_000)
    overlap_minutes: int = Field(default=10, ge=1, le=1_440)
    full_every_days: int = Field(default=7, ge=1)
    full: bool = False  # read everything anew in the next run
    history: bool = True
    history_fields: tuple[str, ...] = ("saleStageId", "money")
    history_days: int = Field(default=180, ge=1, le=3_650)
    history_window_days: int = Field(default=1, ge=1, le=400)
    requests_per_second: int = Field(default=2, ge=1)

    @field_validator("login_base_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://login")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise ValueError("an address such as https://login.xiaoshouyi.com")
        return value

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
        for name, columns in self.fields.items():
            entity = _MAPPABLE.get(name)
            if entity is None:
                raise ValueError(f"fields of one of {', '.join(sorted(_MAPPABLE))} (not {name})")
            _check_columns(columns, set(mapped_columns(entity)), f"fields.{name}")
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

    def login_host(self, base_url: str) -> str:
        """Where to log in: as configured, else the login host of the same pod as `base_url`."""
        if self.login_base_url:
            return self.login_base_url
        host = urlsplit(base_url).hostname or ""
        if not host.endswith(".xiaoshouyi.com"):
            return base_url
        pod = _POD.fullmatch(host)
        return f"https://login-{pod.group(1)}.xiaoshouyi.com" if pod else _LOGIN


_LOGIN = "https://login.xiaoshouyi.com"


def _check_columns(columns: dict[str, str], known: set[str], key: str) -> None:
    unknown = sorted(set(columns) - known)
    if unknown:
        raise ValueError(f"{key}: {', '.join(sorted(known))} (not {', '.join(unknown)})")
    for path in columns.values():
        if not _KEY.fullmatch(path):
            raise ValueError(
                f"{key}: an apiKey such as customItem190__c or owner.name (not {path!r})"
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
