"""A year of one installation: what it weighs after each month, and whether its nights become slower.

    python -m benchmarks.year [NIGHTS] [REPS] [EVERY]

Add here: something else that a year adds to. Keep out: parts of a night (`growth.py`), what a first night
costs (`__main__.py`).

The clock goes on by a day at a time. Mondays to Fridays the company adds what it did on that weekday a year
ago, as new rows of its sheets. Fridays the sheets are read into the raw zone, Sundays `maintain` runs, and
the first, every EVERYth (182: the middle) and the last night are whole ones by the real command line, all in
this one process. EVERY 1: all nights are whole. Seconds are CPU.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import time_machine

from pipelines.commands.nightly import run_nightly
from pipelines.raw_zone.zone import RawZone
from pipelines.sample import write_sample
from pipelines.sample.company import SHIPPED_END
from pipelines.settings import PROJECT, Settings, load_settings
from pipelines.sources.registry import connector_of
from pipelines.upkeep.maintenance import maintain

# The sheet, and the column whose day says when its row came about.
SHEETS = {
    "opportunities": "created_at", "stage_history": "changed_at", "activities": "occurred_at",
    "orders": "ordered_at",
}  # fmt: skip
MOMENTS = ("created_at", "expected_close_date", "closed_at", "updated_at", "changed_at",
           "occurred_at", "ordered_at", "promised_at", "delivered_at")  # fmt: skip
YEAR = 364
PARTS = ("raw", "versions", "dagster", "ledger.db", "copies", "reports", "workbench")
READ_ON = 4  # Fridays
WHOLE = 182


class Company:
    """The sheets of a company that works on."""

    def __init__(self, folder: Path, reps: int) -> None:
        self.folder = folder
        write_sample(folder, reps=reps, seed=3)
        self.sheets = {
            name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            for name in SHEETS
        }

    def works(self, day: dt.date) -> int:
        """Add what was done on the same weekday a year ago; the number of new rows."""
        past, added = (day - dt.timedelta(days=YEAR)).isoformat(), 0
        for name, column in SHEETS.items():
            sheet = self.sheets[name]
            new = sheet[sheet[column].str[:10] == past].copy()
            own = new.columns[0]
            new[own] += "+"
            if own != "opportunity_id" and "opportunity_id" in new:
                # What belongs to a deal older than a year belongs to no deal of this one.
                known = (new["opportunity_id"] + "+").isin(self.sheets["opportunities"].iloc[:, 0])
                new["opportunity_id"] = (new["opportunity_id"] + "+").where(known, "")
                new = new[known] if name == "stage_history" else new
            for moment in new.columns.intersection(MOMENTS):
                new[moment] = [_later(value, day) for value in new[moment]]
            if len(new):
                self.sheets[name] = pd.concat([sheet, new], ignore_index=True)
                added += len(new)
        return added

    def save(self) -> None:
        for name, sheet in self.sheets.items():
            sheet.to_csv(self.folder / f"{name}.csv", index=False, encoding="utf-8-sig")


def _later(value: str, day: dt.date) -> str:
    """A year later; what would lie after the day of the row itself is not known yet."""
    if not value:
        return value
    moved = dt.datetime.fromisoformat(value) + dt.timedelta(days=YEAR)
    return moved.isoformat() if "T" in value else moved.date().isoformat()


def cpu() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in both)


def timed(command: Callable[[], object]) -> float:
    before = cpu()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = command()
    except Exception:
        print(said.getvalue()[-3000:])
        raise
    if code not in (0, None):
        raise SystemExit(f"a night ended with {code}:\n{said.getvalue()[-3000:]}")
    return cpu() - before


def megabytes(path: Path) -> float:
    """What a folder takes on the disk; a file of two names counts once."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    seen = {p.stat().st_ino: p.stat().st_blocks * 512 for p in files if not p.is_symlink()}
    return sum(seen.values()) / 1e6


def main() -> None:
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    reps = int(sys.argv[2]) if len(sys.argv) > 2 else 6
    every = int(sys.argv[3]) if len(sys.argv) > 3 else WHOLE
    with tempfile.TemporaryDirectory(prefix="forewarn-year-") as folder:
        root = Path(folder)
        shutil.copytree(PROJECT / "config", root / "config")
        _run_year(root, nights, reps, every)


def _run_year(root: Path, nights: int, reps: int, every: int) -> None:
    config = root / "config" / "company.yml"
    kept = [line for line in config.read_text().splitlines() if not line.startswith("clock")]
    config.write_text("\n".join(kept) + "\n")
    data = root / "data"
    os.environ |= {"FOREWARN_CONFIG": str(root / "config"), "FOREWARN_DATA": str(data)}
    company = Company(data / "sample", reps)
    print(f"| night | rows | whole night s | reading s | maintain s | {' MB | '.join(PARTS)} MB | all MB | "
          "raw files | process MB |")  # fmt: skip
    print("|---:" * (len(PARTS) + 8) + "|")
    reading: list[float] = []
    kept_house: list[float] = []
    for number in range(nights):
        day = SHIPPED_END + dt.timedelta(days=number + 1)
        night = dt.datetime.combine(day, dt.time(2, 15), dt.timezone(dt.timedelta(hours=8)))
        with time_machine.travel(night, tick=True):
            company.works(day - dt.timedelta(days=1))
            whole = number % every == 0 or number + 1 == nights
            if whole or day.weekday() == READ_ON:
                company.save()
            if whole:
                took = timed(lambda: run_nightly(None))
            elif day.weekday() == READ_ON:
                reading.append(timed(lambda: _read(load_settings())))
            if day.weekday() == 6:
                kept_house.append(timed(lambda: maintain(load_settings()) and None))
        if whole:
            parts = " | ".join(f"{megabytes(data / part):.1f}" for part in PARTS)
            files = sum(1 for _ in (data / "raw").rglob("*.parquet"))
            resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"| {number + 1} | {sum(map(len, company.sheets.values()))} | {took:.1f} | {_middle(reading)} | "
                f"{_middle(kept_house)} | {parts} | {megabytes(data) - megabytes(data / 'sample'):.1f} | "
                f"{files} | {resident:.0f} |",
                flush=True,
            )
            reading, kept_house = [], []


def _read(settings: Settings) -> None:
    """What the first step of a night does."""
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    for source in settings.sources:
        connector = connector_of(source, settings)
        zone.load(source.name, source.system, connector, now=settings.now())


def _middle(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f}" if seconds else ""


if __name__ == "__main__":
    main()
