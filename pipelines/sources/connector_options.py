"""`options` of a source that is read by API: what all six systems share, and how they are checked.

Add here: an option, or a rule of checking, that at least two systems have.
Keep out: options of one system (its own `options.py`), keys that every source has
(`configuration/sources.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from pipelines.configuration.mailbox import is_loopback
from pipelines.configuration.problems import ConfigurationError, Problem, add_validation_problems
from pipelines.configuration.sources import Source, address_parts
from pipelines.entities import ENTITIES
from pipelines.sources.record_types import TYPED


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# Ids that YAML reads as numbers.
Id = Annotated[str, BeforeValidator(_as_text)]


class ConnectorOptions(BaseModel):
    """What every system read by API knows.

    `full`: read everything anew in the next run. `private_network`: the system stands in the
    company's own network. `accept_missing`: columns such as `opportunities.amount` that figures need
    and this source does not give, as the company knows. `accept_empty`: columns of raw tables, such
    as `opportunity.amount`, that may lose all their values from one load to the next.
    `record_types`: entity -> the record types of its object that count (`record_types.py`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    full: bool = False
    private_network: bool = False
    accept_missing: tuple[str, ...] = ()
    accept_empty: tuple[str, ...] = ()
    record_types: dict[str, tuple[Id, ...]] = Field(default_factory=dict)

    @field_validator("record_types", mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {k: (v,) if isinstance(v, (str, int)) else v for k, v in given.items()}

    @field_validator("record_types")
    @classmethod
    def _typed(cls, given: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for entity, names in given.items():
            if entity not in TYPED:
                raise ValueError(f"record types of {', '.join(TYPED)} (not {entity})")
            if not names or not all(name.strip() for name in names):
                raise ValueError(f"for {entity} the record types that count")
        return given

    def types_of(self, entity: str | None) -> tuple[str, ...]:
        """The record types of an entity that count; empty: all of them."""
        return self.record_types.get(entity or "", ())

    @model_validator(mode="after")
    def _columns(self) -> ConnectorOptions:
        for name in self.accept_missing:
            entity, _, column = name.partition(".")
            if entity not in ENTITIES or column not in {c.name for c in ENTITIES[entity].columns}:
                raise ValueError(f"accept_missing: such as opportunities.amount (not {name!r})")
        return self


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        raise ValueError("a time zone such as Asia/Shanghai") from None
    return value


def _encrypted(value: str) -> str:
    parts = address_parts(value)
    usual = parts is not None and (
        parts.scheme == "https" or parts.scheme == "http" and is_loopback(parts.hostname or "")
    )
    if (
        parts is None
        or not usual
        or not parts.hostname
        or parts.query
        or parts.username
        or parts.fragment
    ):
        raise ValueError("an address that begins with https://, without user and query")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_encrypted)]


class FieldRule(BaseModel):
    """How a canonical column comes from fields of a system, where one name is not enough.

    `coalesce`: the first of these fields that is filled; `join`: these fields, with - between them
    (a year and a month); `values`: what is written there -> what it means (`{员工: rep}`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    coalesce: tuple[str, ...] = ()
    join: tuple[str, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        if isinstance(given, str):
            return {"coalesce": (given,)}
        if isinstance(given, (list, tuple)):
            return {"coalesce": tuple(given)}
        if isinstance(given, dict) and isinstance(given.get("coalesce"), str):
            return {**given, "coalesce": (given["coalesce"],)}
        return given

    @model_validator(mode="after")
    def _one_way(self) -> FieldRule:
        if bool(self.coalesce) == bool(self.join):
            raise ValueError("a field, a list of fields, or one of coalesce and join")
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        return self.coalesce or self.join

    @property
    def plain(self) -> str | None:
        """The one field, if nothing has to be done to its values."""
        return self.coalesce[0] if len(self.coalesce) == 1 and not self.values else None


class CustomObject(BaseModel):
    """An object of the company's own that holds an entity: canonical column -> its field or rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    fields: dict[str, FieldRule]


Mappings = Mapping[str, Mapping[str, FieldRule]]


def check_fields(
    mappings: Mappings, known: Mapping[str, Iterable[str]], path: re.Pattern[str], example: str
) -> None:
    """`fields`: own fields behind columns of standard objects. `known`: entity (or object) -> columns.

    Raises `ValueError` naming what would be accepted.
    """
    for name, columns in mappings.items():
        if name not in known:
            raise ValueError(f"fields of one of {', '.join(sorted(known))} (not {name})")
        _check_columns(columns, set(known[name]), f"fields.{name}", path, example)


def check_objects(
    objects: Mapping[str, CustomObject],
    entities: Iterable[str],
    path: re.Pattern[str],
    example: str,
) -> None:
    """`objects`: entities kept in objects of the company's own. Raises as `check_fields`."""
    allowed = tuple(entities)
    for entity, own in objects.items():
        if entity not in allowed:
            raise ValueError(f"objects for {', '.join(allowed)} (not {entity})")
        shape = ENTITIES[entity]
        known = {column.name for column in shape.columns}
        _check_columns(own.fields, known, f"objects.{entity}.fields", path, example)
        # The record's own id stands for the key, except of targets, which have none.
        key = set() if entity == "targets" else {shape.key[0]}
        required = {c.name for c in shape.columns if c.required and not c.default}
        if missing := sorted(required - set(own.fields) - key):
            raise ValueError(f"objects.{entity}.fields with {', '.join(missing)}")


def _check_columns(
    columns: Mapping[str, FieldRule], known: set[str], key: str, path: re.Pattern[str], example: str
) -> None:
    if unknown := sorted(set(columns) - known):
        raise ValueError(f"{key}: {', '.join(sorted(known)) or 'none'} (not {', '.join(unknown)})")
    for rule in columns.values():
        for name in rule.paths:
            if not path.fullmatch(name):
                raise ValueError(f"{key}: {example} (not {name!r})")


T = TypeVar("T", bound=ConnectorOptions)


def read_options(source: Source, model: type[T]) -> T:
    """The checked options of a source. Raises `ConfigurationError` with every problem."""
    try:
        return model(**source.options)
    except ValidationError as error:
        problems: list[Problem] = []
        add_validation_problems(
            "sources.yml", error, problems, prefix=f"{source.name}.options", model=model
        )
        raise ConfigurationError(problems) from None
