"""The part of SOQL that readers use: parsed, and matched against records.

Add here: another clause that a reader needs. Keep out: records and HTTP (`salesforce_org.py`).
"""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_QUERY = re.compile(
    r"^\s*SELECT\s+(?P<what>.+?)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"^\s*([\w.]+)\s*(>=|<=|!=|=|<|>|NOT\s+IN|IN)\s*(.+?)\s*$", re.IGNORECASE | re.DOTALL
)
_AGGREGATE = re.compile(r"^\s*(SUM|COUNT)\((\w+)\)\s+(\w+)\s*$", re.IGNORECASE)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
    "!=": operator.ne,
}


# Field, operator, value; of alternatives: nothing, OR, their conditions.
Condition = tuple[str, str, Any]


class SoqlError(Exception):
    """A query that the system refuses; `code` as it would give it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """A parsed query. `count` is COUNT(); `sums` maps an alias to the field that is summed."""

    object: str
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...]
    order: tuple[str, ...]
    limit: int | None
    count: bool
    sums: Mapping[str, str]

    @property
    def used(self) -> set[str]:
        """Every field the query names."""
        named = {field for field, _, _ in _flat(self.conditions)} | set(self.fields)
        return named | set(self.sums.values()) | {name.split()[0] for name in self.order}

    def matches(
        self, record: Mapping[str, Any], parent: Callable[[str], Any] = lambda path: None
    ) -> bool:
        """Whether a record is found; `parent` gives the value of a path such as `Owner.Name`."""
        return all(_fits(condition, record, parent) for condition in self.conditions)


def _fits(condition: Condition, record: Mapping[str, Any], parent: Callable[[str], Any]) -> bool:
    field, sign, wanted = condition
    if sign == "OR":
        return any(_fits(part, record, parent) for part in wanted)
    value = parent(field) if "." in field else record.get(field)
    if sign in ("IN", "NOT IN"):
        # Records without a value are found by NOT IN.
        return (value in wanted) is (sign == "IN")
    if value is None or wanted is None:
        return sign in ("=", "!=") and _OPERATORS[sign](value is None, wanted is None)
    return _OPERATORS[sign](value, wanted)


def _flat(conditions: Iterable[Condition]) -> list[Condition]:
    """The conditions with those inside of alternatives."""
    return [
        part
        for condition in conditions
        for part in (condition[2] if condition[1] == "OR" else (condition,))
    ]


def parse(text: str) -> Query:
    """A query, or `SoqlError` MALFORMED_QUERY."""
    match = _QUERY.match(text)
    if not match:
        raise SoqlError("MALFORMED_QUERY", "unexpected token")
    what = match["what"].strip()
    count = what.upper() == "COUNT()"
    names = [] if count else [name.strip() for name in what.split(",")]
    sums = {m[3]: m[2] for name in names if (m := _AGGREGATE.match(name))}
    fields = tuple(name for name in names if not _AGGREGATE.match(name))
    if sums and fields:
        raise SoqlError("MALFORMED_QUERY", "Field must be grouped or aggregated")
    conditions = []
    for part in re.split(r"\s+AND\s+", match["where"] or "", flags=re.IGNORECASE):
        if not part.strip():
            continue
        either = re.split(r"\s+OR\s+", part.strip(), flags=re.IGNORECASE)
        if len(either) > 1:
            if not (either[0].startswith("(") and either[-1].endswith(")")):
                raise SoqlError("MALFORMED_QUERY", "AND and OR without parentheses")
            either[0], either[-1] = either[0][1:], either[-1][:-1]
            conditions.append(("", "OR", tuple(_condition(one) for one in either)))
            continue
        part = part.strip().removeprefix("(")
        conditions.append(_condition(part if "(" in part else part.removesuffix(")")))
    order = tuple(name.strip() for name in (match["order"] or "").split(",") if name.strip())
    limit = int(match["limit"]) if match["limit"] else None
    return Query(match["object"], fields, tuple(conditions), order, limit, count, sums)


def _condition(text: str) -> Condition:
    found = _CONDITION.match(text)
    if not found:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token near {text[:20]!r}")
    return found[1], " ".join(found[2].upper().split()), _literal(found[3])


def _literal(text: str) -> Any:
    text = text.strip()
    if text.startswith("("):
        return tuple(_literal(part) for part in text[1:-1].split(","))
    if text.startswith("'"):
        return text[1:-1].replace("\\'", "'")
    lower = text.lower()
    if lower in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[lower]
    try:
        if "T" in text:
            return dt.datetime.fromisoformat(text)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return dt.date.fromisoformat(text)
        return float(text)
    except ValueError:
        raise SoqlError("MALFORMED_QUERY", f"bad literal {text[:20]!r}") from None
