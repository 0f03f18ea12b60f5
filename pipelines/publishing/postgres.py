"""PostgreSQL as a second place to read from: it follows the published version, whole or not at all.

Add here: how a version gets into PostgreSQL, and how it is checked. Keep out: the swap and what other
people built on the tables (`postgres_swap.py`), when it is done (`assets/followed.py`).

The tables are filled in a schema of their own beside the one that readers use, counted against
what was read, and only then put in its place. A run that dies in between leaves readers what they
had; the next one begins anew. `publication` in the schema says which version it is.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import pyarrow.csv as arrow_csv
from psycopg import sql

from pipelines.failures import Failure, PermanentFailure, TransientFailure, endpoint
from pipelines.language import Text, text
from pipelines.publishing.holding import held_version
from pipelines.publishing.postgres_rows import show_rows
from pipelines.publishing.postgres_swap import drop_superseded, give_to_readers, swap_in
from pipelines.publishing.reader_files import MARTS
from pipelines.publishing.versions import Manifest, read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect

URL, SCHEMA, ROLE = "FOREWARN_PUBLISH_URL", "FOREWARN_PUBLISH_SCHEMA", "FOREWARN_PUBLISH_ROLE"
# The role that may read the views by row (`postgres_rows.py`); unset: there are none.
ROWS = "FOREWARN_PUBLISH_ROWS_ROLE"
PUBLICATION = "publication"
_LOCK = 0x464F5250  # one publisher at a time
_ROWS = 50_000
_TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}


@dataclass(frozen=True)
class Followed:
    """How PostgreSQL stands after a publication. `new` is False where it had the version already.

    `remarks` say what an administrator should know, such as a view that could not follow.
    """

    version: int
    tables: int
    rows: int
    new: bool
    remarks: tuple[Text, ...] = ()


def publish_url() -> str | None:
    """The PostgreSQL that follows, as libpq takes it; None where none is configured."""
    url = os.environ.get(URL)
    return re.sub(r"^postgres(ql)?\+\w+://", "postgresql://", url) if url else None


def follow(settings: Settings, url: str) -> Followed:
    """Bring PostgreSQL to the current version.

    Raises `TransientFailure` where the server cannot be reached or is busy, `PermanentFailure` where
    rights are missing, the schema is somebody else's, or what arrived is not what was sent. Readers
    then keep what they have.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        # Any other form might be shown with its password.
        raise PermanentFailure(
            text("postgres.tried"),
            cause=text("postgres.other_url", variable=URL),
            next_step=text("postgres.no_url.next", variable=URL),
        )
    schema = os.environ.get(SCHEMA) or MARTS
    role = os.environ.get(ROLE) or "forewarn_reader"
    with held_version(settings.data_dir) as folder, _translated(url):
        manifest = read_manifest(folder)
        assert manifest is not None  # held means published
        with psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name="forewarn"
        ) as connection:
            if not _one(connection, "select pg_try_advisory_lock(%s)", _LOCK):
                raise TransientFailure(
                    text("postgres.tried"), where=endpoint(url), cause=text("postgres.busy"),
                    next_step=text("postgres.busy.next"),
                )  # fmt: skip
            _refuse_foreign(connection, schema, url)
            rows = sum(table["rows"] for table in manifest.tables.values())
            if published_in(connection, schema) == (manifest.version, manifest.fingerprint):
                if os.environ.get(ROWS):
                    show_rows(connection, schema, os.environ[ROWS])
                return Followed(manifest.version, len(manifest.tables), rows, new=False)
            fresh = f"{schema}_new"
            _begin(connection, fresh)
            with connect(folder / "forewarn.duckdb", read_only=True) as marts:
                for name in sorted(manifest.tables):
                    _copy(connection, marts, fresh, name, url)
            _sign(connection, fresh, manifest)
            remarks = give_to_readers(connection, schema, fresh, role)
            remarks += swap_in(connection, schema, fresh)
            if os.environ.get(ROWS):
                show_rows(connection, schema, os.environ[ROWS])
            remarks += drop_superseded(connection, schema)
    return Followed(manifest.version, len(manifest.tables), rows, new=True, remarks=tuple(remarks))


def published_in(connection: psycopg.Connection, schema: str) -> tuple[int, str] | None:
    """Version and fingerprint that a PostgreSQL schema holds; None where it holds none of ours."""
    if not _one(connection, "select to_regclass(%s)", f'"{schema}".{PUBLICATION}'):
        return None
    query = sql.SQL("select version, fingerprint from {}").format(_name(schema, PUBLICATION))
    row = connection.execute(query).fetchone()
    return (row[0], row[1]) if row else None


def _refuse_foreign(connection: psycopg.Connection, schema: str, url: str) -> None:
    there = _one(connection, "select count(*) from pg_namespace where nspname = %s", schema)
    filled = _one(
        connection,
        "select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace "
        "where n.nspname = %s",
        schema,
    )
    if there and filled and published_in(connection, schema) is None:
        raise PermanentFailure(
            text("postgres.tried"),
            where=endpoint(url),
            cause=text("postgres.foreign", schema=schema),
            next_step=text("postgres.foreign.next", variable=SCHEMA),
        )


def _begin(connection: psycopg.Connection, fresh: str) -> None:
    """An empty schema beside that of the readers; what a run that died left there is dropped."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(fresh)))
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(fresh)))


def _copy(
    connection: psycopg.Connection,
    marts: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    url: str,
) -> None:
    columns = marts.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [MARTS, name],
    ).fetchall()
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(_type(kind)))  # type: ignore[arg-type]
        for column, kind, _ in columns
    )
    table = _name(schema, name)
    connection.execute(sql.SQL("create table {} ({})").format(table, listed))
    values = ", ".join(_value(column, kind) for column, kind, _ in columns)
    batches = marts.execute(f'select {values} from {MARTS}."{name}"').to_arrow_reader(_ROWS)
    plain = arrow_csv.WriteOptions(include_header=False)
    # A string is always in quotes and a null is nothing at all, so '' stays what it is.
    into = sql.SQL("copy {} from stdin (format csv)").format(table)
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for batch in batches:
            part = io.BytesIO()
            arrow_csv.write_csv(batch, part, plain)
            copy.write(part.getvalue())
    _check(connection, marts, schema, name, columns, url)
    told = marts.execute(
        "select comment from duckdb_tables() where schema_name = ? and table_name = ?",
        [MARTS, name],
    ).fetchone()
    comments = [(sql.SQL("table {}").format(table), told[0] if told else None)]
    comments += [
        (sql.SQL("column {}.{}").format(table, sql.Identifier(column)), comment)
        for column, _, comment in columns
    ]
    for place, comment in comments:
        if comment:
            connection.execute(sql.SQL("comment on {} is {}").format(place, sql.Literal(comment)))
    connection.execute(sql.SQL("analyze {}").format(table))


def _check(
    connection: psycopg.Connection,
    marts: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    columns: list[tuple[str, str, str | None]],
    url: str,
) -> None:
    """Rows, filled cells of every column, and the sums of exact numbers, on both sides."""
    measures = ["count(*)"] + [f"count({_quoted(column)})" for column, _, _ in columns]
    measures += [
        f"coalesce(sum({_quoted(column)}), 0)"
        for column, kind, _ in columns
        if kind == "BIGINT" or kind.startswith("DECIMAL")
    ]
    asked = f"select {', '.join(measures)} from "
    sent = marts.execute(f'{asked} {MARTS}."{name}"').fetchone()
    query = sql.SQL(asked) + _name(schema, name)  # type: ignore[arg-type]
    arrived = connection.execute(query).fetchone()
    if sent != arrived:
        raise PermanentFailure(
            text("postgres.tried"),
            where=f"{endpoint(url)} {name}",
            cause=text("postgres.differs", sent=str(sent), arrived=str(arrived)),
            next_step=text("postgres.differs.next"),
        )


def _sign(connection: psycopg.Connection, schema: str, manifest: Manifest) -> None:
    table = _name(schema, PUBLICATION)
    connection.execute(
        sql.SQL(
            "create table {} (version bigint, as_of date, fingerprint text, built_at timestamptz, "
            "published_at timestamptz)"
        ).format(table)
    )
    connection.execute(
        sql.SQL("insert into {} values (%s, %s, %s, %s, now())").format(table),
        [manifest.version, manifest.as_of, manifest.fingerprint, manifest.created_at],
    )
    connection.execute(
        sql.SQL("comment on table {} is {}").format(
            table, sql.Literal(text("postgres.publication").into("en"))
        )
    )


def _type(kind: str) -> str:
    if kind.startswith("DECIMAL"):
        return kind.replace("DECIMAL", "numeric").lower()
    return _TYPES.get(kind, "text")


def _value(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        # A text in PostgreSQL holds no NUL; a name that came with one is the same name.
        return f"replace({_quoted(column)}, chr(0), '') as {_quoted(column)}"
    known = kind in _TYPES or kind.startswith("DECIMAL")
    return _quoted(column) if known else f"cast({_quoted(column)} as varchar) as {_quoted(column)}"


def _quoted(column: str) -> str:
    """A column's name as both databases write it; analysts may call theirs whatever they like."""
    return '"' + column.replace('"', '""') + '"'


def _name(schema: str, name: str) -> sql.Composed:
    return sql.SQL("{}.{}").format(sql.Identifier(schema), sql.Identifier(name))


def _one(connection: psycopg.Connection, query: str, *values: Any) -> Any:
    row = connection.execute(query, values).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None


@contextlib.contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except Failure:
        raise
    except psycopg.errors.InsufficientPrivilege as error:
        raise PermanentFailure(
            text("postgres.tried"), where=endpoint(url), cause=_line(error),
            next_step=text("postgres.rights.next"),
        ) from error  # fmt: skip
    except (psycopg.OperationalError, psycopg.errors.LockNotAvailable) as error:
        raise TransientFailure(
            text("postgres.tried"), where=endpoint(url), cause=_line(error),
            next_step=text("postgres.unreachable.next"),
        ) from error  # fmt: skip
    except psycopg.Error as error:
        raise PermanentFailure(
            text("postgres.tried"), where=endpoint(url), cause=_line(error),
            next_step=text("postgres.report"),
        ) from error  # fmt: skip


def _line(error: psycopg.Error) -> str:
    """The server's own first line; the rest may repeat a statement with its values."""
    return (str(error).splitlines() or [type(error).__name__])[0]
