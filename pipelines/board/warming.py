"""A new version before anybody sees it: the pages that were opened lately are made on it once.

Add here: what is made ready before readers come. Keep out: how a version is opened and shown
(`reading/published.py`), pages.

Every figure is new after a night, so every first page would be slow, and all of them at once in the
morning. What is asked again is what readers asked, as they asked it: with their own rights, which are
looked up anew, and for nobody's eyes. A page changes nothing, so asking it again changes nothing either.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from starlette.requests import Request

from pipelines.board.reading.published import Publications, Version
from pipelines.language import text

log = logging.getLogger("forewarn.board")
# Between two looks for a new version, and at most for making it ready: readers see it after both at the latest.
LOOK_SECONDS, WARM_SECONDS = 1.0, 20.0
# Pages that are made again: newest first, one for readers who see the same.
MOST_PAGES = 150
Again = Callable[[Version], object]


class Lately:
    """The pages that readers opened last."""

    def __init__(self) -> None:
        self._pages: OrderedDict[Hashable, Again] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, key: Hashable, again: Again) -> None:
        """A page and how it is made once more; `key` says who sees the same."""
        with self._lock:
            self._pages[key] = again
            self._pages.move_to_end(key)
            while len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)

    def make_again(self, version: Version, ended: threading.Event) -> None:
        """Make them on a version, newest first, until the time is over or the server ends."""
        until = time.monotonic() + WARM_SECONDS
        with self._lock:
            pages = list(reversed(self._pages.values()))
        for again in pages:
            if time.monotonic() > until or ended.is_set():
                return
            try:
                again(version)
            except Exception:  # whoever opens the page is told; the others still become ready
                log.warning(text("board.log.not_ready"), exc_info=True)


def request_as(request: Request) -> Request:
    """The same request without the connection that it came by."""
    scope: dict[str, Any] = {k: v for k, v in request.scope.items() if k != "state"}
    return Request(scope)


def keep_ready(publications: Publications, lately: Lately, ended: threading.Event) -> None:
    """Until the end: whatever is published is made ready and then shown."""
    publications.is_prepared = True
    while not ended.wait(LOOK_SECONDS):
        try:
            publications.prepare(lambda version: lately.make_again(version, ended))
        except Exception:  # readers keep the version that they have, and it is tried again
            log.warning(text("board.log.not_opened"), exc_info=True)
