"""The version of the ledger's tables: which one stands, which is the newest, and the way there.

Add here: how a version is told and reached. Keep out: what a version changes (`migrations/versions/`),
when it is done (`store.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pipelines.language import text as words
from pipelines.ledger.models import Base

MIGRATIONS = Path(__file__).parent / "migrations"
# Any fixed number: it only has to be the same in every process of one installation.
ADVISORY_LOCK = 0x464F5245


class NewerLedger(Exception):
    """The tables have a version that this one does not know: a newer one wrote them."""


class HalfLedger(Exception):
    """Some of the tables are missing: half of a ledger was restored, or a table was dropped."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.words = words("ledger.half", missing=missing)


@cache
def newest_revision() -> str:
    """The newest version, by the names of the files: `v0001_first.py` is 0001."""
    files = (MIGRATIONS / "versions").glob("v*.py")
    return max(file.name[1:].partition("_")[0] for file in files)


def revision_of(connection: Connection) -> str | None:
    """The version of the tables behind a connection; None if there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("select version_num from alembic_version"))


def stop_at_half(connection: Connection, revision: str | None) -> None:
    """Raise `HalfLedger` where tables are missing that this version has, or their version is."""
    there = set(inspect(connection).get_table_names())
    tables = Base.metadata.tables.keys()
    # Asked again: another process may have made them all between the two questions.
    if revision is None and there & tables and revision_of(connection) is None:
        raise HalfLedger(["alembic_version"])
    if revision == newest_revision() and tables - there:
        raise HalfLedger(sorted(tables - there))


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest version within the connection's transaction.

    Raises NewerLedger. Of several processes one does it; the others wait and find nothing to do.
    """
    # Half a second to import, and needed once in the life of a version.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise NewerLedger from error
