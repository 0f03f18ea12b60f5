"""Nights in a row with a fault in each, beside a twin without any: at the end both publish the same.

Add here: another fault, with what a person does about it. Keep out: what a single fault must say
(tests of the part it hits).

By hand: `make test-faults`, which also writes the table of docs/reliability.md; the suite tries one of
the faults among the killed nights of `test_past_days.py`. Each night both companies get the same edits and a new day; the one has a fault first,
is mended the way the failure says, and runs again; then what both publish is compared.

With `--state FOLDER` the nights go on where the last call ended, `--most` nights at a time: thirty
nights take an hour.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests"), str(PROJECT / "tests" / "nightly")]

from faults.warm_runs import RUNS  # noqa: E402
from nightly_site import Installation, make_installation, same_marts  # noqa: E402

from pipelines.publishing.versions import damaged_files, read_manifest  # noqa: E402

FIRST_DAY = dt.date(2026, 10, 30)
REPS = 4  # a night of fewer costs the same
# Tables that speak of the loads and runs themselves, which had faults and say so.
OF_THE_RUNS = ("rpt_data_quality", "rpt_freshness")
# And rows that do: rules about the loads of a source, of which a faulty night has one more.
OF_THE_LOADS = {"rpt_rule_readiness": "metric like 'feed_%'"}


@dataclass(frozen=True)
class Night:
    """One faulty night: what was done to it, what it said, and how it was mended."""

    number: int
    fault: str
    exit_code: int | None
    said: str
    readers_whole: bool
    healed: bool
    apart: list[str] = field(default_factory=list)  # tables that differ from the twin's


def edit(site: Installation, number: int) -> None:
    """The next day: some new orders, one of them large, and a deal whose amount has grown."""
    day = FIRST_DAY + dt.timedelta(days=number)
    company = site.config / "company.yml"
    lines = company.read_text(encoding="utf-8").splitlines()
    lines = [f"clock: {day}" if line.startswith("clock:") else line for line in lines]
    company.write_text("\n".join(lines) + "\n", encoding="utf-8")
    orders = site.sheets / "orders.csv"
    with orders.open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.DictReader(handle))
    for n in range(3):
        new = dict(rows[n])
        new |= {"order_id": f"NIGHT{number:02d}-{n}", "amount": str(1000 * (n + number))}
        new |= dict.fromkeys(("ordered_at",), f"{day}T09:00:00")
        new |= {"promised_at": "", "delivered_at": ""}
        rows.append(new)
    _write(orders, rows)
    deals = site.sheets / "opportunities.csv"
    with deals.open(encoding="utf-8-sig", newline="") as handle:
        found = list(csv.DictReader(handle))
    open_one = found[number % len(found)]
    open_one["amount"] = str(float(open_one["amount"] or 0) + 100)
    _write(deals, found)


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


# Faults: each makes one faulty run and gives back what has to be undone before the next.

Done = tuple[subprocess.CompletedProcess[str], Callable[[], None]]
Fault = Callable[[Installation, random.Random], Done]


def run(site: Installation, **under: Any) -> subprocess.CompletedProcess[str]:
    """One night; `under` what conditions, see `WarmRuns.run`."""
    return RUNS.run(site.environment, "run", **under)


def nothing() -> None:
    """There is nothing to undo."""


def killed(site: Installation, draw: random.Random) -> Done:
    """The process is killed at a random moment."""
    done = run(site, kill_after=RUNS.took * draw.uniform(0.05, 0.9))
    time.sleep(1)  # the kernel ends children with their parent
    return done, nothing


def disk_refuses(site: Installation, draw: random.Random) -> Done:
    """No file may grow beyond a limit: what a full disk looks like to every writer."""
    return run(site, largest_file=1024 * draw.choice([64, 256, 1024, 4096])), nothing


def raw_file_damaged(site: Installation, draw: random.Random) -> Done:
    """A file of the raw zone is cut short; it comes back from a backup."""
    hit = draw.choice(sorted((site.data / "raw").rglob("*.parquet")))
    content = hit.read_bytes()
    hit.write_bytes(content[: len(content) // 2])
    return run(site), lambda: hit.write_bytes(content) and None


def published_file_damaged(site: Installation, draw: random.Random) -> Done:
    """The readers' file is overwritten in the middle; a run builds it anew."""
    hit = site.current.resolve() / "forewarn.duckdb"
    content = bytearray(hit.read_bytes())
    place = draw.randrange(20_000, len(content) - 4_000)
    content[place : place + 4_000] = b"\x00" * 4_000
    hit.write_bytes(bytes(content))
    return run(site), nothing


def clock_ahead(site: Installation, draw: random.Random) -> Done:
    """The machine believes it is next year."""
    return run(site, ahead=dt.timedelta(days=draw.randrange(2, 500))), nothing


def ledger_deleted(site: Installation, draw: random.Random) -> Done:
    """Somebody deletes the ledger."""
    for file in site.data.glob("ledger.db*"):
        file.unlink()
    return run(site), nothing


def source_down(site: Installation, draw: random.Random) -> Done:
    """The folder of the sheets is not mounted."""
    away = site.sheets.with_name("away")
    site.sheets.rename(away)
    return run(site), lambda: away.rename(site.sheets) and None


def sheet_half_written(site: Installation, draw: random.Random) -> Done:
    """A sheet is cut off in the middle, as by a copy that was interrupted."""
    hit = site.sheets / draw.choice(["orders.csv", "opportunities.csv", "activities.csv"])
    content = hit.read_bytes()
    hit.write_bytes(content[: int(len(content) * draw.uniform(0.2, 0.8))])
    return run(site), lambda: hit.write_bytes(content) and None


FAULTS: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        killed, disk_refuses, raw_file_damaged, published_file_damaged, clock_ahead,
        ledger_deleted, source_down, sheet_half_written,
    )
}  # fmt: skip


def faulty_night(site: Installation, number: int, fault: str, draw: random.Random) -> Night:
    """One night with a fault, and the run after it was mended."""
    version = site.current.resolve()
    done, undo = FAULTS[fault](site, draw)
    whole = site.current.exists()
    if site.current.resolve() != version or fault != "published_file_damaged":
        manifest = read_manifest(site.current)
        whole = manifest is not None and damaged_files(site.current, manifest) == []
    undo()
    again = run(site)
    return Night(number, fault, done.returncode, _said(done), whole, again.returncode == 0)


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """What a person reads of a run that failed: its failure, else its last line but for the time."""
    lines = [line.strip() for line in f"{done.stdout}\n{done.stderr}".splitlines()]
    lines = [line for line in lines if line and not line.startswith("Took ")]
    told = [line for line in lines if "Next:" in line or "Next step" in line]
    return (told or lines or [""])[-1]


def differences(site: Installation, twin: Installation) -> list[str]:
    """Published tables of the two that are not equal, without those that speak of runs."""
    found = same_marts(site.current, twin.current, OF_THE_LOADS)
    return [line for line in found if not line.startswith(OF_THE_RUNS)]


def a_night(site: Installation, twin: Installation, number: int, fault: str, seed: int) -> Night:
    """One night of both, and how they differ after it; the same number and seed draw the same."""
    for each in (site, twin):
        edit(each, number)
    night = faulty_night(site, number, fault, random.Random(f"{seed} {number}"))
    quiet = run(twin)
    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    return replace(night, apart=differences(site, twin))


def faults_of(nights: int, seed: int) -> list[str]:
    """The fault of each night: every kind, then more of them at random, shuffled."""
    draw = random.Random(seed)
    names = [*FAULTS, *draw.choices(list(FAULTS), k=nights)][:nights]
    draw.shuffle(names)
    return names


def _start(folder: Path) -> tuple[Installation, Installation]:
    """Both installations after their first night; made at the first call."""
    site, twin = Installation(folder / "site"), Installation(folder / "twin")
    if not twin.root.exists():
        shutil.rmtree(site.root, ignore_errors=True)
        site = make_installation(site.root, reps=REPS)
        first = run(site)
        assert first.returncode == 0, first.stdout + first.stderr
        shutil.copytree(site.root, folder / "copying", symlinks=True)
        (folder / "copying").rename(twin.root)
    return site, twin


def run_nights(folder: Path, faults: list[str], seed: int, most: int) -> list[Night]:
    """Up to `most` more nights; all that `folder` knows of by then."""
    kept = folder / "nights.json"
    nights = [Night(**row) for row in json.loads(kept.read_text())] if kept.exists() else []
    site, twin = _start(folder)
    for number in range(len(nights) + 1, min(len(nights) + most, len(faults)) + 1):
        nights.append(a_night(site, twin, number, faults[number - 1], seed))
        kept.write_text(json.dumps([asdict(night) for night in nights]), encoding="utf-8")
    return nights


def main() -> None:
    """Run nights; with `--table` write what is known of them by then."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--state", type=Path, help="go on there; without it all nights are run now")
    parser.add_argument("--most", type=int, default=10**6, help="nights in this call")
    options = parser.parse_args()
    faults = faults_of(options.nights, options.seed)
    with tempfile.TemporaryDirectory() as passing:
        folder = options.state or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        nights = run_nights(folder, faults, options.seed, options.most)
        RUNS.close()
    text = _table(nights, folder)
    sys.stdout.write(text)
    if options.table:
        done = f"{len(nights)} of {options.nights} nights, seed {options.seed}"
        _into(options.table, text, f"{done}, written {dt.date.today()}.")
    bad = [n for n in nights if not (n.readers_whole and n.healed) or n.apart]
    sys.exit(1 if bad else 0)


def _table(nights: list[Night], folder: Path) -> str:
    lines = [
        "| night | fault | exit | readers' version whole | after mending | as the twin | last line |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {n.number} | {n.fault.replace('_', ' ')} | {n.exit_code} | "
            f"{'yes' if n.readers_whole else 'NO'} | {'published' if n.healed else 'FAILED'} | "
            f"{'NO: ' + '; '.join(n.apart)[:200] if n.apart else 'equal'} | "
            f"{n.said.replace(str(folder), '')[:160].replace('|', '/')} |"
            for n in nights
        ),
    ]
    return "\n".join(lines) + "\n"


def _into(page: Path, text: str, stamp: str) -> None:
    """Replace what stands between the marks of the page."""
    begin, end = "<!-- nights -->", "<!-- end of nights -->"
    old = page.read_text(encoding="utf-8")
    head, rest = old.split(begin)[0], old.split(end)[1]
    page.write_text(f"{head}{begin}\n{stamp}\n\n{text}{end}{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
