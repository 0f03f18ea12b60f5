"""What sources.yml may say about a Kingdee source, checked when it is read.

Add here: an option of this system. Keep out: keys that every source has (`configuration/sources.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.sources import Source
from pipelines.sources.connector_options import ConnectorOptions, FieldRule, Id, Zone, read_options
from pipelines.sources.kingdee.forms import FORMS, Form, mapped_entry

# A key or a label, each part of a dotted one; nothing that could end a key list or a filter.
_KEY = re.compile(r"^[^\s,;'\"()<>=.]+(\.[A-Za-z_][A-Za-z0-9_]*){0,3}$")
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
# Forms whose records may be of several types (`record_types`), and the entities they hold.
TYPED_FORMS = {
    "customer": "accounts",
    "clue": "leads",
    "opportunity": "opportunities",
    "sale_order": "orders",
}
# Numbers of the currencies that a fresh site comes with.
_CURRENCIES = {
    "PRE001": "CNY",
    "PRE002": "HKD",
    "PRE003": "EUR",
    "PRE004": "JPY",
    "PRE005": "TWD",
    "PRE006": "GBP",
    "PRE007": "USD",
}


class FormOptions(BaseModel):
    """One form as this site has it: its id, primary key, keys or labels by raw column.

    `record_type`: the key that tells its record types apart, if it is not the bill type's number.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    form_id: str | None = Field(default=None, pattern=_NAME)
    key: str | None = Field(default=None, pattern=_NAME)
    time_keys: tuple[str, ...] | None = None
    columns: dict[str, FieldRule] = Field(default_factory=dict)
    entry_key: str = ""
    entry_columns: dict[str, FieldRule] = Field(default_factory=dict)
    optional: bool | None = None
    record_type: str | None = Field(default=None, pattern=_KEY.pattern)

    @field_validator("columns", "entry_columns")
    @classmethod
    def _keys(cls, value: dict[str, FieldRule]) -> dict[str, FieldRule]:
        for column, rule in value.items():
            if not all(_KEY.match(key) for key in rule.paths):
                raise ValueError(f"for {column} a key such as F_ABCD_Line or FCustId.FNumber")
        return value

    @field_validator("time_keys")
    @classmethod
    def _plain(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for key in value or ():
            if not re.match(_NAME, key):
                raise ValueError(f"keys such as FModifyDate (not {key!r})")
        return value


class Options(ConnectorOptions):
    """`options` of a Kingdee source.

    `forms`: by raw table, e.g. `{opportunity: {columns: {amount: F_ABCD_Amount}}}`. `without`: forms
    that are not to be read. `regions`: number or name of a department -> region of the teams at and
    below it. `currencies`: the site's currency numbers -> ISO codes. `timezone`: of the server, if
    what it says at login is wrong. `login`: app_secret sends the secret itself, for old sites;
    headers signs every call instead of logging in, for sites behind the gateway.
    """

    login: Literal["sign", "app_secret", "headers"] = "sign"
    organisation: Id | None = None  # number of the organisation, for login: headers
    lcid: int = Field(default=2052, ge=1)
    timezone: Zone | None = None
    forms: dict[str, FormOptions] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    regions: dict[str, str] = Field(default_factory=dict)
    currencies: dict[str, str] = Field(default_factory=lambda: dict(_CURRENCIES))
    page_size: int = Field(default=2_000, ge=1, le=2_000)  # more is cut without a word
    overlap_days: int = Field(default=1, ge=1, le=60)
    full_every_days: int = Field(default=30, ge=1)
    sweep_below: int = Field(default=50_000, ge=0)  # records up to which all keys are read nightly
    sweep_every_days: int = Field(default=7, ge=1)  # for larger forms
    most_vanished: float = Field(default=0.2, gt=0, le=1)  # a larger loss is one of rights
    requests_per_second: int = Field(default=5, ge=1)

    @field_validator("currencies")
    @classmethod
    def _and_presets(cls, value: dict[str, str]) -> dict[str, str]:
        for number, code in value.items():
            if not re.fullmatch(r"[A-Z]{3}", code):
                raise ValueError(f"for {number} a currency code such as CNY (not {code!r})")
        return {**_CURRENCIES, **value}

    @model_validator(mode="after")
    def _known(self) -> Options:
        required = {name for name, form in FORMS.items() if not form.optional}
        for name in self.without:
            if name not in FORMS or name in required:
                raise ValueError(f"without: some of {', '.join(sorted(set(FORMS) - required))}")
        for name, given in self.forms.items():
            if name not in FORMS:
                raise ValueError(f"forms: {', '.join(FORMS)} (not {name})")
            form = FORMS[name]
            _check(given.columns, {c.name for c in form.columns}, f"forms.{name}.columns")
            entry = {c.name for c in form.entry.columns} if form.entry else set()
            _check(given.entry_columns, entry, f"forms.{name}.entry_columns")
            if name == "target":
                missing = {c.name for c in form.columns if c.required} - set(given.columns)
                if not given.form_id or missing:
                    raise ValueError(
                        f"forms.target with form_id and columns {', '.join(sorted(missing))}"
                    )
        return self

    def form(self, name: str) -> Form | None:
        """A form as this site has it; None if it is not to be read."""
        form, given = FORMS[name], self.forms.get(name)
        zone = self.timezone or "Asia/Shanghai"
        if name in self.without or (name == "target" and given is None):
            return None
        if given is None:
            return form
        form = form.with_keys(given.columns, zone)
        entry = form.entry
        if entry:
            entry = mapped_entry(entry, given.entry_columns, zone, given.entry_key)
        return Form(
            form.table,
            given.form_id or form.form_id,
            (given.key,) if given.key else form.keys,
            form.columns,
            form.time_keys if given.time_keys is None else given.time_keys,
            form.optional if given.optional is None else given.optional,
            form.reread,
            form.amount,
            entry,
        )


def _check(given: Mapping[str, FieldRule], known: set[str], key: str) -> None:
    if unknown := sorted(set(given) - known):
        raise ValueError(f"{key}: {', '.join(sorted(known)) or 'none'} (not {', '.join(unknown)})")


def options_of(source: Source) -> Options:
    """The checked options. Raises `ConfigurationError` with every problem."""
    return read_options(source, Options)
