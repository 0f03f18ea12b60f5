"""The columns of a mart as a program sees them: types, and what may be asked of each.

Add here: a type of column, a way to filter. Keep out: whose rows are read (`reading/slicing.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb

from pipelines.board.site import Visit
from pipelines.language import Text, text


class Wrong(Exception):
    """A question that cannot be answered: what is wrong with it."""

    def __init__(self, told: Text) -> None:
        super().__init__(told)
        self.told = told


def _flag(written: str) -> bool:
    return {"true": True, "false": False}[written]


def _instant(written: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(written)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _local(written: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(written)
    if found.tzinfo:
        raise ValueError(written)
    return found


# By the beginning of DuckDB's name of a type: JSON's type and format, and how a value is read.
_KINDS: tuple[tuple[str, str, str, Callable[[str], Any] | None], ...] = (
    ("BOOLEAN", "boolean", "", _flag),
    ("DATE", "string", "date", dt.date.fromisoformat),
    ("TIMESTAMP WITH TIME ZONE", "string", "date-time", _instant),
    # The source's own clock, without a zone.
    ("TIMESTAMP", "string", "date-time-local", _local),
    ("DECIMAL", "number", "", float),
    ("DOUBLE", "number", "", float),
    ("FLOAT", "number", "", float),
    ("VARCHAR[]", "array", "", None),
    ("VARCHAR", "string", "", str),
    ("BIGINT", "integer", "", int),
    ("INTEGER", "integer", "", int),
)
_LARGEST = 2**63


@dataclass(frozen=True)
class Field:
    """One column: its name, which stays, and what it holds, in Chinese and English as commented."""

    name: str
    type: str
    format: str
    comment: str
    read: Callable[[str], Any] | None

    def value(self, written: str) -> Any:
        """A value of the address; raises Wrong for one that is none of this column."""
        try:
            if self.read is None:
                raise ValueError
            found = self.read(written)
            if isinstance(found, int | float) and not abs(found) < _LARGEST:
                raise ValueError
        except (ValueError, KeyError, OverflowError):
            raise Wrong(
                text(
                    "api.wrong.value",
                    name=self.name,
                    given=written[:60],
                    type=self.format or self.type,
                )
            ) from None
        return found

    @property
    def has_order(self) -> bool:
        """Whether from and to say something about it."""
        return self.type in ("number", "integer") or self.format != ""


def _field(name: str, kind: str, comment: str) -> Field:
    for begin, type_, form, read in _KINDS:
        if kind.startswith(begin):
            return Field(name, type_, form, comment, read)
    return Field(name, "string", "", comment, None)


def read_fields(cursor: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, dict[str, Field]]]:
    """Every published mart: its comment and its columns in order."""
    marts: dict[str, tuple[str, dict[str, Field]]] = {
        name: (comment or "", {})
        for name, comment in cursor.execute(
            "select table_name, comment from duckdb_tables() where schema_name = 'marts' order by 1"
        ).fetchall()
    }
    for mart, name, kind, comment in cursor.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() "
        "where schema_name = 'marts' order by table_name, column_index"
    ).fetchall():
        if mart in marts:
            marts[mart][1][name] = _field(name, kind, comment or "")
    return marts


def fields_of(visit: Visit) -> dict[str, tuple[str, dict[str, Field]]]:
    """The columns of the visit's version, read once."""
    kept = visit.version.kept
    if "fields" not in kept:
        kept["fields"] = read_fields(visit.cursor)
    return kept["fields"]
