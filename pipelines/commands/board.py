"""`forewarn board`: the board of this installation on one address, by itself or beside Dagster.

Add here: how the board is put together from an installation. Keep out: its pages (`pipelines/board/`).
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.applications import Starlette

from pipelines.commands.serving import HOST, board_port, free
from pipelines.commands.terminal import say
from pipelines.configuration.board_file import BoardFile, read_board
from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.failures import Failure
from pipelines.language import text
from pipelines.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipelines.board.site import Site

# Pages that are made at the same time; the next ones wait their turn.
AT_A_TIME = 4
# Of malloc.h: arenas; bytes at which what is freed at the top goes back; bytes from which a block is one of its own.
ALLOCATOR = {-8: 2, -1: 1_048_576, -3: 262_144}


def serve_board(port: int | None = None, host: str | None = None) -> int:
    """Serve the board until Ctrl-C. Raises ConfigurationError for a host without a login."""
    import uvicorn

    settings = load_settings()
    file = board_file(settings)
    if host not in (None, HOST, "localhost", "::1") and file.auth.mode == "none":
        raise ConfigurationError(
            [Problem("board.yml", "auth.mode", "none", text("config.board.host_needs_auth"))]
        )
    port = port or board_port(settings)
    free(port, "--port")
    say(text("command.up.board", address=f"http://{host or HOST}:{port}"))
    say(text("command.up.ends"))
    # Whose address a request has decides whether its user header is believed: no proxy may rewrite it.
    uvicorn.run(
        served_app(), host=host or HOST, port=port, log_level="warning", proxy_headers=False,
        server_header=False,
    )  # fmt: skip
    return 0


def board_file(settings: Settings) -> BoardFile:
    """board.yml, validated. Raises ConfigurationError with all its faults."""
    problems: list[Problem] = []
    file = read_board(settings.config_dir / "board.yml", problems)
    if problems:
        raise ConfigurationError(problems)
    return file


def served_app() -> Starlette:
    """The board as the app of a process of its own, for uvicorn's `--factory`."""
    # DuckDB looks for pandas when a first value is bound, and pandas for Arrow: 86 MiB and a second, for what
    # no page uses. In a process that has pandas already, it stays.
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]
    import duckdb

    # Importing it opens a database that nobody asks anything.
    duckdb.close()
    with suppress(
        OSError, AttributeError
    ):  # glibc: else every thread keeps what it freed to itself
        for setting, value in ALLOCATOR.items():
            ctypes.CDLL(None).mallopt(setting, value)
    return board_app()


def board_app() -> Starlette:
    """The board as an app."""
    from pipelines.board.access.identity import Doorkeeper
    from pipelines.board.access.sessions import Sessions
    from pipelines.board.app import create_app
    from pipelines.board.reading.published import Publications
    from pipelines.board.site import Site
    from pipelines.board.warming import keep_ready
    from pipelines.ledger.board_sessions import signed_in
    from pipelines.ledger.store import open_ledger
    from pipelines.notifying.links import Links, link_key
    from pipelines.notifying.recipients import read_recipients
    from pipelines.working_calendar import workday_test

    settings = load_settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    file = board_file(settings)
    problems: list[Problem] = []  # faults of recipients.yml are told by `forewarn check`
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    key = link_key(settings.data_dir, os.environ)
    site = Site(
        settings=settings,
        file=file,
        ledger=open_ledger(settings.ledger_url),
        book=book,
        links=Links(key, book.links.base_url, book.links.valid_days, settings.now),
        sessions=Sessions(key, file.session_hours),
        door=Doorkeeper(file.auth, settings, book),
        is_workday=workday_test(settings, settings.today()),
        publications=Publications(settings.data_dir),
    )
    # Without a session nobody is anybody; the clock of a frozen company would never end one.
    site.door.session = lambda request: signed_in(
        site.ledger, site.sessions.read(request).ident, now=dt.datetime.now(dt.UTC)
    )
    app = create_app(site, key)

    @asynccontextmanager
    async def running(_app: Starlette):
        # More pages at a time only wait for each other, and each takes memory of its own.
        to_thread.current_default_thread_limiter().total_tokens = AT_A_TIME
        ended = threading.Event()
        ready = threading.Thread(target=keep_ready, args=(site.publications, site.lately, ended))
        ready.start()
        threading.Thread(target=_prepare, args=(site,), daemon=True).start()
        try:
            yield
        finally:
            ended.set()
            await to_thread.run_sync(ready.join)
            site.publications.close()
            site.ledger.close()

    app.router.lifespan_context = running
    return app


def _prepare(site: Site) -> None:
    """What the first reader would wait for: the program that draws, templates, the script of living charts."""
    from pipelines.board.charts.script import script
    from pipelines.board.showing.pages import environment
    from pipelines.board.site import organisation_of
    from pipelines.reporting.drawing import wake

    for template in environment().list_templates():
        environment().get_template(template)
    with suppress(FileNotFoundError, Failure), site.publications.reading() as (version, cursor):
        organisation_of(version, cursor)

    wake()
    with suppress(OSError, subprocess.SubprocessError):  # without it pictures stay pictures
        script(site.settings.data_dir)
