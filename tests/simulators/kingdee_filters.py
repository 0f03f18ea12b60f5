"""FilterString and OrderString of the simulated Kingdee site, evaluated over one row.

Add here: another piece of the language that a reader uses. Keep out: forms and records.

Grammar: `or` of `and` of (parenthesis | key operator value | key is [not] null | key in (...) |
key like '...'); values are numbers or quoted texts, quotes doubled.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<op><=|>=|<>|=|<|>|\(|\)|,)"
    r"|(?P<word>[A-Za-z_][\w.]*))"
)
Row = Callable[[str], Any]


class FilterFault(ValueError):
    """A filter that the site does not understand."""


def holds(condition: str, row: Row) -> bool:
    """Whether a row fits. `row(key)` gives a cell; KeyError for an unknown key goes through."""
    if not condition.strip():
        return True
    parser = _Parser(condition, row)
    result = parser.either()
    if parser.tokens:
        raise FilterFault(f"unexpected {parser.tokens[0][1]}")
    return result


@functools.lru_cache(maxsize=64)
def _tokens(condition: str) -> tuple[tuple[str, str], ...]:
    """Kept, since a filter is asked of every row."""
    found = []
    position = 0
    while position < len(condition):
        match = _TOKEN.match(condition, position)
        if not match:
            raise FilterFault(f"at {condition[position : position + 10]}")
        found.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
        position = match.end()
    return tuple(found)


class _Parser:
    def __init__(self, condition: str, row: Row) -> None:
        self.tokens = list(_tokens(condition.rstrip()))
        self.row = row

    def _word(self, *words: str) -> bool:
        if self.tokens and self.tokens[0][0] == "word" and self.tokens[0][1].lower() in words:
            self.tokens.pop(0)
            return True
        return False

    def _op(self, op: str) -> bool:
        if self.tokens and self.tokens[0] == ("op", op):
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> bool:
        result = self._all()
        while self._word("or"):
            other = self._all()
            result = result or other
        return result

    def _all(self) -> bool:
        result = self._one()
        while self._word("and"):
            other = self._one()
            result = result and other
        return result

    def _one(self) -> bool:
        if self._op("("):
            result = self.either()
            if not self._op(")"):
                raise FilterFault("a parenthesis is not closed")
            return result
        if not self.tokens or self.tokens[0][0] != "word":
            raise FilterFault("a key is missing")
        cell = self.row(self.tokens.pop(0)[1])
        if self._word("is"):
            negated = self._word("not")
            if not self._word("null"):
                raise FilterFault("null is missing")
            return (cell is not None) if negated else cell is None
        if self._word("in"):
            return self._in(cell)
        if self._word("like"):
            pattern = re.escape(str(self._value())).replace("%", ".*")
            return cell is not None and re.fullmatch(pattern, str(cell)) is not None
        kind, op = self.tokens.pop(0)
        if kind != "op":
            raise FilterFault(f"an operator is missing before {op}")
        return _compared(cell, op, self._value())

    def _in(self, cell: Any) -> bool:
        if not self._op("("):
            raise FilterFault("a list is missing")
        values = [self._value()]
        while self._op(","):
            values.append(self._value())
        if not self._op(")"):
            raise FilterFault("a list is not closed")
        return any(_compared(cell, "=", value) for value in values)

    def _value(self) -> Any:
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return float(text) if "." in text else int(text)
        raise FilterFault(f"a value is missing before {text}")


def _compared(cell: Any, op: str, value: Any) -> bool:
    if cell is None:
        return False  # as in SQL: nothing is known of null
    if isinstance(value, str):
        # Times are compared as times: the cell has a T, the filter a blank.
        cell = str(cell).replace("T", " ").rstrip()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value) and " " in cell:
            value += " 00:00:00"
    elif isinstance(cell, str):
        raise FilterFault("a number is compared with a text")
    return {
        "=": cell == value,
        "<>": cell != value,
        "<": cell < value,
        ">": cell > value,
        "<=": cell <= value,
        ">=": cell >= value,
    }[op]


def ordered(rows: list[Row], order: str) -> list[Row]:
    """Rows in the order that an OrderString names; nulls first."""
    for part in reversed([part.split() for part in order.split(",") if part.strip()]):
        key, backwards = part[0], len(part) > 1 and part[1].lower() == "desc"
        rows = sorted(
            rows, key=lambda row: ((v := row(key)) is not None, 0 if v is None else v),
            reverse=backwards,
        )  # fmt: skip
    return rows
