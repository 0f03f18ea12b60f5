"""What the data owners are told when a run fails, an audit stops it, or a feed is stale.

Add here: another trouble with data. Keep out: alerts about sales figures, and who is told when
(`notify.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.language.text import Said, Text, in_words, text


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
    subject: Text
    lines: tuple[Said, ...]
    sources: frozenset[str] = frozenset()


def failed_run(
    job: str,
    reasons: Sequence[Said],
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
    kept = (
        text("notice.still_published", day=still_published)
        if still_published
        else text("notice.never_published")
    )
    subject = text("notice.audit_failed" if audit else "notice.run_failed", job=job)
    again = text("notice.run_again", job=job)
    where = text("notice.run_page", run=run_id[:8])
    # Figures in a text (rows, seconds, attempts) differ from try to try of the same cause.
    said = sorted(in_words(reason, "en") for reason in reasons)
    cause_key = re.sub(r"\d+", "#", "|".join(said))
    return DataProblem(f"{day}|{job}|{cause_key}", subject, (*reasons, kept, again, where))


def stale_feeds(feeds: Iterable[StaleFeed], *, day: dt.date) -> DataProblem | None:
    """Feeds that are stale by `day`; None when all are in time. One notice for all of them."""
    found = sorted(feeds, key=lambda feed: (feed.source, feed.entity))
    if not found:
        return None
    names = ", ".join(f"{feed.source}/{feed.entity}" for feed in found)
    return DataProblem(
        f"{day}|stale|{names}",
        text("notice.feeds_stale", count=len(found)),
        (*map(_feed, found), text("notice.feeds_held_back"), text("notice.feeds_next")),
        frozenset(feed.source for feed in found),
    )


def gone_ledger(told: Text, *, day: dt.date) -> DataProblem:
    """The ledger was gone and has been filled again; `told` says from what."""
    return DataProblem(f"{day}|ledger", text("notice.ledger_gone"), (told,))


def missed_night(told: Text, *, day: dt.date, still_published: dt.date) -> DataProblem:
    """No night came; `told` says since when. Once a day, however often it is noticed."""
    kept = text("notice.still_published", day=still_published)
    return DataProblem(f"{day}|missed", text("notice.night_missed"), (told, kept))


def _feed(feed: StaleFeed) -> Text:
    name = f"{feed.source}/{feed.entity}"
    if feed.age_workdays is None:
        return text("notice.feed_unknown", feed=name)
    return text("notice.feed_age", feed=name, days=f"{feed.age_workdays:.0f}")
