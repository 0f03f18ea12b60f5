"""Nights in a row that each change something, beside the same night made in full: both have the same bytes.

Add here: another way in which a night differs from the one before. Keep out: faults (`fault_nights.py`),
what a single model may take over (`tests/pipelines/warehouse/private/test_standing.py`).

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
from collections.abc import Callable
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests"), str(PROJECT / "tests" / "nightly")]

from faults.warm_runs import RUNS  # noqa: E402
from nightly_site import Installation, make_installation  # noqa: E402

from pipelines.publishing.versions import read_manifest  # noqa: E402

REPS = 4
Rows = list[dict[str, str]]
# They speak of the runs themselves: when each was, which version it made.
OF_THE_RUNS = {"rpt_data_quality", "rpt_freshness", "fct_notices"}


def sheet(site: Installation, name: str, change: Callable[[Rows], Rows]) -> None:
    """Write a sheet anew with what `change` makes of its rows."""
    path = site.sheets / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = change(list(csv.DictReader(handle)))
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def day_of(site: Installation) -> dt.date:
    """The company's today, which the configuration states."""
    found = re.search(
        r"^clock: (\S+)", (site.config / "company.yml").read_text("utf-8"), re.MULTILINE
    )
    assert found
    return dt.date.fromisoformat(found[1])


def amounts_edited(site: Installation, draw: random.Random) -> None:
    def change(rows: Rows) -> Rows:
        for row in draw.sample(rows, 5):
            row["amount"] = f"{float(row['amount'] or 0) * draw.uniform(0.5, 2):.2f}"
        return rows

    sheet(site, draw.choice(["opportunities", "orders"]), change)


def rows_deleted(site: Installation, draw: random.Random) -> None:
    def change(rows: Rows) -> Rows:
        gone = set(draw.sample(range(len(rows)), 4))
        return [row for number, row in enumerate(rows) if number not in gone]

    sheet(site, draw.choice(["opportunities", "orders", "activities"]), change)


def rows_late(site: Installation, draw: random.Random) -> None:
    """Activities that took place weeks ago are written down today."""
    long_ago = day_of(site) - dt.timedelta(days=draw.randrange(20, 200))

    def change(rows: Rows) -> Rows:
        new = [
            {
                **row,
                "activity_id": f"L{draw.randrange(10**9)}",
                "occurred_at": f"{long_ago}T09:00:00",
            }
            for row in draw.sample(rows, 6)
        ]
        return rows + new

    sheet(site, "activities", change)


def rows_in_another_order(site: Installation, draw: random.Random) -> None:
    sheet(
        site,
        draw.choice(["opportunities", "orders", "users"]),
        lambda rows: draw.sample(rows, len(rows)),
    )


def mapping_changed(site: Installation, draw: random.Random) -> None:
    """Two stages change places."""
    path = site.config / "stages.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    one, other = (line.rsplit(",", 2) for line in lines[2:4])
    one[1], other[1] = other[1], one[1]
    lines[2:4] = [",".join(one), ",".join(other)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def rule_changed(site: Installation, draw: random.Random) -> None:
    path = site.config / "alert_rules.yml"
    text = path.read_text(encoding="utf-8")
    places = list(re.finditer(r"\bwarning: (0\.\d+)", text))
    place = draw.choice(places)
    limit = f"{float(place[1]) + draw.choice([-0.01, 0.01]):.2f}"
    path.write_text(text[: place.start(1)] + limit + text[place.end(1) :], encoding="utf-8")


def nothing(site: Installation, draw: random.Random) -> None:
    """Only the day is another, or not even that."""


CHANGES = (
    amounts_edited, rows_deleted, rows_late, rows_in_another_order, mapping_changed, rule_changed, nothing,
)  # fmt: skip


def a_night(site: Installation, folder: Path, draw: random.Random) -> str:
    """One night with up to two changes and perhaps another day; a line about it. Raises if it went wrong."""
    changes = draw.sample(CHANGES, draw.choice([1, 1, 2]))
    for change in changes:
        change(site, draw)
    day, asked = day_of(site), []
    step = draw.choice([0, 1, 1, 1, 3, -1])
    if step > 0:
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
