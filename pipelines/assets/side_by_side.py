"""Loads of one run side by side: each source waits for its own system, not for the others'.

Add here: how loads share a run. Keep out: what a load's failure means (`raw.py`) and how it is
written (`pipelines/raw_zone/`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

from pipelines.configuration.sources import Source
from pipelines.raw_zone.rows import LoadReport

# Each holds a few pages or one sheet in memory; systems are waited for, not computed.
AT_ONCE = 4


class SideBySide:
    """The loads of one run, begun together when the first is asked for; each is asked for once.

    A source that is asked for again (a step is tried again) is loaded again.
    """

    def __init__(self, load: Callable[[Source], LoadReport], sources: Iterable[Source]) -> None:
        self._load, self._sources = load, list(sources)
        self._begun: dict[str, Future[LoadReport]] | None = None

    def report(self, source: Source) -> LoadReport:
        """The source's report. Raises what its load raised."""
        if self._begun is None:
            self._begin()
        begun = self._begun.pop(source.name, None) if self._begun else None
        return begun.result() if begun else self._load(source)

    def _begin(self) -> None:
        self._begun = {}
        if len(self._sources) < 2:
            return
        pool = ThreadPoolExecutor(min(AT_ONCE, len(self._sources)), thread_name_prefix="load")
        for source in self._sources:
            self._begun[source.name] = pool.submit(copy_context().run, self._load, source)
        # What was begun goes on; a process that ends waits for it, so that no load is cut off.
        pool.shutdown(wait=False)
