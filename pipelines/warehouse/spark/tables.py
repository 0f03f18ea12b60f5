"""Where the tables of a night on Spark lie: in a folder that every worker sees, or at the store's address.

Add here: what one of the two does otherwise than the other. Keep out: SQL of what is in force (`binding.py`)
and of models (`building.py`).

In a folder, tables are Spark's own Parquet tables. At an address they are written and read by the workers'
Python (`address_source.py`), and fetched when the night takes them over; raw files are read where the night has
sent them (`pipelines/offsite/loads.py`), so that no worker needs to see the data folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.settings import Settings
from pipelines.store.address import Store, store_address
from pipelines.store.pointer import NIGHTS
from pipelines.warehouse.spark.words import literal, quoted

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Columns = Mapping[str, str]
# The schema in which steps of a query stand as long as they are needed.
STEPS = "steps"
_BARE = "at_address"
# What libraries of storage read from the environment, and workers must be told.
_TOLD = ("AWS_", "FSSPEC_")
_REDACTED = "(?i)secret|password|token|access[._]?key|credential"


class Tables(Protocol):
    """Makes and finds the tables of one night. `columns` are names and Spark's types."""

    def before(self) -> None:
        """To be called before there is a session."""

    def properties(self) -> dict[str, str]:
        """What the session must be told beside engine.yml, which has precedence."""

    def prepare(self, spark: SparkSession) -> None:
        """To be called once for every session, also those that are made of another."""

    def raw(
        self, spark: SparkSession, database: str, columns: Columns, files: Sequence[Path]
    ) -> Iterator[tuple[str, str]]:
        """Relations that hold the rows of raw files, each with the condition that picks these files."""

    def small(self, spark: SparkSession, relation: str, columns: Columns, rows: Path) -> None:
        """A table of one file that the night has made."""

    def make(self, spark: SparkSession, schema: str, name: str, query: str) -> None:
        """A table of what a query gives."""

    def drop(self, spark: SparkSession, schema: str, name: str) -> None:
        """Forget a table that `make` made."""

    def bring(self, folder: Path) -> None:
        """See that the files of all tables lie below `folder`, `<schema>.db/<table>/`, on this machine."""

    def clear(self) -> None:
        """Remove what lies elsewhere than in the night's folder."""


class InFolder:
    """Every worker sees the data folder by the same path."""

    def __init__(self) -> None:
        self._numbers = count()

    def before(self) -> None:
        pass

    def properties(self) -> dict[str, str]:
        return {}

    def prepare(self, spark: SparkSession) -> None:
        pass

    def raw(
        self, spark: SparkSession, database: str, columns: Columns, files: Sequence[Path]
    ) -> Iterator[tuple[str, str]]:
        for folder in sorted({path.parent for path in files}):
            name = f"{database}.f{next(self._numbers)}"
            self._external(spark, name, columns, folder)
            names = ", ".join(literal(path.name) for path in files if path.parent == folder)
            yield name, f"_metadata.file_name in ({names})"

    def small(self, spark: SparkSession, relation: str, columns: Columns, rows: Path) -> None:
        self._external(spark, relation, columns, rows.parent)

    def make(self, spark: SparkSession, schema: str, name: str, query: str) -> None:
        spark.sql(f"create table {quoted(schema)}.{quoted(name)} using parquet as {query}")

    def drop(self, spark: SparkSession, schema: str, name: str) -> None:
        spark.sql(f"drop table if exists {quoted(schema)}.{quoted(name)}")

    def bring(self, folder: Path) -> None:
        pass

    def clear(self) -> None:
        pass

    def _external(self, spark: SparkSession, name: str, columns: Columns, folder: Path) -> None:
        """A table on Parquet files that stand; what a file lacks is null."""
        spark.sql(
            f"create table {name} ({_listed(columns)}) using parquet location {literal(str(folder))}"
        )


class AtAddress:
    """Workers see the store's address and nothing of this machine's disk."""

    def __init__(self, settings: Settings, address: str, night: str) -> None:
        self._store, self._data = Store(address), settings.data_dir
        self._here = (
            settings.engine.master.startswith("local") or "127.0.0.1" in settings.engine.master
        )
        self._python = settings.engine.spark.get("spark.pyspark.python")
        self._base = f"{NIGHTS}/{night}"
        self._there: dict[str, int] | None = None
        self._numbers = count()

    def properties(self) -> dict[str, str]:
        told = {
            f"spark.executorEnv.{name}": value
            for name, value in os.environ.items()
            if name.startswith(_TOLD) or name == "NO_PROXY"
        }
        return {**told, "spark.redaction.regex": _REDACTED}

    def prepare(self, spark: SparkSession) -> None:
        from pyspark import cloudpickle
        from pyspark.errors import AnalysisException
        from pyspark.sql import SparkSession as Session

        from pipelines.warehouse.spark import address_source

        # Its text goes to the workers, which need not have Forewarn.
        cloudpickle.register_pickle_by_value(address_source)
        # A source belongs to the session that is active in this thread, whichever is asked.
        Session._get_j_spark_session_class(spark._jvm).setActiveSession(spark._jsparkSession)
        try:
            spark.dataSource.register(address_source.ParquetAtAddress)
        except AnalysisException as error:
            if error.getCondition() != "DATA_SOURCE_ALREADY_EXISTS":
                raise

    def before(self) -> None:
        # Which Python the workers start: on this machine the one that has the packages.
        python = str(self._python) if self._python else (sys.executable if self._here else "")
        if python:
            os.environ["PYSPARK_PYTHON"] = python

    def raw(
        self, spark: SparkSession, database: str, columns: Columns, files: Sequence[Path]
    ) -> Iterator[tuple[str, str]]:
        if files:
            name = f"{database}.f{next(self._numbers)}"
            wanted = {
                path.relative_to(self._data).as_posix(): path.stat().st_size for path in files
            }
            self._require(wanted)
            self._table(spark, name, columns, list(wanted.items()))
            yield name, "true"

    def _require(self, wanted: Mapping[str, int]) -> None:
        """Files that are not at the address would be found missing by a worker, in words of its own."""
        if self._there is None:
            self._there = self._store.sizes("raw")
        missing = [name for name, size in wanted.items() if self._there.get(name) != size]
        if missing:
            raise PermanentFailure(
                text("store.tried"),
                where=self._store.shown,
                cause=text("store.restore.missing_there", names=missing[:3]),
                next_step=text("store.send_first"),
            )

    def small(self, spark: SparkSession, relation: str, columns: Columns, rows: Path) -> None:
        name = f"{self._base}/{relation}/{rows.name}"
        self._store.send([(rows, name)])
        self._table(spark, relation, columns, [(name, rows.stat().st_size)])

    def make(self, spark: SparkSession, schema: str, name: str, query: str) -> None:
        from pipelines.warehouse.spark.address_source import FILES, NAME

        folder = f"{self._base}/{schema}.db/{name}"
        frame = spark.sql(query)
        told = frame.write.format(NAME).mode("append").option("address", self._store.address)
        told.option("folder", folder).save()
        files = json.loads(self._store.read(f"{folder}/{FILES}") or b"[]")
        columns = {field.name: field.dataType.simpleString() for field in frame.schema}
        self._table(spark, f"{quoted(schema)}.{quoted(name)}", columns, files)

    def drop(self, spark: SparkSession, schema: str, name: str) -> None:
        spark.sql(f"drop view if exists {quoted(schema)}.{quoted(name)}")

    def bring(self, folder: Path) -> None:
        from pipelines.warehouse.spark.address_source import FILES

        wanted: list[str] = []
        for listed in self._store.sizes(self._base):
            schema, _, rest = listed.removeprefix(f"{self._base}/").partition("/")
            if rest.endswith(f"/{FILES}") and schema != f"{STEPS}.db":
                wanted += [name for name, _ in json.loads(self._store.read(listed) or b"[]")]
        self._store.fetch([(name, folder / name.removeprefix(f"{self._base}/")) for name in wanted])

    def clear(self) -> None:
        # Its own alone: a past day may be built beside a night. What a kill left goes with `offsite/`.
        self._store.remove(self._store.sizes(self._base))

    def _table(
        self, spark: SparkSession, name: str, columns: Columns, files: Sequence[Sequence[object]]
    ) -> None:
        from pipelines.warehouse.spark.address_source import NAME

        # Spark does not hand the options of a table to its source, but those of a query on it.
        bare = f"{_BARE}.t{next(self._numbers)}"
        spark.sql(f"create database if not exists {_BARE}")
        spark.sql(f"create table {bare} ({_listed(columns)}) using {NAME}")
        options = {"address": self._store.address, "files": json.dumps(files)}
        told = ", ".join(f"{key} = {literal(value)}" for key, value in options.items())
        spark.sql(f"create view {name} as select * from {bare} with ({told})")


def _listed(columns: Columns) -> str:
    return ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())


def tables_of(settings: Settings, night: str) -> Tables:
    """Where the tables of a night lie: at the store's address if one is set, else in the data folder."""
    address = store_address()
    return AtAddress(settings, address, night) if address else InFolder()
