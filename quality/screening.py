"""A suite tried in one pass of SQL where the rows lie: all of them, however many.

Add here: the SQL of another expectation. Keep out: what a broken rule says (`runner.py`).

A table none of whose rules is broken is told to be sound from here. Great Expectations, which takes
seconds to import and needs the rows in memory, is asked only about tables in which something was found,
or which have a rule that is not known here. SQL must never find less than the library would: where the
two may differ, it counts a row too many, and the library decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from pipelines.entities import ENTITIES
from quality.loaded import select_of
from quality.results import CheckResult
from quality.runner import sound_results
from quality.suite_reader import Rule, Suite

_SCOPE = "expect_column_values_to_"
_KNOWN = {
    *("mostly", "min_value", "max_value", "strict_min", "strict_max"),
    *("regex", "value_set", "or_equal"),
}
# Python's \s and \d know all of Unicode, RE2's only ASCII.
_SPACE, _DIGIT = r"\s\p{Z}\x{85}\x1c-\x1f", r"\p{Nd}"


def sound(
    connection: duckdb.DuckDBPyConnection,
    suite: Suite,
    *,
    given: bool | None = None,
    of: tuple[str, str] | None = None,
) -> list[CheckResult] | None:
    """The results of a suite on all rows if no row breaks a rule, else None: ask the library.

    `given` as for `run_suite` (None: if there are rows); `of` as for `fetch_batch`. No rows are
    not judged here.
    """
    counts = [_broken(suite.entity, rule) for rule in suite.rules]
    if any(count is None for count in counts):
        return None
    relation, values = select_of(connection, suite.entity, of)
    listed = ", ".join(["count(*)", *(str(count) for count in counts)])
    try:
        row = connection.execute(f"select {listed} from ({relation}) as rows", values).fetchone()
    except duckdb.Error:
        return None  # a missing column, a type that fits no limit: the library says which
    assert row is not None
    if not row[0] or any(row[1:]):
        return None
    return sound_results(suite, row[0], given=True if given is None else given)


def _broken(entity: str, rule: Rule) -> str | None:
    """SQL of how many rows break a rule (at least), or None where only the library knows."""
    args: Mapping[str, Any] = rule.args
    if set(args) - _KNOWN:
        return None
    names = [_value(entity, name) for name in rule.columns]
    kind = rule.expectation.removeprefix(_SCOPE)
    if kind == "not_be_null":
        return _count(f"{names[0]} is null")
    if kind == "be_between":
        return _count(_outside(entity, rule, names[0]))
    if kind == "match_regex":
        return _count(f"not regexp_matches({names[0]}, {_regex(args['regex'])})")
    if kind == "not_match_regex":
        return _count(f"regexp_matches({names[0]}, {_regex(args['regex'])})")
    if kind == "be_in_set":
        return _count(f"{names[0]} not in ({', '.join(map(_literal, args['value_set']))})")
    if kind == "expect_compound_columns_to_be_unique":
        return f"count(*) - count(distinct ({', '.join(names)}))"
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        return _count(f"{names[0]} {'<' if args.get('or_equal') else '<='} {names[1]}")
    if kind == "expect_column_proportion_of_non_null_values_to_be_between":
        share = f"count({names[0]}) / count(*)"
        low, high = args.get("min_value", 0), args.get("max_value", 1)
        return f"case when {share} between {float(low)} and {float(high)} then 0 else 1 end"
    return None


def _count(condition: str) -> str:
    return f"count_if({condition})"


def _value(entity: str, name: str) -> str:
    kinds = {column.name: column.kind for column in ENTITIES[entity].columns}
    return f'"{name}"::double' if kinds.get(name) == "money" else f'"{name}"'


def _outside(entity: str, rule: Rule, value: str) -> str:
    kind = ENTITIES[entity].column(rule.columns[0]).kind
    parts = []
    for key, strict, sign in (("min_value", "strict_min", "<"), ("max_value", "strict_max", ">")):
        limit = rule.args.get(key)
        if limit is None:
            continue
        if kind == "timestamp":
            limit = f"timestamptz {_literal(f'{limit} 00:00:00+00')}"
        elif kind == "date":
            limit = f"date {_literal(limit)}"
        parts.append(f"{value} {sign}{'=' if rule.args.get(strict) else ''} {limit}")
    return " or ".join(parts) or "false"


def _regex(pattern: str) -> str:
    """A pattern of Python's as one of RE2 that knows the same spaces and digits."""
    inside, said = False, ""
    for part in re.findall(r"\\.|[\[\]]|[^\\\[\]]", pattern, re.DOTALL):
        if part == r"\s":
            said += _SPACE if inside else f"[{_SPACE}]"
        elif part == r"\d":
            said += _DIGIT
        else:
            inside = part == "[" or (inside and part != "]")
            said += part
    return _literal(said)


def _literal(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
