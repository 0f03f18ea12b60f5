"""The steps of a query: what stands in its `with`, and which of them have to be kept while it runs.

Add here: how a query is taken apart. Keep out: running the parts (`building.py`).

Spark puts the text of a step into every place that names it: five steps of which each names the one before
three times become 243 copies, planned and run one by one. So a step that is named more than once, and
would multiply, is kept as a table of its own while the model is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Beyond so many places in which tables are read, a step named twice is kept.
_FEW = 3
_SPACE = re.compile(r"(?:\s+|--[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WITH = re.compile(r"with\b(?!\s+recursive\b)", re.IGNORECASE)
_HEAD = re.compile(r"(`?)(\w+)\1(?:\s|--[^\n]*\n)+as(?:\s|--[^\n]*\n)*\(", re.IGNORECASE)
_READS = re.compile(r"\b(?:from|join)\s+([`\w.]+)", re.IGNORECASE)
_MARKS = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|[()]", re.DOTALL
)


@dataclass(frozen=True)
class Step:
    """One named part of a query; `kept` if it is to be a table of its own."""

    name: str
    sql: str
    kept: bool


def steps_of(query: str) -> tuple[list[Step], str]:
    """The parts of a query in order, and the select at its end, which names them.

    A query without `with`, or one that is not understood, has no parts: it is then run as it is.
    """
    parts = _parts(query)
    if parts is None:
        return [], query
    bodies, rest = parts
    # Places in which a table is read once every step is put where it is named.
    places: dict[str, int] = {}
    steps = []
    for position, (name, sql) in enumerate(bodies):
        size = sum(places.get(read, 1) for read in _reads(sql))
        later = [text for _, text in bodies[position + 1 :]] + [rest]
        named = sum(read == name.lower() for text in later for read in _reads(text))
        kept = named > 1 and size > _FEW
        places[name.lower()] = 1 if kept else max(1, size)
        steps.append(Step(name, sql, kept))
    return steps, rest


def with_steps(steps: list[Step], query: str) -> str:
    """A query with those steps before it that it may name and that are not kept."""
    told = ", ".join(f"{step.name} as (\n{step.sql}\n)" for step in steps if not step.kept)
    return f"with {told}\n{query}" if told else query


def _reads(sql: str) -> Iterator[str]:
    """Names that a query reads from, as often as it does so."""
    plain = _MARKS.sub(lambda mark: mark[0] if mark[0][0] in "`()" else " ", sql)
    return (name.strip("`").lower() for name in _READS.findall(plain))


def _parts(query: str) -> tuple[list[tuple[str, str]], str] | None:
    place = _after_space(query, 0)
    begun = _WITH.match(query, place)
    if begun is None:
        return None
    place = begun.end()
    bodies: list[tuple[str, str]] = []
    while True:
        head = _HEAD.match(query, _after_space(query, place))
        if head is None:
            return None
        end = _closing(query, head.end())
        if end is None:
            return None
        bodies.append((head[2], query[head.end() : end]))
        place = _after_space(query, end + 1)
        if query[place : place + 1] != ",":
            return bodies, query[place:]
        place += 1


def _after_space(query: str, place: int) -> int:
    space = _SPACE.match(query, place)
    return space.end() if space else place


def _closing(query: str, place: int) -> int | None:
    """Where the bracket that was opened before `place` is closed."""
    depth = 1
    for mark in _MARKS.finditer(query, place):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.start()
    return None
