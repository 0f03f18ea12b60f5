"""The swap of schemas in PostgreSQL, and what other people built on the tables: roles, grants, views.

Add here: something that has to outlive the swap. Keep out: filling the tables (`postgres.py`).

A schema is renamed, no table is: a query that runs goes on with the tables it began with, and one
that begins sees the new ones; renaming waits for nobody and lets nobody wait. Views of other people
name tables by number, not by name: each is made again with the same text in the same transaction,
and where that is not possible it keeps the old tables, which then stay.
"""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from pipelines.language import Text, text

_PATIENCE = sql.SQL("set local lock_timeout = '5s'")
_DROP_PATIENCE = sql.SQL("set local lock_timeout = '2s'")
_OLD = "_old_"

_DEPENDENTS = """
select distinct v.oid, vn.nspname, v.relname, v.relkind::text, pg_get_viewdef(v.oid), v.reloptions
from pg_depend as d
join pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
join pg_class as v on v.oid = r.ev_class
join pg_namespace as vn on vn.oid = v.relnamespace
join pg_class as t on t.oid = d.refobjid and d.refclassid = 'pg_class'::regclass
join pg_namespace as tn on tn.oid = t.relnamespace
where tn.nspname = %s and vn.nspname <> %s
order by v.oid
"""


def give_to_readers(
    connection: psycopg.Connection, schema: str, fresh: str, role: str
) -> list[Text]:
    """The reading role, and every right that somebody was given on the tables of before."""
    remarks = []
    if not _exists(connection, "select 1 from pg_roles where rolname = %s", role):
        try:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
        except psycopg.errors.InsufficientPrivilege:
            remarks.append(text("postgres.no_role", role=role))
    grantees = (
        {role} if _exists(connection, "select 1 from pg_roles where rolname = %s", role) else set()
    )
    rows = connection.execute(
        "select distinct coalesce(r.rolname, 'public') from pg_namespace as n "
        "cross join lateral aclexplode(n.nspacl) as a left join pg_roles as r on r.oid = a.grantee "
        "where n.nspname = %s and a.privilege_type = 'USAGE' and a.grantee <> n.nspowner",
        [schema],
    ).fetchall()
    for name in sorted(grantees | {name for (name,) in rows}):
        _run(connection, "grant usage on schema {} to {}", fresh, to=name)
    for name in sorted(grantees):
        _run(connection, "grant select on all tables in schema {} to {}", fresh, to=name)
    given = connection.execute(
        "select c.relname, coalesce(r.rolname, 'public') from pg_class as c "
        "join pg_namespace as n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) as a "
        "left join pg_roles as r on r.oid = a.grantee "
        "where n.nspname = %s and a.privilege_type = 'SELECT' and a.grantee <> c.relowner "
        "and to_regclass(quote_ident(%s) || '.' || quote_ident(c.relname)) is not null",
        [schema, fresh],
    ).fetchall()
    for table, name in given:
        _run(connection, "grant select on {}.{} to {}", fresh, table, to=name)
    return remarks


def swap_in(connection: psycopg.Connection, schema: str, fresh: str) -> list[Text]:
    """Put the fresh schema in the place of the one that readers use, in one transaction."""
    remarks: list[Text] = []
    old = f"{schema}{_OLD}{time.time_ns()}"
    there = _exists(connection, "select 1 from pg_namespace where nspname = %s", schema)
    with connection.transaction():
        connection.execute(_PATIENCE)
        # With an empty path every name in the text of a view is written out in full.
        connection.execute("set local search_path = pg_catalog")
        views = connection.execute(_DEPENDENTS, [schema, schema]).fetchall() if there else []
        if there:
            _run(connection, "alter schema {} rename to {}", schema, old)
        _run(connection, "alter schema {} rename to {}", fresh, schema)
        for _, place, name, kind, definition, options in views:
            if kind != "v":
                remarks.append(text("postgres.materialized", view=f"{place}.{name}"))
                continue
            # Replacing a view forgets its options, and with `security_barrier` what it hides.
            told = f" with ({', '.join(options)})" if options else ""
            kept = sql.SQL(told)  # pyrefly: ignore[bad-argument-type]
            made = sql.SQL("create or replace view {}.{}{} as ").format(
                sql.Identifier(place), sql.Identifier(name), kept
            ) + sql.SQL(definition)
            try:
                with connection.transaction():
                    connection.execute(made)
            except psycopg.Error as error:
                why = str(error).splitlines()[0]
                remarks.append(text("postgres.view_left", view=f"{place}.{name}", why=why))
    return remarks


def drop_superseded(connection: psycopg.Connection, schema: str) -> list[Text]:
    """Drop schemas that were swapped out, unless somebody reads them still or built on them."""
    rows = connection.execute(
        "select nspname from pg_namespace where starts_with(nspname, %s)", [f"{schema}{_OLD}"]
    ).fetchall()
    remarks = []
    for (name,) in rows:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = %s", [name]
        ).fetchall()
        try:
            with connection.transaction():
                connection.execute(_DROP_PATIENCE)
                for (table,) in tables:
                    _run(connection, "drop table {}.{} restrict", name, table)
                _run(connection, "drop schema {} restrict", name)
        except psycopg.errors.LockNotAvailable:
            continue  # read at this moment: the next publication drops it
        except psycopg.errors.DependentObjectsStillExist:
            remarks.append(text("postgres.old_kept", schema=name))
    return remarks


def _run(connection: psycopg.Connection, statement: str, *names: str, to: str = "") -> None:
    parts: list[sql.Composable] = [sql.Identifier(name) for name in names]
    if to:
        parts.append(sql.SQL("public") if to == "public" else sql.Identifier(to))
    connection.execute(sql.SQL(statement).format(*parts))  # type: ignore[arg-type]


def _exists(connection: psycopg.Connection, query: str, *values: object) -> bool:
    return connection.execute(query, values).fetchone() is not None  # type: ignore[arg-type]
