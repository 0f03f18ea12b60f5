"""Runs of the command line without its imports: one process has them, and forks for every run.

Add here: another condition under which a run may be started. Keep out: what is run, and why.

Imports are a quarter of a small company's night. The process that has them does nothing else, so it
has no threads and holds no file that a fork could break; each run is a process of its own and may be
killed. Started as a program this file is that process: a line of JSON for each run, two in return.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# What a night imports sooner or later; nothing that reads the configuration when it is imported.
_HEAVY = (
    "pipelines.cli",
    "dagster",
    "dlt",
    "duckdb",
    "pandas",
    "time_machine",
    "great_expectations",
)


class WarmRuns:
    """The process with the imports. `run` may be called for one run at a time."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        self.took = 12.0  # seconds of the last run that ended by itself

    def run(
        self,
        environment: dict[str, str],
        *arguments: str,
        largest_file: int | None = None,
        ahead: dt.timedelta = dt.timedelta(0),
        kill_after: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """One run of the command line: no file may grow beyond `largest_file` bytes, the clock stands
        `ahead`, and it is killed after so many seconds.
        """
        with tempfile.TemporaryDirectory() as folder:
            said = [Path(folder) / name for name in ("stdout", "stderr")]
            wish = {
                "environment": environment,
                "arguments": arguments,
                "largest_file": largest_file,
                "ahead": ahead.total_seconds(),
                "said": [str(path) for path in said],
            }
            pid = int(self._ask(json.dumps(wish)))
            began = time.monotonic()
            timer = threading.Timer(kill_after or 0, _kill, [pid])
            if kill_after is not None:
                timer.start()
            code = int(self._ask(""))
            timer.cancel()
            if code == 0:
                self.took = time.monotonic() - began
            out, err = (path.read_text(encoding="utf-8", errors="replace") for path in said)
            return subprocess.CompletedProcess(list(arguments), code, out, err)

    def _ask(self, line: str) -> str:
        if self._server is None:
            self._server = subprocess.Popen(
                [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(line + "\n")
        self._server.stdin.flush()
        return self._server.stdout.readline()

    def close(self) -> None:
        """End the process with the imports."""
        if self._server is not None:
            self._server.communicate()
            self._server = None


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _serve() -> None:
    sys.path.insert(0, str(PROJECT))
    for name in _HEAVY:
        importlib.import_module(name)
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            os._exit(_forked(json.loads(line)))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdin.readline()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _forked(wish: dict[str, Any]) -> int:
    for number, path in enumerate(wish["said"], 1):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(wish["environment"])
    if wish["largest_file"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (wish["largest_file"],) * 2)
    from pipelines.cli import main

    sys.argv = ["forewarn", *wish["arguments"]]
    try:
        if wish["ahead"]:
            import time_machine

            time_machine.travel(
                dt.datetime.now(dt.UTC) + dt.timedelta(seconds=wish["ahead"])
            ).start()
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    _serve()
