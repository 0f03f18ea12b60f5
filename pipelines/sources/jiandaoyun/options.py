"""What sources.yml may say about a 简道云 source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.sources.connector_options import ConnectorOptions, Id, Zone, read_options
from pipelines.sources.jiandaoyun.forms import FORMS

# A form may keep money in such units; raw amounts are in yuan (or the currency's own unit).
UNITS = {"元": 1, "千元": 1_000, "万元": 10_000, "百万元": 1_000_000, "亿元": 100_000_000}
_CANDIDATE = re.compile(r"^(alias|label|widget|system):\S.*$")


class FormOptions(BaseModel):
    """How one form holds an entity, where the defaults of `forms.py` do not fit.

    `columns`: canonical column -> candidates (`label:预计金额`, or a list of them; null leaves the
    column out). `coalesce`: canonical column -> candidates of which the first filled widget counts
    (a person or a department). `values`: canonical column -> what is written -> what it means.
    `constants`: a text for a column that the form does not have. `units`: the unit in
    which a number is typed, e.g. `{target_amount: 万元}`. `record_type`: candidates for the widget that
    tells record types apart (`record_types`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    app_id: str | None = None
    entry_id: str | None = None
    name: str | None = None
    columns: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    coalesce: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    units: dict[str, str] = Field(default_factory=dict)
    record_type: tuple[str, ...] = ("label:业务类型", "label:商机类型", "label:单据类型")

    @field_validator("record_type", mode="before")
    @classmethod
    def _candidate(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @field_validator("record_type")
    @classmethod
    def _widgets(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for candidate in given:
            if not _CANDIDATE.match(candidate):
                raise ValueError(f"alias:, label: or widget: (not {candidate!r})")
        return given

    @field_validator("columns", mode="before")
    @classmethod
    def _lists(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: (item,) if isinstance(item, str) else item for name, item in given.items()}

    @field_validator("columns", "coalesce")
    @classmethod
    def _candidates(cls, given: dict[str, tuple[str, ...] | None]) -> Any:
        for candidates in given.values():
            for candidate in candidates or ():
                if not _CANDIDATE.match(candidate):
                    raise ValueError(f"alias:, label:, widget: or system: (not {candidate!r})")
        return given

    @field_validator("units")
    @classmethod
    def _units(cls, given: dict[str, str]) -> dict[str, str]:
        for unit in given.values():
            if unit not in UNITS:
                raise ValueError(f"one of {', '.join(UNITS)}")
        return given


class Options(ConnectorOptions):
    """`options` of a 简道云 source.

    `forms`: per entity a `FormOptions`, or false to leave the entity out. `departments`: username
    -> department number, for members of several. `region_level`: how deep below the root the
    departments stand whose names are the regions (0: no regions). `sweep_up_to`: forms with fewer
    records have their ids compared every night, others at full loads. `accept_deletions`: believe
    once that more than a fifth of a form's records are gone.
    """

    app_id: Id = Field(min_length=1)
    forms: dict[str, FormOptions | Literal[False]] = Field(default_factory=dict)
    timezone: Zone = "Asia/Shanghai"  # in which day a date widget falls
    page_size: int = Field(default=100, ge=1, le=100)
    requests_per_second: float = Field(default=10, gt=0, le=50)
    overlap_days: int = Field(default=2, ge=1, le=60)
    full_every_days: int = Field(default=7, ge=1)
    sweep_up_to: int = Field(default=20_000, ge=0)
    update_filter: Literal["probe", "on", "off"] = "probe"
    accept_deletions: bool = False
    primary_department: Literal["first", "last"] = "first"
    departments: dict[str, int] = Field(default_factory=dict)
    region_level: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _known(self) -> Options:
        for entity, form in self.forms.items():
            if entity not in FORMS:
                raise ValueError(f"forms of {', '.join(FORMS)} (not {entity})")
            if form is False:
                continue
            rules = FORMS[entity].columns
            unknown = sorted(
                {*form.columns, *form.coalesce, *form.values, *form.constants, *form.units}
                - set(rules)
            )
            if unknown:
                raise ValueError(f"forms.{entity}: {', '.join(rules)} (not {', '.join(unknown)})")
            if twice := sorted(set(form.columns) & set(form.coalesce)):
                raise ValueError(f"forms.{entity}: columns or coalesce, not both: {twice[0]}")
            texts = [name for name in form.constants if rules[name].kind not in ("text", "scope")]
            numbers = [name for name in form.units if rules[name].kind != "number"]
            if texts or numbers:
                raise ValueError(
                    f"forms.{entity}: constants for texts, units for numbers "
                    f"(not {', '.join(texts + numbers)})"
                )
        return self

    def form(self, entity: str) -> FormOptions | None:
        """The form's options; None if the entity is left out."""
        given = self.forms.get(entity, FormOptions())
        return None if given is False else given


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
