"""No page twice, no row twice; the next page fetched while this one is read.

Add here: a guard that any way of paging needs. Keep out: how one system pages.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from pipelines.failures import TransientFailure
from pipelines.language import Said, text

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class PageGuard(Generic[K]):
    """Watches the pages of one query. `what` and `where` name them in a failure.

    `repeats` counts rows that came again over a page edge, as happens when rows are changed while
    one pages; they are to be dropped or loaded once more, never counted twice.
    """

    def __init__(self, what: Said, where: str = "") -> None:
        self._what, self._where = what, where
        self._markers: set[Hashable] = set()
        self._pages: set[int] = set()
        self._keys: set[K] = set()
        self.repeats = 0

    def marker(self, marker: Hashable) -> None:
        """The address or token of a page that is about to be fetched.

        Raises `TransientFailure` if it was fetched before: the pages go round in a circle.
        """
        if marker in self._markers:
            raise self._circle(text("sources.page_leads_back_one_was"))
        self._markers.add(marker)

    def new(self, keys: Sequence[K], versions: Sequence[Hashable] = ()) -> list[int]:
        """Positions of the page's rows whose key has not come yet, the last of equal ones.

        `versions` of the rows, where the system tells them: a row that was changed meanwhile may
        come again on a page of its own. Raises `TransientFailure` if a page that is not empty
        comes a second time, row by row.
        """
        if keys:
            page = hash((tuple(keys), tuple(versions)))
            if page in self._pages:
                raise self._circle(text("sources.same_page_came_twice"))
            self._pages.add(page)
        fresh = set(keys)
        if len(fresh) == len(keys) and self._keys.isdisjoint(fresh):
            self._keys |= fresh
            return list(range(len(keys)))
        last = {key: position for position, key in enumerate(keys)}
        positions = sorted(pos for key, pos in last.items() if key not in self._keys)
        self.repeats += len(keys) - len(positions)
        self._keys |= fresh
        return positions

    def restart(self) -> None:
        """The query begins anew: its pages may come again, its rows still count once."""
        self._markers.clear()
        self._pages.clear()

    @property
    def rows(self) -> int:
        """How many different rows have come so far."""
        return len(self._keys)

    def _circle(self, cause: Said) -> TransientFailure:
        return TransientFailure(
            text("sources.records.could_not_read_all_pages", what=self._what),
            where=self._where,
            cause=cause,
            next_step=text("sources.records.run_again_if_stays_read"),
        )


def prefetched(pages: Iterable[T], ahead: int = 1) -> Iterator[T]:
    """The same pages, fetched in a thread up to `ahead` before they are asked for.

    What the pages raise is raised here, at its place. Leaving the loop early ends the thread.
    """
    box: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(maxsize=ahead)
    stop = threading.Event()

    def put(item: tuple[str, T | BaseException | None]) -> None:
        while not stop.is_set():
            try:
                box.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def fetch() -> None:
        try:
            for page in pages:
                put(("page", page))
                if stop.is_set():
                    return
            put(("end", None))
        except BaseException as error:
            put(("error", error))

    thread = threading.Thread(target=fetch, name="forewarn-pages", daemon=True)
    thread.start()
    try:
        while True:
            kind, item = box.get()
            if kind == "error":
                assert isinstance(item, BaseException)
                raise item
            if kind == "end":
                return
            yield item  # type: ignore[misc]
    finally:
        stop.set()
        thread.join(timeout=5)
