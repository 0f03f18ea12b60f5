"""Rows of each feed against the load before: a feed that lost rows must not become a fall in sales.

Add here: a judgement on the number of rows. Keep out: their age (`freshness.py`) and what the
source itself counted (`completeness.py`).

The frame `extracts` is `config.extracts`: the last completed extract of each source, entity and
file, with `rows` of that load and `rows_previous` of the load before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipelines.language import Text, text
from pipelines.language.figures import figure
from quality.feeds import FeedLimits, Feeds
from quality.results import CheckResult, Severity

CHECK = "feed_volume"
# A feed of a growing company does not lose 15 % of its records in a night.
LOST_SHARE = 0.15
# So few bad rows never stop a night, whatever share of a small feed they are.
FEW_ROWS = 5
GROWTH = 3.0


@dataclass(frozen=True)
class FeedRows:
    """Rows in force of one (source, entity) now and before its last load.

    `previous` is None on the first load. `comparable` is False for incremental loads, whose rows
    are only what has changed.
    """

    source: str
    entity: str
    rows: int
    previous: int | None
    comparable: bool


def is_common(bad: int, total: int) -> bool:
    """Whether so many rows are bad that what is left does not stand for the whole.

    Below it single rows are set aside or told, and stop nothing.
    """
    return bad > FEW_ROWS and bad >= LOST_SHARE * total


def feed_rows(extracts: pd.DataFrame) -> list[FeedRows]:
    """Sums over the files of each feed, in alphabetical order; files of no entity are left out.

    Before and after are those of the feed's last load: a file that it did not touch has the same
    rows on both sides, a rejected one keeps its earlier version, a withdrawn one counts no more.
    """
    feeds = []
    for (source, entity), files in extracts[extracts["entity"] != ""].groupby(
        ["source", "entity"], sort=True
    ):
        before = pd.to_numeric(files["rows_previous"], errors="coerce")
        loaded, rejected = files["state"] == "loaded", files["state"] == "rejected"
        now = files["rows"].where(loaded, before.where(rejected, 0)).fillna(0)
        touched = files["loaded_at"] == files["loaded_at"].max()
        earlier = before.fillna(0).where(touched, now)
        first = bool(touched.all() and before.isna().all())
        full = files["full"].fillna(True).astype(bool).all() if "full" in files else True
        feeds.append(
            FeedRows(
                str(source),
                str(entity),
                int(now.sum()),
                None if first else int(earlier.sum()),
                bool(full),
            )
        )
    return feeds


def check_volume(extracts: pd.DataFrame, feeds: Feeds) -> list[CheckResult]:
    """One result per feed: no rows or 15 % fewer is an error, three times as many a warning.

    `feeds.yml` may allow a feed to shrink or to be empty, or accept a number somebody has seen.
    """
    return [_judge(feed, feeds.limits(feed.source, feed.entity)) for feed in feed_rows(extracts)]


def _judge(feed: FeedRows, limits: FeedLimits) -> CheckResult:
    rows, previous = feed.rows, feed.previous
    now = figure(rows)
    if limits.accepted_rows == rows:
        return _result(feed, "error", True, 0, text("quality.volume.accepted", rows=now))
    if not feed.comparable:
        return _result(feed, "error", True, 0, text("quality.volume.incremental", rows=now))
    # What would accept the number, for somebody who has seen that it is right.
    accept: dict[str, object] = {
        "place": f"sources.{feed.source}.{feed.entity}",
        "accept": f"accepted_rows: {rows}",
    }
    if rows == 0 and not (limits.may_be_empty and not previous) and not limits.may_shrink:
        none = (
            text("quality.volume.none_any_more", before=figure(previous), **accept)
            if previous
            else text("quality.volume.none", **accept)
        )
        return _result(feed, "error", False, previous or 0, none)
    if not previous:
        return _result(feed, "error", True, 0, text("quality.volume.first", rows=now))
    change = rows / previous - 1
    figures = {"before": figure(previous), "now": now, "change": f"{change:+.1%}"}
    if change <= -LOST_SHARE and not limits.may_shrink:
        lost = text("quality.volume.lost", **figures, **accept)
        return _result(feed, "error", False, previous - rows, lost)
    if rows >= GROWTH * previous:
        grown = text("quality.volume.grown", **figures)
        return _result(feed, "warning", False, rows - previous, grown)
    return _result(feed, "error", True, 0, text("quality.volume.usual", **figures))


def _result(
    feed: FeedRows, severity: Severity, passed: bool, failed: int, told: Text
) -> CheckResult:
    return CheckResult(
        check=CHECK,
        subject=f"{feed.source}.{feed.entity}",
        severity=severity,
        passed=passed,
        failed_rows=failed,
        told=told,
        source=feed.source,
    )
