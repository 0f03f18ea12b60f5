"""What a command costs with all its children: CPU, wall, memory at its peak, and the same by step.

Add here: what is measured of a whole process tree. Keep out: which commands (`sizes.py`).
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_EVERY = 0.05


@dataclass
class Cost:
    """Seconds and bytes of one command. `samples`: moment (epoch), CPU so far, resident bytes."""

    exit_code: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    peak_bytes: int = 0
    samples: list[tuple[float, float, int]] = field(default_factory=list)

    def between(self, begun: float, ended: float) -> tuple[float, float, int]:
        """Wall seconds, CPU seconds and peak bytes between two moments."""
        inside = [resident for moment, _, resident in self.samples if begun <= moment <= ended]
        return ended - begun, self._cpu_at(ended) - self._cpu_at(begun), max(inside, default=0)

    def _cpu_at(self, moment: float) -> float:
        return max((cpu for when, cpu, _ in self.samples if when <= moment), default=0.0)


def measured(command: Sequence[str], environment: Mapping[str, str], output: Path) -> Cost:
    """Run a command in a session of its own and watch all processes of that session (Linux).

    Resident memory is summed over the processes: what two of them share counts twice.
    """
    cost = Cost()
    started = time.monotonic()
    with output.open("w") as told:
        child = subprocess.Popen(
            command, env=dict(environment), stdout=told, stderr=told, start_new_session=True
        )
        while True:
            cpu, resident = _session(child.pid)
            if resident:
                cost.samples.append((time.time(), cpu, resident))
                cost.peak_bytes = max(cost.peak_bytes, resident)
            if child.poll() is not None:
                break
            time.sleep(_EVERY)
    cost.exit_code = child.returncode
    cost.wall = time.monotonic() - started
    cost.cpu = max((cpu for _, cpu, _ in cost.samples), default=0.0)
    return cost


def _session(leader: int) -> tuple[float, int]:
    """CPU seconds (with those of ended children) and resident bytes of all processes of a session."""
    ticks = resident = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            fields = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        if int(fields[3]) == leader:
            ticks += sum(map(int, fields[11:15]))
            resident += int(fields[21]) * _PAGE
    return ticks / _TICKS, resident


def steps_of(events: Path, cost: Cost) -> dict[str, tuple[float, float, int]]:
    """Wall, CPU and peak by step of the last run that Dagster's event file holds.

    `before` is what goes by until the first step, `after` what the last leaves to do.
    """
    with sqlite3.connect(f"file:{events}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "select step_key, dagster_event_type, timestamp from event_logs "
            "where dagster_event_type in ('STEP_START', 'STEP_SUCCESS') and run_id = "
            "(select run_id from event_logs order by id desc limit 1) order by id"
        ).fetchall()
    begun: dict[str, float] = {}
    found: dict[str, tuple[float, float, int]] = {}
    first, last = cost.samples[0][0], cost.samples[-1][0]
    moments = [(step, kind, _epoch(moment)) for step, kind, moment in rows]
    if not moments:
        return {}
    found["before"] = cost.between(first, moments[0][2])
    for step, kind, moment in moments:
        if kind == "STEP_START":
            begun[step] = moment
        else:
            found[step] = cost.between(begun[step], moment)
    found["after"] = cost.between(moments[-1][2], last)
    return found


def _epoch(moment: str) -> float:
    return dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC).timestamp()


def bytes_in(folder: Path) -> int:
    """Bytes that the files of a folder take on the disk; one of several names counts once."""
    seen: dict[tuple[int, int], int] = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())
