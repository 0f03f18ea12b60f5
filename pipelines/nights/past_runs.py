"""What Dagster remembers of runs, read without starting Dagster: its SQLite file, or its PostgreSQL.

Add here: another place in which it may keep them. Keep out: what is forgotten when (`history.py`), what
follows from a run (`upkeep/doctor.py`).
"""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path

import yaml

from pipelines.settings import Settings

_PATIENCE_SECONDS = 5


def run_rows(settings: Settings, sql: str) -> list[tuple] | None:
    """The answer of Dagster's table `runs` to a question; None where it cannot be asked.

    `[]` before the first run. A home that keeps its runs elsewhere (MySQL, a class of its own) is not asked.
    """
    home = Path(os.environ.get("DAGSTER_HOME") or settings.data_dir / "dagster")
    try:
        told = yaml.safe_load((home / "dagster.yaml").read_text(encoding="utf-8")) or {}
        storage = told.get("storage") or {}
    except (OSError, yaml.YAMLError, AttributeError):
        storage = {}
    if storage:
        return _of_postgres(storage, sql)
    file = home / "history" / "runs.db"
    if not file.is_file():
        return []
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()
    except sqlite3.Error:
        return None  # of another version of Dagster


def _of_postgres(storage: dict, sql: str) -> list[tuple] | None:
    import psycopg

    url = (storage.get("postgres") or {}).get("postgres_url")
    if isinstance(url, dict):
        url = os.environ.get(str(url.get("env")))
    if not url:
        return None
    plain = re.sub(r"^postgres(ql)?\+\w+://", "postgresql://", str(url))
    try:
        with psycopg.connect(plain, connect_timeout=_PATIENCE_SECONDS) as connection:
            return connection.execute(sql).fetchall()  # type: ignore[call-overload]
    except psycopg.Error:
        return None
