"""How fast the board is at 5,000 people, a million deals and 5,000 warnings, with 20 readers at once.

    python -m benchmarks.board FOLDER [--pause SECONDS] [--seconds N]

Add here: a timing of pages as readers see them. Keep out: how the company is made (`board_company.py`).
The company is made in FOLDER from what this installation has published, once, and kept. The board runs
as `forewarn board` runs it, behind a proxy that names its readers: directors, an analyst, managers and
reps. Each opens page after page, with `--pause` seconds between (0: nobody ever reads anything); half
way another version is published. Times are those of whole answers, the first after the start included.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import duckdb

from benchmarks.board_company import make, publish_again
from pipelines.settings import load_settings

READERS = 20
HEADER = "X-Forwarded-User"
PAGES = ("/", "/", "/", "/targets", "/pipeline", "/pipeline?list=large", "/customers", "/warnings",
         "/warnings?q=win", "/warnings/{warning}", "/deals/{deal}", "/signals", "/meeting", "/records",
         "/data")  # fmt: skip
# What browsers say of their screens: two computers, a phone, and one (Firefox, Safari) that says nothing.
SCREENS = ("?0", "?0", "?1", "")
Timing = tuple[str, float, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pause", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    given = parser.parse_args()
    settings = load_settings()
    data, config = given.folder / "data", given.folder / "config"
    if not (data / "current").exists():
        shutil.rmtree(data, ignore_errors=True)
        make(settings.data_dir, data)
        shutil.copytree(settings.config_dir, config, dirs_exist_ok=True)
    (config / "board.yml").write_text(
        f"auth: {{mode: proxy, header: {HEADER}, proxies: [127.0.0.1]}}\n"
    )
    readers = _readers(data)
    with _served(data, config) as (port, process):
        print(f"memory after the start   {_memory(process.pid, 'VmRSS'):6.0f} MiB")
        times = _read(port, data, readers, given.pause, given.seconds)
        print(f"processor time of a page {1000 * _processor(process.pid) / len(times):6.0f} ms")
        print(f"memory at the end        {_memory(process.pid, 'VmRSS'):6.0f} MiB")
        print(f"memory at its highest    {_memory(process.pid, 'VmHWM'):6.0f} MiB")
    _tell(times)


def _readers(data: Path) -> list[tuple[str, dict[str, str]]]:
    """Who reads: two directors, an analyst, seven managers, ten reps; and a deal and warning of each."""
    found = []
    with duckdb.connect(str(data / "current" / "forewarn.duckdb"), read_only=True) as connection:
        people = connection.execute(
            "select rep_id, team_id from marts.dim_rep where is_current and manager_id is not null "
            "order by hash(rep_id) limit 10"
        ).fetchall()
        leading = connection.execute(
            "select owner_id, scope_id from marts.dim_scope where scope_type in ('team', 'region') "
            "and owner_id in (select rep_id from marts.dim_rep where is_current) order by hash(scope_id) limit 7"
        ).fetchall()
        for person in ("sales_director", "sales_director", "data_owner", *leading, *people):
            ident = person if isinstance(person, str) else person[0]
            where = "true" if isinstance(person, str) else f"owner_id = '{ident}'"
            named = {}
            for kind, mart in (("deal", "fct_opportunities"), ("warning", "fct_alerts")):
                name = {"deal": "opportunity_id", "warning": "alert_id"}[kind]
                rows = connection.execute(
                    f"select {name} from marts.{mart} where {where} limit 1"
                ).fetchall()
                if rows:
                    named[kind] = rows[0][0]
            found.append((ident, named))
    return found


@contextlib.contextmanager
def _served(data: Path, config: Path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", f"from pipelines.commands.board import serve_board; serve_board({port})"],
        env={**os.environ, "FOREWARN_DATA": str(data.resolve()), "FOREWARN_CONFIG": str(config.resolve())},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def _read(
    port: int, data: Path, readers: list[tuple[str, dict[str, str]]], pause: float, seconds: float
) -> list[Timing]:
    times, until = list[Timing](), time.monotonic() + seconds

    def one(number: int) -> None:
        (person, named), cookie = readers[number % len(readers)], ""
        chosen = random.Random(number)
        time.sleep(number * pause / READERS)
        while time.monotonic() < until:
            path = chosen.choice(PAGES)
            try:
                address = path.format(**named)
            except KeyError:  # whoever has no deal or warning of their own opens another page
                continue
            at = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            told = {"Sec-CH-UA-Mobile": SCREENS[number % 4]} if SCREENS[number % 4] else {}
            headers = {HEADER: person, "Accept-Encoding": "gzip", "Cookie": cookie, **told}
            connection.request("GET", address, headers=headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            cookie = (answer.getheader("Set-Cookie") or cookie).partition(";")[0]
            times.append((path, time.perf_counter() - at, answer.status))
            time.sleep(pause * chosen.uniform(0.5, 1.5))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(READERS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 2)
    publish_again(data)
    for thread in threads:
        thread.join()
    return times


def _tell(times: list[Timing]) -> None:
    by_path: dict[str, list[float]] = defaultdict(list)
    for path, took, _ in times:
        by_path[path].append(took * 1000)
    by_path["all pages"] = [took * 1000 for _, took, _ in times]
    wrong = [(path, status) for path, _, status in times if status != 200]
    for path, taken in by_path.items():
        taken.sort()
        at = taken[min(len(taken) - 1, int(0.95 * len(taken)))]
        print(f"{path:24} {len(taken):6} pages  median {statistics.median(taken):7.0f} ms  "
              f"95 % {at:7.0f} ms  longest {taken[-1]:7.0f} ms")  # fmt: skip
    print(f"answers other than 200: {len(wrong)} {sorted(set(wrong))[:5]}")


def _memory(pid: int, name: str) -> float:
    """MiB, as the kernel counts them (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return float("nan")


def _processor(pid: int) -> float:
    """Seconds that a process has used of processors: what other work on the machine hardly changes."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
