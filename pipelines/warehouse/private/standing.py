"""Which models and tests of a night are what they were in the last good warehouse, and stand.

Add here: what a node's mark is made of, and when a table of the last warehouse may be taken over. Keep out:
how a table is made or copied (`building.py`), the order of nodes (`running_order.py`).

Each node has a mark: a digest of its SQL and declarations, of the day if it asks for it, and of what it
reads. Of a table that was made, what its readers see is not how it came about but what is in it, row by
row and in order: a night that loads what changes nothing further down makes nothing further down. The mark
stands beside the tables in the warehouse file itself (`nights.made`), so that the two cannot part. Since a
node's rows depend on nothing but what is in its mark, a night that takes tables over has the same bytes as
one that makes all of them.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from pipelines.warehouse.private.file import READERS_FILE, attached, has_readers, name_of
from pipelines.warehouse.program import Model, Program, Test

LAST = "last_good"  # as which the last good warehouse is attached
LAST_READERS = "last_readers"  # and the readers' file beside it
_KEPT = "nights.made"
# What no mark can see: the clock, chance, the session, files that a model reads itself.
_UNSEEN = re.compile(
    r"\b(now|today|random|setseed|uuid|gen_random_uuid|uuidv[47]|nextval|getvariable|getenv|get_current_\w+"
    r"|read_\w+|glob|\w+_scan|query|query_table)\s*\("
    r"|\b(current_date|current_time|current_timestamp|localtime|localtimestamp)\b|\b(from|join)\s+'",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Made:
    """What is known of a node of the last good warehouse. `content`: of a table, a digest of its rows."""

    mark: str
    content: str | None
    status: str


class Standing:
    """The marks of tonight's nodes beside those of the last good warehouse.

    Nodes are asked for in building order: a mark is known once all that a node reads is done.
    """

    def __init__(
        self,
        program: Program,
        sources: Mapping[str, str],
        before: Mapping[str, Made],
        *,
        is_whole: bool = True,
    ) -> None:
        self._program, self._is_whole = program, is_whole
        self._sources = sources
        self._before = before
        self._read = {
            parent for node in (*program.models, *program.tests) for parent in program.parents(node)
        }
        self._tonight: dict[str, Made] = {}
        self._never = uuid.uuid4().hex

    def everything(self, *, whole: bool) -> bool:
        """Whether every node stands, so that the last warehouse can be taken as it is; `whole`: if it has every table."""
        if whole and not self._is_whole:
            return False
        nodes = (*self._program.models, *self._program.tests)
        for key in TopologicalSorter(
            {node: self._program.parents(node) for node in nodes}
        ).static_order():
            if not self.stands(key, self.mark_of(key)):
                self._tonight.clear()
                return False
            self._tonight[key] = self._before[key]
        return True

    def mark_of(self, key: str) -> str:
        """The mark of a node, all of whose parents are done."""
        node: Model | Test = self._program.models.get(key) or self._program.tests[key]
        seen = [self._seen(parent) for parent in node.parents]
        # A relation that was not bound (an analyst's own source) may hold anything by now.
        asked = [self._sources.get(name, self._never) for name in node.sources]
        if _UNSEEN.search(node.sql):
            asked.append(self._never)
        return _digest(self._sources[""], repr(node), *seen, *asked, *self._day_of(node))

    def _day_of(self, node: Model | Test) -> list[str]:
        return [
            told for word, told in self._sources.items() if word.endswith("(") and word in node.sql
        ]

    def _seen(self, parent: str) -> str:
        made = self._tonight[parent]
        return made.content or made.mark

    def stands(self, key: str, mark: str) -> bool:
        """Whether a node is in the last good warehouse as it would be made tonight; of tests, passed ones."""
        made = self._before.get(key)
        return made is not None and made.mark == mark and made.status in ("success", "pass")

    def content_of(self, cursor: duckdb.DuckDBPyConnection, key: str, relation: str) -> str | None:
        """A digest of a table's rows in their order; None of a view and of what nothing reads."""
        model = self._program.models[key]
        if key not in self._read or model.materialized == "view":
            return None
        return content_of(cursor, relation)

    def rows_before(self, key: str) -> int | None:
        """How many rows a table had that stands; None if nothing counted them."""
        content = self._before[key].content
        return int(content.split(":")[0]) if content else None

    def content_before(self, key: str) -> str | None:
        """The digest of the rows of a node that stands."""
        return self._before[key].content

    def note(self, key: str, made: Made) -> None:
        """Remember how a node ended tonight."""
        self._tonight[key] = made

    def keep(self, connection: duckdb.DuckDBPyConnection, file: str) -> None:
        """Write tonight's marks into the warehouse file (attached as `file`), for the next night."""
        nodes = sorted(self._tonight.items())
        connection.execute(f"create schema if not exists {name_of(file)}.nights")
        connection.execute(
            f"create or replace table {name_of(file)}.{_KEPT} as select unnest($nodes::varchar[]) as node, "
            "unnest($marks::varchar[]) as mark, unnest($contents::varchar[]) as content, "
            "unnest($states::varchar[]) as status",
            {
                "nodes": [key for key, _ in nodes],
                "marks": [made.mark for _, made in nodes],
                "contents": [made.content for _, made in nodes],
                "states": [made.status for _, made in nodes],
            },
        )


def standing(
    connection: duckdb.DuckDBPyConnection, program: Program, last: Path | None, file: str
) -> Standing:
    """What may be taken over into a bound warehouse (attached as `file`); `last` is attached as LAST.

    Without a last good warehouse, or one that says nothing of its marks, nothing stands.
    """
    sources = {**_sources(connection, file), "": _maker()}
    before = _before(connection, last) if last else {}
    return Standing(program, sources, before, is_whole=_is_whole(connection, program))


def _is_whole(connection: duckdb.DuckDBPyConnection, program: Program) -> bool:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = $last "
        "union all select schema_name, view_name from duckdb_views() "  # marts that lie apart
        "where database_name = $last",
        {"last": LAST},
    ).fetchall()
    made = {
        (model.schema, model.name)
        for model in program.models.values()
        if model.materialized == "table"
    }
    return made <= set(tables)


def _before(connection: duckdb.DuckDBPyConnection, last: Path) -> dict[str, Made]:
    try:
        files = {LAST: last}
        if has_readers(connection):  # where tonight's marts are, there the last ones were
            files[LAST_READERS] = last.with_name(READERS_FILE)
        for name, file in files.items():
            connection.execute(f"attach {attached(file)} as {name} (read_only)")
        rows = connection.execute(f"select * from {LAST}.{_KEPT}").fetchall()
    except duckdb.Error:  # no such file, or of a version that kept no marks: everything is made
        return {}
    return {node: Made(mark, content, status) for node, mark, content, status in rows}


def _sources(connection: duckdb.DuckDBPyConnection, file: str) -> dict[str, str]:
    """What each bound relation is made of: the text of a view (raw files never change), rows of a table.

    Macros stand under their name and a bracket, as SQL calls them.
    """
    found = {
        f"{schema}.{name}": sql
        for schema, name, sql in connection.execute(
            "select schema_name, view_name, sql from duckdb_views() "
            "where database_name = $file and schema_name = 'raw'",
            {"file": file},
        ).fetchall()
    }
    tables = connection.execute(
        "select schema_name, table_name, sql from duckdb_tables() "
        "where database_name = $file and schema_name in ('raw', 'config')",
        {"file": file},
    ).fetchall()
    for schema, name, sql in tables:
        found[f"{schema}.{name}"] = sql + content_of(
            connection, ".".join(map(name_of, (file, schema, name)))
        )
    macros = connection.execute(
        "select schema_name, function_name, macro_definition from duckdb_functions() "
        "where database_name = $file and not internal and macro_definition is not null",
        {"file": file},
    ).fetchall()
    return found | {f"{schema}.{name}(": told for schema, name, told in macros}


def content_of(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A digest of a table's rows and their order: sums of floats depend on it to the last bit."""
    [row] = connection.execute(
        f"select count(*), sum(hash(kept, kept.rowid)::hugeint) from {relation} as kept"
    ).fetchall()
    return ":".join(map(str, row))


def _maker() -> str:
    # How a model becomes a table is part of what a table is.
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return _digest(duckdb.__version__, *(module.read_text() for module in modules))


def _digest(*parts: str) -> str:
    told = hashlib.sha256()
    for part in parts:
        told.update(part.encode() + b"\x1e")
    return told.hexdigest()
