"""The part of COQL that the simulator understands: select, bracketed conditions, order, limit, totals.

Add here: another clause. Keep out: HTTP (`zoho.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from simulators.zoho_org import ZohoOrg

_QUERY = re.compile(
    r"select\s+(?P<columns>.+?)\s+from\s+(?P<module>\w+)\s+where\s+(?P<where>.+?)"
    r"(?:\s+order\s+by\s+id\s+(?P<order>asc|desc))?(?:\s+limit\s+(?P<limit>[\d, ]+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"\s*(\w+)\s*(>=|<=|!=|=|<|>|is not null|is null)\s*('(?:[^']|'')*'|\d+)?\s*"
)
_TOTAL = re.compile(r"(COUNT|SUM)\((\w+)\)", re.IGNORECASE)


class CoqlError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(org: ZohoOrg, query: str, *, totals: bool) -> tuple[list[dict[str, Any]], bool]:
    """Rows of the answer, and whether there are more."""
    match = _QUERY.fullmatch(query)
    if not match:
        raise CoqlError("SYNTAX_ERROR", "error occurred while parsing the query")
    module = match["module"]
    if module not in org.fields:
        raise CoqlError("INVALID_QUERY", "invalid module")
    rows = [r for r in org.records[module].values() if _holds(org, module, r, match["where"])]
    columns = [column.strip() for column in match["columns"].split(",")]
    found = [_TOTAL.fullmatch(column) for column in columns]
    if all(found):
        if not totals:
            raise CoqlError("INVALID_QUERY", "aggregate functions are not supported")
        return [{f"{m[1].upper()}({m[2]})": _total(m, rows) for m in found if m}], False
    for column in columns:
        if column not in org.fields[module]:
            raise CoqlError("INVALID_QUERY", f"column {column}")
    rows.sort(key=lambda row: int(row["id"]), reverse=match["order"] == "desc")
    numbers = [int(n) for n in (match["limit"] or "0, 200").split(",")]
    offset, limit = numbers if len(numbers) == 2 else (0, numbers[0])
    if limit > 2000:
        raise CoqlError("LIMIT_EXCEEDED", "limit")
    chosen = rows[offset : offset + limit]
    return [org.shown(module, row, columns) for row in chosen], offset + limit < len(rows)


def _total(match: re.Match[str], rows: list[dict[str, Any]]) -> Any:
    if match[1].upper() == "COUNT":
        return len(rows)
    found = [row[match[2]] for row in rows]
    return float(sum(value for value in found if not isinstance(value, (str, type(None)))))


def _holds(org: ZohoOrg, module: str, row: dict[str, Any], text: str) -> bool:
    """Conditions joined by `and`; more than two must be bracketed in pairs."""
    parts = re.split(r"\band\b", text, flags=re.IGNORECASE)
    if len(parts) > 2 and text.count("(") < len(parts) - 1:
        raise CoqlError("SYNTAX_ERROR", "more than two conditions without brackets")
    for part in parts:
        match = _CONDITION.fullmatch(part.strip().strip("()"))
        if not match or match[1] not in org.fields[module]:
            raise CoqlError("INVALID_QUERY", "invalid condition")
        if not _compared(org.fields[module][match[1]], row[match[1]], match[2], match[3]):
            return False
    return True


def _compared(kind: str, value: Any, sign: str, literal: str | None) -> bool:
    if sign == "is not null":
        return value is not None
    if sign == "is null" or value is None:
        return value is None and sign == "is null"
    bound: Any = (literal or "").strip("'").replace("''", "'")
    if kind == "datetime":
        bound = dt.datetime.fromisoformat(bound)
    elif kind == "bigint":
        value, bound = int(value), int(bound)
    elif kind in ("currency", "double", "integer"):
        value, bound = float(value), float(bound)
    return {
        ">=": value >= bound,
        "<=": value <= bound,
        ">": value > bound,
        "<": value < bound,
        "=": value == bound,
        "!=": value != bound,
    }[sign]
