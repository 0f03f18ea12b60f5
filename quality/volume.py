"""Rows of each feed against the load before: a feed that lost rows must not become a fall in sales.

Add here: a judgement on the number of rows. Keep out: their age (`freshness.py`) and what the
source itself counted (`completeness.py`).

The frame `extracts` is `config.extracts`: the last completed extract of each source, entity and
file, with `rows` of that load and `rows_previous` of the load before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from quality.feeds import FeedLimits, Feeds
from quality.results import CheckResult, Severity

CHECK = "feed_volume"
# A feed of a growing company does not lose 15 % of its records in a night.
LOST_SHARE = 0.15
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
    place = f"sources.{feed.source}.{feed.entity}"
    accept = f"accepted_rows: {rows}"
    if limits.accepted_rows == rows:
        return _result(
            feed, "error", True, 0, f"{rows:,} 行，已人工确认", f"{rows:,} rows, accepted"
        )
    if not feed.comparable:
        return _result(
            feed, "error", True, 0, f"增量加载 {rows:,} 行", f"{rows:,} rows in an incremental load"
        )
    if rows == 0 and not (limits.may_be_empty and not previous) and not limits.may_shrink:
        had_zh = f"，上一次有 {previous:,} 行" if previous else ""
        had_en = f"; the load before had {previous:,}" if previous else ""
        return _result(
            feed,
            "error",
            False,
            previous or 0,
            f"没有任何数据{had_zh}。若属实，请在 feeds.yml 的 {place} 下写 {accept}",
            f"No rows at all{had_en}. If that is right, set {accept} under {place} in feeds.yml",
        )
    if not previous:
        return _result(
            feed, "error", True, 0, f"首次加载 {rows:,} 行", f"First load, {rows:,} rows"
        )
    change = rows / previous - 1
    zh = f"上一次 {previous:,} 行，这一次 {rows:,} 行（{change:+.1%}）"
    en = f"{previous:,} rows before, {rows:,} now ({change:+.1%})"
    if change <= -LOST_SHARE and not limits.may_shrink:
        return _result(
            feed,
            "error",
            False,
            previous - rows,
            f"{zh}，减少过多。若属实，请在 feeds.yml 的 {place} 下写 {accept}",
            f"{en}: too many are gone. If that is right, set {accept} under {place} in feeds.yml",
        )
    if rows >= GROWTH * previous:
        return _result(
            feed,
            "warning",
            False,
            rows - previous,
            f"{zh}，增长异常，请确认没有重复导入",
            f"{en}: see whether something was loaded twice",
        )
    return _result(feed, "error", True, 0, zh, en)


def _result(
    feed: FeedRows, severity: Severity, passed: bool, failed: int, zh: str, en: str
) -> CheckResult:
    return CheckResult(
        check=CHECK,
        subject=f"{feed.source}.{feed.entity}",
        severity=severity,
        passed=passed,
        failed_rows=failed,
        message_zh=f"{zh}。",
        message_en=f"{en}.",
        source=feed.source,
    )
