"""Where nulls stand in an order: last, as on DuckDB, also where a query does not say so.

Add here: nothing else. Keep out: other differences of the two dialects, which are macros of the project.

Spark puts nulls first in an ascending order unless told otherwise. Which row of several is the newest, and so a
figure, would hang on the engine. It is said here and not in the models, so that models that a company adds keep
to it too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKENS = re.compile(
    r"(?P<left>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\s+)"
    r"|(?P<order>order\s+by\b)|(?P<word>\w+)|(?P<mark>.)",
    re.DOTALL | re.IGNORECASE,
)
# What may follow the last key of an order.
_AFTER = {"rows", "range", "limit", "offset", "union", "window", "except", "intersect"}
_LAST = " nulls last"


def nulls_last(query: str) -> str:
    """The query with `nulls last` at every key of an order that does not say where nulls stand."""
    places = sorted(_places(query), reverse=True)
    for place in places:
        query = query[:place] + _LAST + query[place:]
    return query


def _places(query: str) -> Iterator[int]:
    """Ends of the keys that say nothing of nulls."""
    depth = 0
    # Of every order that is open: its depth, the end of its present key (None: none yet), and whether
    # this key says where nulls stand.
    open_orders: list[tuple[int, int | None, bool]] = []
    before = ""
    for token in _TOKENS.finditer(query):
        kind, text = token.lastgroup, token[0].lower()
        if kind == "left" and not text.startswith(("'", '"', "`")):
            continue
        top = open_orders[-1] if open_orders else None
        ends = top is not None and depth == top[0] and (text in (",", ")") or text in _AFTER)
        if top is not None and ends:
            _, end, said = open_orders.pop()
            if end is not None and not said:
                yield end
            if text == ",":
                open_orders.append((depth, None, False))
        elif top is not None and kind != "order":
            open_orders[-1] = (top[0], token.end(), top[2] or (depth == top[0] and text == "nulls"))
        if kind == "order" and before != "group(":
            open_orders.append((depth, None, False))
        depth += {"(": 1, ")": -1}.get(text, 0)
        before = f"{before}(" if text == "(" else text
    for _, end, said in open_orders:
        if end is not None and not said:
            yield end
