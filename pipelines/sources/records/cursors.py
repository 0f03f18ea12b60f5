"""Where an incremental load starts and ends: a fixed upper bound, and an overlap to read again.

Add here: what every cursor needs. Keep out: in which words a system is asked for a time span.

The next cursor is the upper bound of this run, never the newest record seen: a record that was
committed late with an earlier stamp lies in the overlap of the next run. Rows that come again are
no harm, since staging keeps the newest version of each id.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines import language
from pipelines.failures import PermanentFailure

_VERSION = 1


@dataclass(frozen=True)
class Window:
    """Records changed from `since` (inclusive; None: all) up to `upto` (exclusive), in UTC."""

    since: dt.datetime | None
    upto: dt.datetime

    @property
    def full(self) -> bool:
        return self.since is None

    def halves(self) -> tuple[Window, Window] | None:
        """Two windows that cover this one, for a query that was too slow; None if it has no start
        or is shorter than two seconds.
        """
        if self.since is None or self.upto - self.since < dt.timedelta(seconds=2):
            return None
        middle = (self.since + (self.upto - self.since) / 2).replace(microsecond=0)
        return Window(self.since, middle), Window(middle, self.upto)


@dataclass(frozen=True)
class Cursor:
    """What a load leaves for the next: `upto` its upper bound, `full_at` the last full load, and
    `extra` what a system needs besides (JSON values).
    """

    upto: dt.datetime
    full_at: dt.datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """JSON for `Extract.cursor`."""
        content = {
            "version": _VERSION,
            "upto": self.upto.isoformat(),
            "full_at": self.full_at.isoformat() if self.full_at else None,
            "extra": dict(self.extra),
        }
        return json.dumps(content, sort_keys=True, ensure_ascii=False)

    @classmethod
    def read(cls, text: str | None) -> Cursor | None:
        """The cursor of an earlier load, None if there was none.

        Raises `PermanentFailure` for a text that is no cursor: guessing would skip records.
        """
        if not text:
            return None
        try:
            content = json.loads(text)
            if content["version"] != _VERSION:
                raise ValueError(f"version {content['version']}")
            full_at = content["full_at"]
            return cls(
                dt.datetime.fromisoformat(content["upto"]),
                dt.datetime.fromisoformat(full_at) if full_at else None,
                content["extra"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PermanentFailure(
                language.text("sources.records.could_not_read_cursor_last"),
                cause=f"{type(error).__name__}: {error}",
                next_step=language.text("sources.records.set_full_true_options_source"),
            ) from None

    def window(self, upto: dt.datetime, overlap: dt.timedelta) -> Window:
        """What the next load reads: from `overlap` before this cursor to `upto`."""
        return Window(min(self.upto, upto) - overlap, upto)
