"""The small language of `compute` and `where` in a sheet's mapping: read here, evaluated by the sheets.

Add here: an operator or function that ends for every input. Keep out: anything that calls, loops or
reads files, and what a cell's text means as a number (`pipelines/sources/spreadsheet`).

    amount: 数量 * 单价 * (1 - first(折扣, 0))      + - * /, columns, numbers, brackets
    order_id: concat(订单号, '-', 行号)             a key of two columns
    owner_id: first(负责人, [Sales rep])            the first that is not empty; [..] for odd headings
    stage: lookup(状态, 'A', 'Won', 'B', 'Lost')    words for words; a last odd one is for the rest
    period: quarter([Quota date])                  the period of a day: year, quarter (both fiscal), month
    promised_at: plus_days(下单日期, 30)             a day some days later
    where: 字段 = '阶段' and not 状态 in ('取消', '作废')   = != < <= > >= in, and, or, not; x = '' is empty
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from pipelines.language import text

# Name of a function: how many values it takes; None: any number.
FUNCTIONS: dict[str, int | None] = {
    "first": None,
    "if_null": None,
    "concat": None,
    "lookup": None,
    "year": 1,
    "quarter": 1,
    "month": 1,
    "plus_days": 2,
}
_LONGEST, _DEEPEST = 500, 40
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<text>'[^']*'|\"[^\"]*\")|\[(?P<bracketed>[^\]]+)\]"
    r"|(?P<sign><=|>=|!=|<>|[-+*/()=<>,])|(?P<word>[^\W\d]\w*))"
)


@dataclass(frozen=True)
class Node:
    """One step: `kind` is number, text, column, or an operator or function with its `parts`."""

    kind: str
    value: Decimal | str = ""
    parts: tuple[Node, ...] = ()

    def columns(self) -> Iterator[str]:
        """Every heading that the expression reads."""
        if self.kind == "column":
            yield str(self.value)
        for part in self.parts:
            yield from part.columns()


def parse_expression(written: str) -> Node:
    """The expression as steps. Raises ValueError saying where it cannot be understood."""
    if len(written) > _LONGEST:
        raise ValueError(text("config.expression.long", most=_LONGEST))
    parser = _Parser(written.translate(str.maketrans("（），＋－×÷＝", "(),+-*/=")))
    found = parser.either(0)
    if parser.kind:
        raise ValueError(
            text("config.expression.not_expected", token=parser.token, written=written)
        )
    return found


class _Parser:
    """Reads from the loosest operator to the tightest."""

    def __init__(self, written: str) -> None:
        self._written, self._place = written, 0
        self.kind: str | None = None
        self.token = ""
        self._next()

    def _next(self) -> None:
        match = _TOKEN.match(self._written, self._place)
        if match is None:
            if rest := self._written[self._place :].strip():
                raise ValueError(text("config.expression.not_read", rest=rest[:20]))
            self.kind, self.token = None, ""
            return
        self._place = match.end()
        self.kind, self.token = str(match.lastgroup), str(match.group(str(match.lastgroup)))
        if self.kind == "word" and self.token in ("and", "or", "not", "in"):
            self.kind = "sign"

    def _takes(self, *signs: str) -> str | None:
        if self.kind == "sign" and self.token in signs:
            sign = self.token
            self._next()
            return sign
        return None

    def _wants(self, sign: str) -> None:
        if not self._takes(sign):
            raise ValueError(text("config.expression.sign", sign=sign, token=self.token or "…"))

    def either(self, depth: int) -> Node:
        found = self._both(depth)
        while self._takes("or"):
            found = Node("or", parts=(found, self._both(depth)))
        return found

    def _both(self, depth: int) -> Node:
        found = self._not(depth)
        while self._takes("and"):
            found = Node("and", parts=(found, self._not(depth)))
        return found

    def _not(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ValueError(text("config.expression.deep", most=_DEEPEST))
        if self._takes("not"):
            return Node("not", parts=(self._not(depth + 1),))
        left = self._sum(depth)
        if sign := self._takes("=", "!=", "<>", "<", "<=", ">", ">="):
            return Node("!=" if sign == "<>" else sign, parts=(left, self._sum(depth)))
        if self._takes("in"):
            self._wants("(")
            return Node("in", parts=(left, *self._list(depth)))
        return left

    def _sum(self, depth: int) -> Node:
        found = self._product(depth)
        while sign := self._takes("+", "-"):
            found = Node(sign, parts=(found, self._product(depth)))
        return found

    def _product(self, depth: int) -> Node:
        found = self._atom(depth)
        while sign := self._takes("*", "/"):
            found = Node(sign, parts=(found, self._atom(depth)))
        return found

    def _list(self, depth: int) -> list[Node]:
        parts = [self.either(depth + 1)]
        while self._takes(","):
            parts.append(self.either(depth + 1))
        self._wants(")")
        return parts

    def _atom(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise ValueError(text("config.expression.deep", most=_DEEPEST))
        if self._takes("-"):
            return Node("-", parts=(Node("number", Decimal(0)), self._atom(depth + 1)))
        if self._takes("("):
            found = self.either(depth + 1)
            self._wants(")")
            return found
        kind, token = self.kind, self.token
        if kind not in ("number", "text", "bracketed", "word"):
            raise ValueError(text("config.expression.column", token=token or "…"))
        self._next()
        if kind == "number":
            return Node("number", Decimal(token))
        if kind == "text":
            return Node("text", token[1:-1])
        if kind == "word" and self._takes("("):
            if token not in FUNCTIONS:
                raise ValueError(
                    text("config.expression.function", known=[*FUNCTIONS], token=token)
                )
            parts = tuple(self._list(depth))
            if token == "lookup" and len(parts) < 3:
                raise ValueError(text("config.expression.lookup"))
            wanted = FUNCTIONS[token]
            if wanted is not None and len(parts) != wanted:
                raise ValueError(text("config.expression.values", function=token, count=wanted))
            return Node("first" if token == "if_null" else token, parts=parts)
        return Node("column", token)
