"""Row-level access in PostgreSQL: views of the wide tables that show each role its own rows.

Add here: another table that people read by rows. Keep out: filling and swapping (`postgres.py`), roles of
the board.

The administrator says in `<schema>_access.members` which role stands for which scope; the views in
`<schema>_own` show a role the rows of its scopes and of all below them, and nothing without a row there.
They stand on the published tables with the rights of their owner, so readers need no right on those.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

WIDE = {
    "wide_opportunities": "(m.scope_type = 'rep' and m.scope_id = w.owner_id) "
    "or (m.scope_type = 'team' and m.scope_id = w.team_id) "
    "or (m.scope_type = 'region' and m.scope_id = w.region) "
    "or (m.scope_type = 'product_line' and m.scope_id = w.product_line)",
    "wide_targets": "m.scope_type = w.scope_type and m.scope_id = w.scope_id",
    "wide_alerts": "m.scope_type = w.scope_type and m.scope_id = w.scope_id",
}

_MEMBERS = """
create table if not exists {access}.members (
    role_name text not null,
    scope_type text not null check (scope_type in ('company', 'region', 'team', 'rep', 'product_line')),
    scope_id text not null,
    primary key (role_name, scope_type, scope_id)
)
"""

# The scopes of whoever asks, with all below: teams of a region, teams below a team, people of a team.
_MINE = """
create or replace view {own}.my_scopes with (security_barrier = true) as
with recursive given as (
    -- By number: a name that is no role (yet, or no more) would be an error for everybody.
    select m.scope_type, m.scope_id from {access}.members as m
    join pg_roles as r on r.rolname = m.role_name
    where pg_has_role(current_user, r.oid, 'member')
),
teams as (
    select t.team_id from {schema}.dim_team as t
    join given as g on (g.scope_type = 'team' and g.scope_id = t.team_id)
        or (g.scope_type = 'region' and g.scope_id = t.region)
    union
    select t.team_id from {schema}.dim_team as t join teams on t.parent_team_id = teams.team_id
)
select scope_type, scope_id from given
union
select 'team', team_id from teams
union
select 'rep', r.rep_id from {schema}.dim_rep_current as r join teams on r.team_id = teams.team_id
"""

_VIEW = """
create or replace view {own}.{table} with (security_barrier = true) as
select w.* from {schema}.{table} as w
where exists (
    select 1 from {own}.my_scopes as m where m.scope_type = 'company' or {condition}
)
"""


def show_rows(connection: psycopg.Connection, schema: str, role: str) -> None:
    """Make the table of members and the views, if they are not there yet; `role` may read the views.

    The swap carries the views over like those of anybody else. Raises `psycopg.Error` for what the
    rights do not allow.
    """
    names = {
        "schema": sql.Identifier(schema),
        "own": sql.Identifier(f"{schema}_own"),
        "access": sql.Identifier(f"{schema}_access"),
        "role": sql.Identifier(role),
    }
    with connection.transaction():
        for statement in (
            "create schema if not exists {access}",
            _MEMBERS,
            "create schema if not exists {own}",
            _MINE,
        ):
            connection.execute(sql.SQL(statement).format(**names))
        for table, condition in WIDE.items():
            of_table = {
                **names,
                "table": sql.Identifier(table),
                "condition": sql.SQL(condition),  # pyrefly: ignore[bad-argument-type]
            }
            made = sql.SQL(_VIEW).format(**of_table)
            try:
                with connection.transaction():
                    connection.execute(made)
            except psycopg.errors.InvalidTableDefinition:
                # A release with other columns: a view can only be given more of them at its end.
                connection.execute(sql.SQL("drop view {own}.{table}").format(**of_table))
                connection.execute(made)
        for statement in (
            "grant usage on schema {own} to {role}",
            "grant select on all tables in schema {own} to {role}",
        ):
            connection.execute(sql.SQL(statement).format(**names))
