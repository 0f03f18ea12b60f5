"""Whole nightly runs as a person starts them: a small generated company, the real command line.

Add here: how a test runs and reads an installation. Keep out: what must hold.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
from faults.warm_runs import RUNS, Run

from pipelines.assets.alert_records import FALSE_ALARMS
from pipelines.sample import write_sample
from pipelines.warehouse.dbt_command import COMPILED_IN

SHIPPED = Path(__file__).parent.parent.parent / "config"
REPS, SEED = 8, 3
# False alarms that rules are simulated to raise follow from rule and engine alone, by which they are
# kept: the first night of the suite draws them, and the others take them up.
SIMULATED = Path(__file__).parent.parent.parent / ".pytest_cache" / FALSE_ALARMS
# What says when something was done, not what was found.
CLOCKS = {"rpt_data_quality": ("ran_at",), "rpt_freshness": ("last_loaded_at",)}


@dataclass
class Installation:
    """One installation: its configuration, its sheets and its data."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def sheets(self) -> Path:
        return self.root / "data" / "sample"

    @property
    def current(self) -> Path:
        return self.data / "current"

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]

    @property
    def environment(self) -> dict[str, str]:
        plain = {
            name: value
            for name, value in os.environ.items()
            if name == COMPILED_IN or not name.startswith(("FOREWARN", "DAGSTER"))
        }
        return {
            **plain,
            "FOREWARN_CONFIG": str(self.config),
            "FOREWARN_DATA": str(self.data),
            # What a night prints is asked for in English, whatever the company speaks.
            "FOREWARN_LANG": "en",
            "PYTHONUNBUFFERED": "1",
        }

    def forewarn(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line in a process of its own, forked from one that has its imports."""
        return RUNS.run(self.environment, *arguments)

    def started(self, *arguments: str) -> Run:
        """The same, while it goes on."""
        return RUNS.start(self.environment, *arguments)

    def typed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command line as a person starts it."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def query(self, sql: str) -> list[tuple]:
        with duckdb.connect(str(self.current / "forewarn.duckdb"), read_only=True) as reader:
            return reader.execute(sql).fetchall()

    def copy(self, root: Path) -> Installation:
        shutil.copytree(self.root, root, symlinks=True)
        return Installation(root)


def make_installation(root: Path, reps: int = REPS) -> Installation:
    """The shipped configuration on a small sample company, in folders of its own."""
    installation = Installation(root)
    shutil.copytree(SHIPPED, installation.config)
    write_sample(installation.sheets, reps=reps, seed=SEED)
    take_up_simulated(installation)
    return installation


def take_up_simulated(installation: Installation) -> None:
    """Spare a first night what another has drawn for the same rules."""
    if SIMULATED.is_file():
        installation.data.mkdir(exist_ok=True)
        shutil.copy(SIMULATED, installation.data / FALSE_ALARMS)


def same_marts(
    one: Path,
    other: Path,
    without: Mapping[str, str] | None = None,
    to_a_cent: Collection[str] = (),
) -> list[str]:
    """Differences between the published tables of two version folders (empty: the same).

    Money, counts, dates and texts must be equal; floating-point figures to nine digits, since a sum
    of floats depends on the order in which two threads meet them. `without`: table -> which of its
    rows are not compared. `to_a_cent`: amounts that are rounded estimates, which may differ by one.
    """
    found = []
    names = {path.stem for folder in (one, other) for path in (folder / "parquet").iterdir()}
    for name in sorted(names):
        pair = [folder / "parquet" / f"{name}.parquet" for folder in (one, other)]
        if not all(path.exists() for path in pair):
            found.append(f"{name}: in one only")
            continue
        rows = f"not coalesce({(without or {}).get(name, 'false')}, false)"
        left, right = (_ordered(path, CLOCKS.get(name, ()), rows, to_a_cent) for path in pair)
        try:
            near = [column for column in left if column in to_a_cent]
            cents = [frame[near].astype(float) for frame in (left, right)]
            pd.testing.assert_frame_equal(*cents, rtol=0, atol=0.0101)
            left, right = left.drop(columns=near), right.drop(columns=near)
            pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=1e-9, atol=1e-12)
        except AssertionError as error:
            found.append(f"{name}: {' '.join(str(error).split())[:300]}")
    return found


def _ordered(
    path: Path, left_out: tuple[str, ...], rows: str, near: Collection[str]
) -> pd.DataFrame:
    with duckdb.connect() as connection:
        columns = connection.execute(f"describe select * from read_parquet('{path}')").fetchall()
        kept = [f'"{name}"' for name, *_ in columns if name not in left_out]
        order = [
            f'"{name}"'
            for name, kind, *_ in columns
            if kind != "DOUBLE" and name not in left_out and name not in near
        ]
        return connection.execute(
            f"select {', '.join(kept)} from read_parquet('{path}') where {rows} "
            f"order by {', '.join(order)}"
        ).df()


AS_OF = dt.date(2026, 4, 30)
