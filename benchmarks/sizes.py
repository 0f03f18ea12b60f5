"""What a night costs by size of the company: `python -m benchmarks sizes [--sparse] [REPS ...]`, or `make benchmark`.

Add here: a night that is measured, a column of the tables. Keep out: the companies
(`companies.py`), how a process tree is watched (`process_tree.py`), what it is held against (`floor.py`,
`floor_pandas.py`), the plot (`plot.py`).

For each size a company is made (`companies.py`), then come five nights of the real command line in processes of
their own: the first; the next day with 1 % of opportunities and orders changed and 1 % of activities new; the
same again; an edited rule; a day without loads. The project is compiled before, as set-up does. One line a size goes to `sizes.jsonl`.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.companies import write_company
from benchmarks.plot import draw
from benchmarks.process_tree import Cost, bytes_in, measured, steps_of
from pipelines.settings import PROJECT, load_settings
from pipelines.warehouse.dbt_command import prepared_manifest

SIZES = (32, 96, 480, 960, 4800)
KEPT = Path(__file__).with_name("sizes.jsonl")
_CHANGED = 100  # one row of so many
_MB = 1e6


def change_one_percent(sheets: Path, today: dt.date, seed: int = 7) -> int:
    """Edit a company's files as a day would: rows that are new or other than before."""
    chance, moved = random.Random(seed), 0
    for name in ("opportunities", "orders", "activities"):
        path = sheets / f"{name}.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        chosen = chance.sample(rows, len(rows) // _CHANGED)
        moved += len(chosen)
        for number, row in enumerate(chosen):
            moment = f"{today}T{8 + number % 10:02}:{number % 60:02}:00"
            if name == "activities":
                rows.append({**row, "activity_id": f"B{number:08}", "occurred_at": moment})
            else:
                row["amount"] = f"{float(row['amount']) * 1.1:.2f}"
                row.update({"updated_at": moment} if "updated_at" in row else {})
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return moved


def one_size(reps: int, root: Path, *, sparse: bool = False) -> dict[str, Any]:
    """All that is measured of one size. A night that does not end well ends the row with its reason."""
    shutil.copytree(PROJECT / "config", root / "config")
    write_company(root / "data" / "sample", reps, sparse=sparse)
    settings = load_settings(root / "config", root / "data")
    today = settings.today()
    environment = {
        **os.environ,
        "FOREWARN_CONFIG": str(root / "config"),
        "FOREWARN_DATA": str(root / "data"),
        "FOREWARN_LANG": "en",
        "PYTHONPATH": str(PROJECT),
    }
    prepared_manifest(settings)
    row: dict[str, Any] = {
        "date": f"{dt.datetime.now():%Y-%m-%d %H:%M}", "machine": _machine(), "reps": reps, "sparse": sparse, "nights": {},
        "rows": {path.stem: _lines(path) for path in (root / "data" / "sample").glob("*.csv")},
    }  # fmt: skip
    row["load_before"] = round(os.getloadavg()[0], 1)
    nights = ("first", "changed", "unchanged", "rule", "day")
    for night in nights:
        if night == "changed":
            change_one_percent(root / "data" / "sample", _next_day(root))
        elif night == "rule":
            rules = root / "config" / "alert_rules.yml"
            rules.write_text(rules.read_text() + "# edited\n")
        elif night == "day":
            _next_day(root)
        row["nights"][night] = found = _night(root, environment, night)
        if night == "first":
            for floor in ("floor", "floor_pandas"):
                row[floor] = _floor(floor, root, today, environment)
        if found["exit_code"]:
            break
    row["load_after"] = round(os.getloadavg()[0], 1)
    return row


def _next_day(root: Path) -> dt.date:
    """Turn the company's clock on by a day."""
    today = load_settings(root / "config", root / "data").today()
    tomorrow = today + dt.timedelta(days=1)
    company = root / "config" / "company.yml"
    company.write_text(company.read_text().replace(str(today), str(tomorrow)))
    return tomorrow


def _night(root: Path, environment: dict[str, str], name: str) -> dict[str, Any]:
    output = root / f"{name}.log"
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", "run"]
    cost = measured(command, environment, output)
    found = _told(cost)
    if cost.exit_code:
        found["ended"] = output.read_text().strip().splitlines()[-8:]
        return found
    events = root / "data" / "dagster" / "event_log.db"
    found["steps"] = {
        step: {"wall": round(wall, 2), "cpu": round(cpu, 2), "peak_mb": round(peak / _MB)}
        for step, (wall, cpu, peak) in steps_of(events, cost).items()
    }
    data = root / "data"
    version = (data / "current").resolve()
    found["disk_mb"] = {
        "version": round(bytes_in(version) / _MB, 1),
        "all_versions": round(bytes_in(data / "versions") / _MB, 1),
        "raw": round(bytes_in(data / "raw") / _MB, 1),
        "data": round((bytes_in(data) - bytes_in(data / "sample")) / _MB, 1),
    }
    return found


def _floor(module: str, root: Path, today: dt.date, environment: dict[str, str]) -> dict[str, Any]:
    output = root / f"{module}.log"
    arguments = [str(root / "data"), str(root / "config"), str(today)]
    cost = measured([sys.executable, "-m", f"benchmarks.{module}", *arguments], environment, output)
    return {**_told(cost), "figures": output.read_text().splitlines()[-9:]}


def _told(cost: Cost) -> dict[str, Any]:
    return {
        "exit_code": cost.exit_code, "wall": round(cost.wall, 1), "cpu": round(cost.cpu, 1),
        "peak_mb": round(cost.peak_bytes / _MB),
    }  # fmt: skip


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file) - 1


def _machine() -> str:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GiB, Python {platform.python_version()}"


def tables(row: dict[str, Any]) -> str:
    """What was measured of one size, as Markdown."""
    size = ", ".join(
        f"{n:,} {name}" for name, n in sorted(row["rows"].items()) if n > row["reps"] * 3
    )
    floor = row["floor"]["cpu"] or 0.1
    lines = [
        f"### {row['reps']:,} reps{' of a sparse company' * row.get('sparse', False)}: {size}", "",
        f"{row['date']}, {row['machine']}, load {row['load_before']} before and {row['load_after']} after.", "",
        "| | CPU s | of the floor | wall s | peak of the tree MB | version MB | all data MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, title in (
        ("floor", "floor: nine marts by hand in DuckDB"),
        ("floor_pandas", "the same in pandas"),
    ):
        cost = row[name]
        lines.append(
            f"| {title} | {cost['cpu']} | {cost['cpu'] / floor:.1f} | {cost['wall']} | {cost['peak_mb']} | | |"
        )
    for name, night in row["nights"].items():
        if night["exit_code"]:
            lines += [
                f"| {name} night | ended with {night['exit_code']} | | {night['wall']} | {night['peak_mb']} | | |"
            ]
            continue
        disk = night["disk_mb"]
        lines.append(
            f"| {name} night | {night['cpu']} | {night['cpu'] / floor:.1f} | {night['wall']} | "
            f"{night['peak_mb']} | {disk['version']} | {disk['data']} |"
        )
    done = [(name, night) for name, night in row["nights"].items() if "steps" in night]
    if done:
        steps = list(dict.fromkeys(step for _, night in done for step in night["steps"]))
        lines += [
            "",
            "| step, CPU s (wall s) | " + " | ".join(name for name, _ in done) + " | peak MB |",
        ]
        lines += ["|---|" + "---:|" * (len(done) + 1)]
        for step in steps:
            found = [night["steps"].get(step) for _, night in done]
            cells = [f"{each['cpu']} ({each['wall']})" if each else "" for each in found]
            peak = max(each["peak_mb"] for each in found if each)
            lines.append(f"| {step.replace('__', '/')} | {' | '.join(cells)} | {peak} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    sparse = "--sparse" in arguments
    arguments = [each for each in arguments if each != "--sparse"]
    for reps in map(int, arguments or os.environ.get("REPS", "").split() or SIZES):
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"forewarn-{reps}-") as folder:
            row = one_size(reps, Path(folder), sparse=sparse)
        with KEPT.open("a") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        print(tables(row), flush=True)
        print(f"({time.monotonic() - started:.0f} s in all)\n", flush=True)
        if any(night["exit_code"] for night in row["nights"].values()):
            print(
                f"A night did not end well: larger companies are not tried. Its words are in {KEPT}."
            )
            break
    draw(KEPT)
