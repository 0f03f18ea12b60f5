"""The sales organisation as the published version knows it, for notices, links and the shell.

Add here: another read of who belongs where. Keep out: what is told to whom (`pipelines/notifying/`),
and Dagster, so that a shell command does not wait for it.
"""

from __future__ import annotations

import dataclasses

import duckdb

from pipelines.notifying.recipients import RecipientBook
from pipelines.notifying.slices import Hierarchy
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect


def hierarchy_of(connection: duckdb.DuckDBPyConnection) -> Hierarchy:
    """From `dim_rep` of an open version."""
    return Hierarchy.from_reps(connection.execute("select * from marts.dim_rep").df())


def published_hierarchy(settings: Settings) -> Hierarchy:
    """Of the published version; empty before the first."""
    if read_manifest(settings.current) is None:
        return Hierarchy()
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        return hierarchy_of(connection)


def named(hierarchy: Hierarchy, book: RecipientBook) -> Hierarchy:
    """The hierarchy with the names of recipients who are no salespeople."""
    own = {person.person_id: person.name for person in book.recipients if person.name}
    return dataclasses.replace(hierarchy, names={**own, **hierarchy.names})
