"""A Spark session for one night: its settings, and what is said where it cannot begin.

Add here: a property that every night needs. Keep out: tables (`binding.py`) and queries (`building.py`).

The catalogue lives in memory and ends with the session: a night finds nothing that an earlier one left,
as the warehouse file of a night is new. Its tables are Parquet files below the night's own folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.configuration.engine_file import EngineFile
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import text
from pipelines.warehouse.spark.tables import Tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LOOPBACK = ("spark://127.0.0.1:", "spark://localhost:")


def properties(engine: EngineFile, folder: Path) -> dict[str, str]:
    """Spark's properties for a night; what engine.yml says has precedence, but for three.

    Time zone, catalogue and the night's folder are not the company's to choose: figures and safety
    hang on them.
    """
    here = engine.master.startswith(("local", *_LOOPBACK))
    own = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "1g",
        # Tables of a night are small or large: partitions are put together where they are small.
        "spark.sql.shuffle.partitions": "16" if here else "200",
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        # Side by side, as the models are independent of each other.
        "spark.scheduler.mode": "FAIR",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.log.level": "ERROR",
    }
    if here:
        own |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    given = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in engine.spark.items()
    }
    return {
        **own,
        **given,
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": str(folder),
    }


def require_installed() -> None:
    """Raise `PermanentFailure` unless this environment has Spark, dbt's adapter for it, and Java."""
    missing = [name for name in ("pyspark", "dbt.adapters.spark") if not _is_found(name)]
    if missing:
        raise PermanentFailure(
            text("spark.not_installed"), cause=", ".join(missing), next_step=text("spark.install")
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise PermanentFailure(
            text("spark.no_java"),
            cause=text("spark.java_not_found"),
            next_step=text("spark.install_java"),
        )


def _is_found(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package above it
        return False


@contextlib.contextmanager
def session(engine: EngineFile, folder: Path, tables: Tables) -> Iterator[SparkSession]:
    """A session whose own tables lie below `folder`; ended with the block, and with this process.

    Raises `TransientFailure` if the master does not answer.
    """
    with warnings.catch_warnings():
        # It warns of the installed pandas, of which nothing is used through Spark.
        warnings.simplefilter("ignore")
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(engine.master).appName("forewarn")
    tables.before()
    for name, value in {**tables.properties(), **properties(engine, folder)}.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except (PySparkException, RuntimeError, OSError, *_java_errors()) as error:
        raise TransientFailure(
            text("spark.no_session", master=engine.master),
            where=engine.master,
            cause=first_line(error),
            next_step=text("spark.look_at_master"),
        ) from error
    try:
        tables.prepare(spark)
        yield spark
    finally:
        spark.stop()


def first_line(error: BaseException) -> str:
    """What Spark says of an error, without the Java stack that follows."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:600] if lines else type(error).__name__


def _java_errors() -> tuple[type[Exception], ...]:
    from py4j.protocol import Py4JError

    return (Py4JError,)
