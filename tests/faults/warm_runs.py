"""Runs of the command line without its imports: one process has them, and forks for every run.

Add here: another condition under which a run may be started. Keep out: what is run, and why.

Imports are a quarter of a small company's night. The process that has them does nothing else, so it
has no threads and holds no file that a fork could break; each run is a process of its own and may be
killed. Started as a program this file is that process: a line of JSON for each wish, one in return.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
# What a night imports sooner or later; nothing that reads the configuration when it is imported.
_HEAVY = (
    "pipelines.cli",
    "duckdb",
    "pandas",
    "dlt",
    "pipelines.definitions",
    "pipelines.commands.summary",
    "pipelines.sources.spreadsheet.connector",
    "babel.messages.pofile",
    "babel.numbers",
    "babel.dates",
)
_LOOKS = 0.05  # seconds between two looks at what a run has printed


@dataclass
class Run:
    """A run that was started; `ended` may be called once."""

    pid: int
    runs: WarmRuns
    arguments: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str]

    def printed(self, name: str = "stdout") -> str:
        """What it has printed so far."""
        path = Path(self.folder.name) / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def wait_for(self, line: str) -> bool:
        """Whether it prints this before it ends."""
        while line not in self.printed():
            if self._is_over():
                return line in self.printed()
            time.sleep(_LOOKS)
        return True

    def _is_over(self) -> bool:
        # Until somebody asks for its exit code the kernel keeps it, as a zombie.
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def kill(self) -> None:
        """End it at once, as the kernel does when memory runs out."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def ended(self) -> subprocess.CompletedProcess[str]:
        """Wait for its end; its exit code is negative if a signal ended it."""
        code = int(self.runs.ask(json.dumps({"wait": self.pid})))
        out, err = self.printed(), self.printed("stderr")
        self.folder.cleanup()
        return subprocess.CompletedProcess(list(self.arguments), code, out, err)


class WarmRuns:
    """The process with the imports. Several runs may go on at once."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        self.took = 12.0  # seconds of the last run of a fault night that ended by itself

    def start(
        self,
        environment: dict[str, str],
        *arguments: str,
        largest_file: int | None = None,
        ahead: dt.timedelta = dt.timedelta(0),
    ) -> Run:
        """Start the command line: no file may grow beyond `largest_file` bytes, the clock stands
        `ahead`.
        """
        folder = tempfile.TemporaryDirectory()
        wish = {
            "environment": environment,
            "arguments": arguments,
            "largest_file": largest_file,
            "ahead": ahead.total_seconds(),
            "said": [str(Path(folder.name) / name) for name in ("stdout", "stderr")],
        }
        return Run(int(self.ask(json.dumps(wish))), self, arguments, folder)

    def run(
        self,
        environment: dict[str, str],
        *arguments: str,
        kill_after: float | None = None,
        **under: Any,
    ) -> subprocess.CompletedProcess[str]:
        """One run to its end, or killed after so many seconds; `under` see `start`."""
        began = time.monotonic()
        run = self.start(environment, *arguments, **under)
        timer = threading.Timer(kill_after or 0, run.kill)
        if kill_after is not None:
            timer.start()
        done = run.ended()
        timer.cancel()
        if done.returncode == 0:
            self.took = time.monotonic() - began
        return done

    def ask(self, line: str) -> str:
        """One wish to the process, and its answer."""
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


RUNS = WarmRuns()


def _serve() -> None:
    sys.path.insert(0, str(PROJECT))
    for name in _HEAVY:
        importlib.import_module(name)
    gc.freeze()  # what is there by now is never looked at again, and so never copied by a fork
    while line := sys.stdin.readline():
        wish = json.loads(line)
        if "wait" in wish:
            _, status = os.waitpid(wish["wait"], 0)
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if answer == 0:
                os._exit(_forked(wish))
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _forked(wish: dict[str, Any]) -> int:
    for number, path in enumerate(wish["said"], 1):
        os.dup2(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
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
