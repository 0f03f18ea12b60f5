"""What the data owners are told when a run fails, an audit stops it, or a feed is stale.

Add here: another trouble with data. Keep out: alerts about sales figures, and who is told when
(`notify.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.notifying.wording import Language, word


@dataclass(frozen=True)
class StaleFeed:
    """One source and entity whose data are too old to be believed."""

    source: str
    entity: str
    age_workdays: float | None


@dataclass(frozen=True)
class DataProblem:
    """One occurrence. `key` is the same for the same cause on the same day.

    `sources` names what it is about, for owners of some sources only; empty concerns every owner.
    """

    key: str
    subject: dict[Language, str]
    lines: dict[Language, tuple[str, ...]]
    sources: frozenset[str] = frozenset()


def failed_run(
    job: str,
    reasons: Sequence[str],
    *,
    audit: bool,
    day: dt.date,
    run_id: str,
    still_published: dt.date | None,
) -> DataProblem:
    """A failed run, or one that the audit stopped.

    `reasons` say which step failed and why, without secrets. `still_published`: the day whose
    figures readers keep, None if nothing was ever published.
    """
    kind = "audit_failed" if audit else "run_failed"
    lines: dict[Language, tuple[str, ...]] = {}
    subject: dict[Language, str] = {}
    languages: tuple[Language, Language] = ("zh", "en")
    for language in languages:
        kept = (
            word("still_published", language, day=still_published)
            if still_published
            else word("never_published", language)
        )
        again = word("run_again", language, job=job)
        where = word("run_page", language, run=run_id[:8])
        subject[language] = word(kind, language, job=job)
        lines[language] = (*reasons, kept, again, where)
    # Figures in a text (rows, seconds, attempts) differ from try to try of the same cause.
    cause_key = re.sub(r"\d+", "#", "|".join(sorted(reasons)))
    return DataProblem(f"{day}|{job}|{cause_key}", subject, lines)


def stale_feeds(feeds: Iterable[StaleFeed], *, day: dt.date) -> DataProblem | None:
    """Feeds that are stale by `day`; None when all are in time. One notice for all of them."""
    found = sorted(feeds, key=lambda feed: (feed.source, feed.entity))
    if not found:
        return None
    languages: tuple[Language, Language] = ("zh", "en")
    names = ", ".join(f"{feed.source}/{feed.entity}" for feed in found)
    return DataProblem(
        f"{day}|stale|{names}",
        {language: word("feeds_stale", language, count=len(found)) for language in languages},
        {
            language: (
                *(_feed(feed, language) for feed in found),
                word("feeds_held_back", language),
                word("feeds_next", language),
            )
            for language in languages
        },
        frozenset(feed.source for feed in found),
    )


def _feed(feed: StaleFeed, language: Language) -> str:
    name = f"{feed.source}/{feed.entity}"
    if feed.age_workdays is None:
        return word("feed_unknown", language, feed=name)
    return word("feed_age", language, feed=name, days=f"{feed.age_workdays:.0f}")
