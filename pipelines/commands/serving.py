"""`forewarn up`: the board, Dagster's pages and daemon, on loopback ports; `forewarn dagster`.

Add here: a server that an installation runs, a program of Dagster on it. Keep out: what they show.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.commands.terminal import say
from pipelines.configuration.problems import Problem
from pipelines.failures import PermanentFailure
from pipelines.language import has, text
from pipelines.nights.instance import dagster_home
from pipelines.settings import PROJECT, Settings, load_settings

HOST = "127.0.0.1"
DAGSTER_PORT = 3000
BOARD_PORT = 3080
# Servers get this long to end by themselves; Dagster's end their own code servers meanwhile.
PATIENCE_SECONDS = 20.0
_SCRIPTS = Path(sys.executable).parent


def serve(port: int | None = None, board: int | None = None) -> int:
    """Start the servers and wait; Ctrl-C, SIGTERM or the end of any of them ends all.

    `board` is the board's port; without one that of `links.base_url` in recipients.yml, where that is
    this machine. Raises PermanentFailure when a port is taken.
    """
    from pipelines.assets.dead_runs import close_dead_runs_if_idle
    from pipelines.assets.missed_nights import tell_of_missed_night
    from pipelines.schedules import NIGHTLY

    settings = load_settings()
    port = port or DAGSTER_PORT
    board = board or board_port(settings)
    for wanted, option in ((port, "--port"), (board, "--board-port")):
        free(wanted, option)
    home = dagster_home(settings)
    close_dead_runs_if_idle(settings, NIGHTLY)
    missed = tell_of_missed_night(settings)
    if missed is not None:
        say(missed)
    # Before the first child, so that no signal can leave one behind.
    # Ctrl-C as well: started in the background of a shell, a process is told to ignore it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    say(text("command.up.board", address=f"http://{HOST}:{board}"))
    say(text("command.up.pages", address=f"http://{HOST}:{port}", home=home))
    say(text("command.up.ends"))
    children: dict[str, subprocess.Popen[bytes]] = {}
    ended = ""
    try:
        for name, command in _commands(port, board).items():
            # A session of its own: what a server starts itself can be ended with it.
            children[name] = subprocess.Popen(
                command, env=_environment(settings), start_new_session=True
            )
        while not ended:
            time.sleep(0.5)
            ended = next((name for name, child in children.items() if child.poll() is not None), "")
    except KeyboardInterrupt:
        pass
    finally:
        _end(list(children.values()))
    if ended:
        key = f"command.up.server.{ended}"
        said = text("command.up.ended", server=text(key) if has(key) else ended)
        sys.stderr.write(f"{said}\n")
        return 1
    return 0


def run_dagster(arguments: list[str]) -> int:
    """Dagster's own command line with this installation's home, folders and jobs; its exit code."""
    settings = load_settings()
    dagster_home(settings)
    command = [str(_SCRIPTS / "dagster"), *(arguments or ["--help"])]
    # From the project's folder, whose pyproject.toml names the jobs to most of its commands.
    return subprocess.run(command, cwd=PROJECT, env=_environment(settings), check=False).returncode


def _commands(port: int, board: int) -> dict[str, list[str]]:
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    return {
        "pages": [
            str(_SCRIPTS / "dagster-webserver"), *workspace, "-h", HOST, "-p", str(port),
        ],
        "schedules": [str(_SCRIPTS / "dagster-daemon"), "run", *workspace],
        "board": [
            sys.executable, "-m", "uvicorn", "--factory", "pipelines.commands.board:served_app",
            "--host", HOST, "--port", str(board), "--log-level", "warning",
            # Whose address a request has decides whether its user header is believed.
            "--no-proxy-headers", "--no-server-header",
        ],
    }  # fmt: skip


def _environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "FOREWARN_CONFIG": str(settings.config_dir),
        "FOREWARN_DATA": str(settings.data_dir),
    }


def board_port(settings: Settings) -> int:
    """The port that links name; a proxy in front of another machine's name has its own."""
    from pipelines.notifying.recipients import read_recipients

    problems: list[Problem] = []  # faults of recipients.yml are told by `forewarn check`
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    address = urlsplit(book.links.base_url)
    here = address.hostname in {HOST, "localhost"}
    return address.port if here and address.port else BOARD_PORT


def free(port: int, option: str) -> None:
    """Raises PermanentFailure for a port that another program has, naming the option for another."""
    with socket.socket() as trial:
        # As servers do: a port that has just been closed is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError as error:
            raise PermanentFailure(
                text("command.up.not_started"),
                where=f"port {port}",
                cause=error.strerror or text("command.up.port_unusable"),
                next_step=text("command.up.choose_port", option=option),
            ) from error


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """End every child with all that it started; whatever does not go is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave servers behind
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    until = time.monotonic() + PATIENCE_SECONDS
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=max(0.1, until - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # the session that it led
        child.wait()
