"""`files` of a spreadsheet source: how one kind of sheet becomes one entity.

Add here: a key of a mapping. Keep out: how sheets are read (`pipelines/sources/spreadsheet`), and
keys that every source has (`sources.py`).
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pipelines.configuration.expressions import parse_expression
from pipelines.entities import ENTITIES
from pipelines.language import text

UNITS = (
    *("元", "千", "千元", "万", "万元", "百万", "百万元", "亿", "亿元", "yuan", "unit", "k"),
    *("thousand", "m", "million", "1", "1000", "10000", "1000000"),
)
# Currencies as people write them as a unit; which code each means, the sheets know.
_CURRENCY = re.compile(
    r"^(万|千|百万|亿|k|m)?\s*([A-Z]{3}|RMB|人民币|[^\W\d]{1,2}元|美金|英镑|US\$|HK\$|[€£¥$])$",
    re.IGNORECASE,
)


def is_encoding(name: str) -> bool:
    """Whether a text encoding of that name is known (windows-1252, gb18030, shift_jis ...)."""
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True


class Join(BaseModel):
    """Columns of another table by a key: `file` in the same place, or `sheet` of the same workbook.

    `by` (`on` is a truth value in YAML) maps a heading of this sheet to one of the other. Each key stands
    once in the other table; with `optional` a row whose key it lacks has empty cells there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str | None = None
    sheet: str | None = None
    by: dict[str, str] = Field(min_length=1)
    optional: bool = False

    @model_validator(mode="after")
    def _somewhere(self) -> Join:
        if not self.file and not self.sheet:
            raise ValueError(text("config.mapping.join_somewhere"))
        return self


class FileMapping(BaseModel):
    """How one kind of sheet becomes one entity.

    `columns` maps a canonical column to the sheet's heading; `values` gives a constant for a
    column that the sheet does not have; `defaults` fills a column's empty cells, from another
    heading of the sheet or with a constant; `fill_down` takes the value above for empty cells of
    these columns; `pad` fills codes of digits with zeros on the left to a width; `drop_rows` is a
    pattern: rows with a label that it matches are left out; `match` is a file-name pattern inside
    the folder. `join`, `where` and `compute` make rows of what the sheet has (`expressions.py`);
    `group_by` makes one record of all rows of one key, their amounts added; with `latest_by`, a heading
    that holds a time, every column takes its latest value (a log of changes).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: str = Field(min_length=1)
    entity: str
    sheet: str | None = None  # name or pattern; default: the only visible sheet
    # one: exactly one visible sheet may fit; all: every sheet that fits is read (one per month).
    sheets: Literal["one", "all"] = "one"
    shape: Literal["rows", "months_as_columns", "months_as_rows"] = "rows"
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    defaults: dict[str, str] = Field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    pad: dict[str, int] = Field(default_factory=dict)
    drop_rows: str | None = None
    join: Join | None = None
    where: str | None = None
    compute: dict[str, str] = Field(default_factory=dict)
    group_by: str | None = None
    latest_by: str | None = None
    unit: str | None = None
    decimal: Literal["point", "comma"] | None = None
    encoding: str | None = None  # of a text file, where its bytes do not say it
    year: int | None = Field(default=None, ge=1990, le=2100)
    password: str | None = Field(default=None, repr=False)  # a ${NAME} reference
    # all: every matching file holds its own rows; newest: they are versions of one file.
    versions: Literal["all", "newest"] = "all"
    # ignore: other tables on the sheet are known and hold nothing that is wanted.
    other_tables: Literal["read", "ignore"] = "read"
    may_empty: tuple[
        str, ...
    ] = ()  # columns that may lose all their values from one load to the next

    @field_validator("entity")
    @classmethod
    def _known_entity(cls, value: str) -> str:
        if value not in ENTITIES:
            raise ValueError(text("config.one_of", entities=[*ENTITIES]))
        return value

    @field_validator("values", "defaults", "compute", mode="before")
    @classmethod
    def _text(cls, given: Any) -> Any:
        # YAML reads 2026-05-31 as a date and 2026 as a number; both are meant as written.
        return {k: str(v) for k, v in given.items()} if isinstance(given, dict) else given

    @field_validator("drop_rows")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(text("config.pattern", error=error)) from None
        return value

    @field_validator("encoding")
    @classmethod
    def _is_encoding(cls, value: str | None) -> str | None:
        if value is not None and not is_encoding(value):
            raise ValueError(text("config.mapping.encoding"))
        return value

    @field_validator("where")
    @classmethod
    def _is_expression(cls, value: str | None) -> str | None:
        if value is not None:
            parse_expression(value)
        return value

    @field_validator("compute")
    @classmethod
    def _are_expressions(cls, value: dict[str, str]) -> dict[str, str]:
        for written in value.values():
            parse_expression(written)
        return value

    @field_validator("unit", mode="before")
    @classmethod
    def _known_unit(cls, value: Any) -> Any:
        value = str(value) if isinstance(value, int) else value
        if isinstance(value, str) and value not in UNITS and not _CURRENCY.match(value):
            raise ValueError(text("config.one_of_units", units=[*UNITS, "USD"]))
        return value

    @model_validator(mode="after")
    def _known_columns(self) -> FileMapping:
        if self.entity in ENTITIES:
            known = {column.name for column in ENTITIES[self.entity].columns}
            given = {*self.columns, *self.values, *self.defaults, *self.pad, *self.compute}
            given |= {*self.fill_down, *self.may_empty}
            given |= {self.group_by} if self.group_by else set()
            unknown = sorted(given - known)
            if unknown:
                raise ValueError(
                    text(
                        "config.sources.columns",
                        entity=self.entity,
                        known=sorted(known),
                        unknown=unknown,
                    )
                )
        if self.shape != "rows" and self.entity != "targets":
            raise ValueError(text("config.sources.months_for_targets"))
        if self.latest_by and not self.group_by:
            raise ValueError(text("config.mapping.latest_needs_group"))
        if self.shape != "rows" and (self.join or self.where or self.compute or self.group_by):
            raise ValueError(text("config.mapping.rows_only"))
        return self
