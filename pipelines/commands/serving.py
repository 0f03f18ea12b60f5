"""`forewarn up`: Dagster's pages and daemon, and the answer links, on loopback ports.

Add here: a server that an installation runs. Keep out: what the servers show.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from starlette.applications import Starlette

from pipelines.instance import dagster_home
from pipelines.settings import PROJECT, load_settings

DAGSTER_PORT = 3000
ANSWERS_PORT = 3080
_SCRIPTS = Path(sys.executable).parent


def serve() -> int:
    """Start the servers and wait; Ctrl-C or the end of any of them ends all."""
    settings = load_settings()
    home = dagster_home(settings)
    environment = {
        **os.environ,
        "FOREWARN_CONFIG": str(settings.config_dir),
        "FOREWARN_DATA": str(settings.data_dir),
    }
    workspace = ["-w", str(PROJECT / "workspace.yaml")]
    commands = {
        "dagster pages": [
            str(_SCRIPTS / "dagster-webserver"), *workspace, "-h", "127.0.0.1", "-p", str(DAGSTER_PORT),
        ],
        "schedules": [str(_SCRIPTS / "dagster-daemon"), "run", *workspace],
        "answer links": [
            sys.executable, "-m", "uvicorn", "--factory", "pipelines.commands.serving:answers_app",
            "--host", "127.0.0.1", "--port", str(ANSWERS_PORT), "--log-level", "warning",
        ],
    }  # fmt: skip
    sys.stdout.write(
        f"Dagster's pages   http://127.0.0.1:{DAGSTER_PORT}  (home {home})\n"
        f"Answer links      http://127.0.0.1:{ANSWERS_PORT}\nCtrl-C ends all.\n"
    )
    sys.stdout.flush()
    children = {
        name: subprocess.Popen(command, env=environment) for name, command in commands.items()
    }
    return _wait(children)


def answers_app() -> Starlette:
    """The endpoint behind the links in notices, for uvicorn's `--factory`."""
    from pipelines.assets.notices import links_of, recipient_book
    from pipelines.ledger.store import open_ledger
    from pipelines.notifying.endpoint import Desk, create_app

    settings = load_settings()
    book = recipient_book(settings)
    return create_app(
        Desk(
            ledger=open_ledger(settings.ledger_url),
            links=links_of(settings, book),
            timezone=settings.timezone,
            currency=settings.company.currency,
            clock=settings.now,
            language=settings.company.language,
            languages={recipient.person_id: recipient.language for recipient in book.recipients},
        )
    )


def _wait(children: dict[str, subprocess.Popen[bytes]]) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ended = ""
    try:
        while not ended:
            time.sleep(0.5)
            ended = next((name for name, child in children.items() if child.poll() is not None), "")
    except KeyboardInterrupt:
        pass
    for child in children.values():
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    for child in children.values():
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
    if ended:
        sys.stderr.write(
            f"The server of the {ended} ended by itself; all were ended. See its lines above.\n"
        )
        return 1
    return 0
