"""Findings about names: product lines that match nothing, and names written in two ways.

Add here: an entity whose names people type by hand. Keep out: when two names are alike
(`similar_names.py`). Nothing is renamed: a finding asks somebody to look.
"""

from __future__ import annotations

import unicodedata

import duckdb

from pipelines.language import text
from pipelines.language.figures import figure
from quality.loaded import relation_of, table_exists
from quality.results import CheckResult, counted
from quality.similar_names import normalised, similar_pairs


def check_names(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """All findings about names, each once, passing if there is nothing to say."""
    return [
        unknown_product_lines(connection),
        _alike_product_lines(connection),
        *_alike_records(connection, "accounts", "account_id", "account_name"),
        *_alike_records(connection, "users", "user_id", "user_name"),
        _unlisted(connection, "accounts", "account_id", "account_id"),
        _unlisted(connection, "users", "user_id", "owner_id"),
    ]


def unknown_product_lines(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    """A warning with the product lines of opportunities that nothing else knows: neither the company's
    own list (`product_lines.csv`), nor orders, nor targets.

    Passes if these name no product line at all. A name that is nearly one of theirs is
    told with it.
    """
    listed = table_exists(connection, "config", "product_lines")
    own = "select product_line from config.product_lines union " if listed else ""
    known = {
        name
        for (name,) in connection.execute(
            f"{own}"
            f"select trim(product_line) from ({relation_of(connection, 'orders')}) union "
            f"select trim(scope_id) from ({relation_of(connection, 'targets')}) "
            "where scope_type = 'product_line'"
        ).fetchall()
        if name
    }
    used = connection.execute(
        f"select trim(product_line), count(*) from ({relation_of(connection, 'opportunities')}) "
        "where trim(product_line) <> '' group by 1 order by 2 desc, 1"
    ).fetchall()
    # In deals, orders and targets what differs in case, width or blanks is one line; the company's own
    # list renames nothing, so a spelling that it does not have is told.
    told = set(known)
    if listed:
        own_names = connection.execute("select product_line from config.product_lines").fetchall()
        told -= {name for (name,) in own_names}
    keys = {_line_key(name) for name in told}
    unknown = [
        (name, count)
        for name, count in used
        if known and name not in known and _line_key(name) not in keys
    ]
    meant = _counterparts([name for name, _ in unknown], known)
    sample = [
        f"{name} ({count:,}{f', ≈ {meant[name]}' if name in meant else ''})"
        for name, count in unknown
    ]
    rows = sum(count for _, count in unknown)
    return counted(
        "opportunities_product_line_known",
        "opportunities",
        "warning",
        rows,
        told=text("quality.product_lines_unknown", rows=figure(rows))
        if rows
        else text("quality.product_lines_known"),
        sample=sample,
    )


def _counterparts(unknown: list[str], known: set[str]) -> dict[str, str]:
    pairs = similar_pairs([*unknown, *known])
    found: dict[str, str] = {}
    for first, second, _ in sorted(pairs, key=lambda pair: not pair[2]):
        for name, other in ((first, second), (second, first)):
            if name in unknown and other in known:
                found.setdefault(name, other)
    return found


def _line_key(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _alike_product_lines(connection: duckdb.DuckDBPyConnection) -> CheckResult:
    rows = connection.execute(
        f"select trim(product_line) from ({relation_of(connection, 'opportunities')}) union "
        f"select trim(product_line) from ({relation_of(connection, 'orders')}) union "
        f"select trim(scope_id) from ({relation_of(connection, 'targets')}) "
        "where scope_type = 'product_line'"
    ).fetchall()
    # What differs only in case, width or blanks is one line everywhere (int_product_lines__aliases).
    names = {_line_key(name): name for name in sorted((n for (n,) in rows if n), reverse=True)}
    pairs = similar_pairs(names.values())
    return counted(
        "product_lines_written_one_way",
        "product_lines",
        "warning",
        len(pairs),
        told=text("quality.product_lines_alike", pairs_count=len(pairs))
        if pairs
        else text("quality.product_lines_differ"),
        sample=(f"{first} ≈ {second}" for first, second, _ in pairs),
    )


def _alike_records(
    connection: duckdb.DuckDBPyConnection, entity: str, key: str, name: str
) -> list[CheckResult]:
    """Records of one source that share a name (warning), and those whose names nearly agree (info)."""
    rows = connection.execute(
        f"select source, trim({key}), trim({name}) from ({relation_of(connection, entity)}) "
        f"where trim({name}) <> '' group by all order by 1, 2, 3"
    ).fetchall()
    ids: dict[tuple[str, str], dict[str, str]] = {}
    for source, record, written in rows:
        ids.setdefault((source, normalised(written) or written), {})[record] = written
    shared = [list(records.items()) for records in ids.values() if len(records) > 1]
    near = [
        pair
        for source in sorted({source for source, _, _ in rows})
        for pair in similar_pairs(written for s, _, written in rows if s == source)
        if not pair[2]
    ]
    many = sum(len(records) for records in shared)
    what = text(f"quality.named.{entity}")
    return [
        counted(
            f"{entity}_names_shared",
            entity,
            # Two people may well share a name, and customers hardly.
            "warning" if entity == "accounts" else "info",
            many,
            told=text(
                "quality.names_shared", records=figure(many), what=what, names=figure(len(shared))
            )
            if shared
            else text("quality.names_not_shared", what=what),
            sample=(
                " = ".join(f"{written} ({record})" for record, written in records[:3])
                for records in shared
            ),
        ),
        counted(
            f"{entity}_names_alike",
            entity,
            "info",
            len(near),
            told=text("quality.names_alike", pairs=figure(len(near)), what=what)
            if near
            else text("quality.names_not_alike", what=what),
            sample=(f"{first} ≈ {second}" for first, second, _ in near),
        ),
    ]


def _unlisted(
    connection: duckdb.DuckDBPyConnection, entity: str, key: str, column: str
) -> CheckResult:
    """A warning with those that no list has, named in deals, orders and follow-ups in several ways.

    Each way counts as a record of its own. What differs by more than width, case, blanks and
    punctuation may well be another one.
    """
    named = " union ".join(
        f"select source, trim({column}) from ({relation_of(connection, given)})"
        for given in ("opportunities", "orders", "activities")
    )
    listed = f"select trim({key}) from ({relation_of(connection, entity)}) where {key} is not null"
    rows = connection.execute(
        f"select * from ({named}) as found(source, written) "
        f"where written <> '' and written not in ({listed}) "
        # People of a list are known by mailbox and name as well: its own check tells the others.
        f"and ('{entity}' <> 'users' or not exists ({listed})) order by 1, 2"
    ).fetchall()
    ways: dict[tuple[str, str], list[str]] = {}
    for source, written in rows:
        ways.setdefault((source, normalised(written) or written), []).append(written)
    shared = [found for found in ways.values() if len(found) > 1]
    many = sum(map(len, shared))
    what = text(f"quality.named.{entity}")
    return counted(
        f"{entity}_unlisted_written_one_way",
        entity,
        "warning",
        many,
        told=text(
            "quality.unlisted_alike", spellings=figure(many), what=what, names=figure(len(shared))
        )
        if shared
        else text("quality.unlisted_differ", what=what),
        sample=(" = ".join(found[:3]) for found in shared),
    )
