"""XOQL as far as the fact sheet describes it: fields with aliases, aggregates, and-ed conditions.

Add here: grammar that the sheet confirms. Keep out: records and answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_STATEMENT = re.compile(
    r"select\s+(?P<select>.+?)\s+from\s+(?P<object>\w+)(?:\s+where\s+(?P<where>.+?))?"
    r"(?:\s+order\s+by\s+(?P<order>\w+))?"
    r"(?:\s+limit\s+(?P<first>\d+)(?:\s*,\s*(?P<second>\d+)|\s+offset\s+(?P<offset>\d+))?)?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"(\w+)\s*(>=|<=|!=|<>|=|>|<|(?:not\s+)?in)\s*(\([^()]*\)|'(?:[^']|'')*'|-?\d+)\s*", re.DOTALL
)
_ITEM = re.compile(
    r"(?:(?P<function>count|sum|max)\((?P<inner>\w+)\)|(?P<path>[\w.]+))(?:\s+(?:as\s+)?(?P<alias>\w+))?",
    re.IGNORECASE,
)
_RESERVED = {
    "and",
    "asc",
    "desc",
    "excludes",
    "first",
    "from",
    "group",
    "having",
    "in",
    "includes",
    "last",
    "like",
    "limit",
    "not",
    "null",
    "nulls",
    "or",
    "select",
    "where",
    "with",
    "name",
}


class XoqlError(Exception):
    """A refusal with its code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Chosen:
    path: str
    key: str
    function: str = ""


@dataclass(frozen=True)
class Query:
    object: str
    chosen: tuple[Chosen, ...]
    conditions: tuple[tuple[str, str, Any], ...]
    ordered: bool
    offset: int
    limit: int | None

    @property
    def aggregate(self) -> bool:
        return any(item.function for item in self.chosen)

    def holds(self, record: dict[str, Any]) -> bool:
        return all(_holds(record.get(name), sign, value) for name, sign, value in self.conditions)


def parse(text: str) -> Query:
    """The statement as a query; raises `XoqlError` with the code of the manual."""
    if not text.strip():
        raise XoqlError("290000", "xoql is empty")
    if len(text) > 20_000:
        raise XoqlError("290009", "xoql is longer than 20000 characters")
    match = _STATEMENT.fullmatch(text)
    if not match:
        raise XoqlError("290001", "syntax error")
    if "*" in match["select"]:
        raise XoqlError("290002", "* is not supported")
    if len(match["where"] or "") > 4_000:
        raise XoqlError("290004", "where is longer than 4000 characters")
    chosen = tuple(_chosen(item.strip()) for item in match["select"].split(","))
    if len({item.key for item in chosen}) < len(chosen):
        raise XoqlError("290001", "a column stands twice")
    if sum("." in item.path for item in chosen) > 35:
        raise XoqlError("290006", "more than 35 fields of parents")
    if any(item.path.count(".") > 4 for item in chosen):
        raise XoqlError("290011", "more than 4 levels")
    offset, limit = 0, None
    if match["second"] is not None:
        offset, limit = int(match["first"]), int(match["second"])
    elif match["first"] is not None:
        offset, limit = int(match["offset"] or 0), int(match["first"])
    ordered = bool(match["order"])
    return Query(match["object"], chosen, _conditions(match["where"]), ordered, offset, limit)


def _chosen(text: str) -> Chosen:
    item = _ITEM.fullmatch(text)
    if not item or (item["alias"] or "").lower() in _RESERVED:
        raise XoqlError("290001", f"syntax error at {text}")
    path = item["inner"] or item["path"]
    return Chosen(path, item["alias"] or path, (item["function"] or "").lower())


def _conditions(text: str | None) -> tuple[tuple[str, str, Any], ...]:
    found = []
    for part in re.split(r"\s+and\s+", text, flags=re.IGNORECASE) if text else ():
        match = _CONDITION.fullmatch(part.strip() + " ")
        if not match:
            raise XoqlError("290001", f"syntax error at {part}")
        name, sign, value = match.groups()
        if value.startswith("(") != sign.endswith("in"):
            raise XoqlError("290001", f"syntax error at {part}")
        found.append((name, sign, _value(value)))
    return tuple(found)


def _value(text: str) -> Any:
    if text.startswith("("):
        return [_value(part.strip()) for part in text[1:-1].split(",")]
    return text[1:-1] if text.startswith("'") else int(text)


def _holds(found: Any, sign: str, value: Any) -> bool:
    if found is None:
        return False
    if isinstance(value, list):
        return any(_holds(found, "=", one) for one in value) is (sign == "in")
    if isinstance(value, int) and not isinstance(found, (int, float)):
        found = int(found)  # ids are numbers to XOQL
    return {
        "=": found == value,
        "!=": found != value,
        "<>": found != value,
        ">": found > value,
        ">=": found >= value,
        "<": found < value,
        "<=": found <= value,
    }[sign]
