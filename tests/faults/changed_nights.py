"""Nights in a row that each change something, beside the same night made in full: both have the same bytes.

Add here: how a night is run, and what two must have in common. Keep out: what changes between them
(`night_changes.py`), faults (`fault_nights.py`), what a single model may take over (`tests/pipelines/warehouse/private/test_standing.py`).

By hand: part of `make test-faults`. After each night the installation is copied, the copy makes the
night again with `forewarn run --full`, and the checksums of all published tables and the rows of all private ones are
compared. What is drawn depends on the seed alone.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import re
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests"), str(PROJECT / "tests" / "nightly")]

from faults.night_changes import CHANGES, day_of  # noqa: E402
from faults.warm_runs import RUNS  # noqa: E402
from nightly_site import Installation, make_installation  # noqa: E402

from pipelines.publishing.versions import read_manifest  # noqa: E402

REPS = 4
# They speak of the runs themselves: when each was, which version it made.
OF_THE_RUNS = {"rpt_data_quality", "rpt_freshness", "fct_notices"}


def everybody_told(site: Installation) -> None:
    """All people are recipients, so that their answers count."""
    with (site.sheets / "users.csv").open(encoding="utf-8-sig", newline="") as handle:
        people = sorted({row["user_id"] for row in csv.DictReader(handle)})
    path = site.config / "recipients.yml"
    more = "".join(
        f"  - {{person_id: {one}, name: {one}, role: rep, scopes: ['rep:{one}']}}\n"
        for one in people
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("recipients:\n", f"recipients:\n{more}", 1), encoding="utf-8")


def a_night(site: Installation, folder: Path, draw: random.Random) -> str:
    """One night with up to two changes and perhaps another day; a line about it. Raises if it went wrong."""
    changes = draw.sample(CHANGES, draw.choice([1, 1, 2]))
    for change in changes:
        change(site, draw)
    day, asked = day_of(site), []
    step = draw.choice([0, 0, 1, 1, 1, 3, -1, -2])
    if step > 0 or step == -2:  # the day itself goes back, too
        path = site.config / "company.yml"
        text = path.read_text(encoding="utf-8")
        path.write_text(
            text.replace(f"clock: {day}", f"clock: {day + dt.timedelta(days=step)}"), "utf-8"
        )
    elif step < 0:
        asked = ["--as-of", str(day - dt.timedelta(days=draw.randrange(1, 40)))]
    told = done(RUNS.run(site.environment, "run", *asked))
    stood = re.search(r"\((\d+) of the models", told)
    twin = Installation(folder / "full")
    shutil.rmtree(twin.root, ignore_errors=True)
    shutil.copytree(site.root, twin.root, symlinks=True)
    done(RUNS.run(twin.environment, "run", "--full", *asked))
    what = " and ".join(change.__name__.replace("_", " ") for change in changes)
    where = asked[-1] if asked else str(day_of(site))
    apart = differences(site.current, twin.current)
    line = f"{where} {what}: {stood[1] if stood else 'all'} stood"
    return line + (f", APART: {', '.join(apart)}" if apart else ", the same")


def done(run: object) -> str:
    """What a run printed, which must have ended well."""
    said = f"{run.stdout}\n{run.stderr}"  # type: ignore[attr-defined]
    assert run.returncode == 0, said  # type: ignore[attr-defined]
    return said


def differences(one: Path, other: Path) -> list[str]:
    """Published tables whose files differ in a byte, private tables that differ in a row."""
    left, right = read_manifest(one), read_manifest(other)
    assert left
    assert right
    found = [
        name
        for name in sorted({*left.tables, *right.tables} - OF_THE_RUNS)
        if left.tables.get(name, {}).get("sha256") != right.tables.get(name, {}).get("sha256")
    ]
    with duckdb.connect() as connection:
        for name, place in (("one", one), ("other", other)):
            connection.execute(f"attach '{place / 'warehouse.duckdb'}' as {name} (read_only)")
        digests = []
        for name in ("one", "other"):
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = ? "
                "and schema_name in ('staging', 'intermediate', 'marts')",
                [name],
            ).fetchall()
            digests.append(
                {
                    f"{schema}.{table}": connection.execute(
                        f"select count(*), sum(hash(t)::hugeint) from {name}.{schema}.{table} t"
                    ).fetchone()
                    for schema, table in tables
                    if table not in OF_THE_RUNS
                }
            )
    return found + sorted(
        t for t in {*digests[0], *digests[1]} if digests[0].get(t) != digests[1].get(t)
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    draw, bad = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as passing:
        site = make_installation(Path(passing) / "site", reps=REPS)
        everybody_told(site)
        done(RUNS.run(site.environment, "run"))
        for number in range(1, options.nights + 1):
            line = a_night(site, Path(passing), draw)
            bad += "APART" in line
            sys.stdout.write(f"{number:3} {line}\n")
            sys.stdout.flush()
        RUNS.close()
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
