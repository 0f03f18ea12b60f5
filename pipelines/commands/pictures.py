"""Pictures of the board and the report for the documentation, taken in a headless Chromium.

Add here: a picture that a document shows. Keep out: what is in it (`pipelines/board/`, `pipelines/reporting/`).
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from urllib.request import ProxyHandler, build_opener

from pipelines.commands.serving import HOST, _commands, _environment
from pipelines.commands.terminal import say
from pipelines.language import text
from pipelines.settings import PROJECT, Settings

FOLDER = PROJECT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LANGUAGES = ("zh", "en")
# Name, address, width, height: what fits on a screen is what a reader sees first.
PAGES = (
    ("today", "/", 1280, 900),
    ("today-phone", "/", 390, 844),
    ("targets", "/targets", 1280, 900),
    ("pipeline", "/pipeline", 1280, 900),
)


def take_pictures(settings: Settings) -> int:
    """Write docs/images/*.png; without a browser say so and leave those that are there."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if browser is None:
        say(text("command.docs.no_browser", names=[*BROWSERS]))
        return 0
    with _board(settings) as address, sync_playwright() as started:
        opened = started.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for language in LANGUAGES:
            context = opened.new_context(color_scheme="light")
            page = context.new_page()
            page.goto(f"{address}/signals")
            page.locator(".menu > summary").click()
            page.locator(f'.menu button[value="{language}"]').click()
            for name, path, width, height in (*PAGES, *_first_warning(page, address)):
                page.set_viewport_size({"width": width, "height": height})
                page.goto(f"{address}{path}")
                page.screenshot(path=FOLDER / f"board-{name}.{language}.png")
            context.close()
        opened.close()
    say(text("command.docs.pictures", folder=FOLDER))
    return 0


def _first_warning(page, address: str) -> list[tuple[str, str, int, int]]:  # type: ignore[no-untyped-def]
    page.goto(f"{address}/")
    links = page.locator(".case h3 a")
    found = links.first.get_attribute("href") if links.count() else None
    return [("warning", found, 1280, 1000)] if found else []


@contextlib.contextmanager
def _board(settings: Settings) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen(_commands(1, port)["board"], env=_environment(settings))
    address = f"http://{HOST}:{port}"
    opener = build_opener(ProxyHandler({}))
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and child.poll() is None:
            with contextlib.suppress(OSError):
                opener.open(f"{address}/static/icon.svg", timeout=5).close()
                break
            time.sleep(0.2)
        yield address
    finally:
        child.terminate()
        child.wait()
