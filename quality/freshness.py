"""Is each feed here on time: `rpt_freshness`, and what is late as check results.

Add here: a judgement on age. Keep out: the limits (`feeds.yml`) and row counts (`volume.py`).

Age is counted in workdays, so that a long holiday does not make every feed late, from the newest
record to the night's day; a feed whose records carry no time has no age. Sheets that did not change
are not read again, so the time of the last load says little about them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipelines.language.text import Clause, Said, Text, text
from quality.feeds import Feeds
from quality.results import CheckResult
from quality.volume import feed_rows

CHECK = "feed_freshness"
FAILED_CHECK = "source_was_read"
STATES = ("fresh", "late", "stale", "empty")
# Fewer loads than this say nothing about what is usual.
LEARN_FROM = 8
_LATE, _STALE = 1.5, 3.0

_COLUMNS = {
    "source": "str",
    "entity": "str",
    "last_loaded_at": "datetime64[us, UTC]",
    "newest_record_at": "datetime64[us, UTC]",
    "rows": "Int64",
    "rows_previous": "Int64",
    "state": "str",
    "age_workdays": "Float64",
    "late_after": "Float64",
    "stale_after": "Float64",
}


def freshness_frame(
    extracts: pd.DataFrame,
    as_of: dt.date,
    *,
    feeds: Feeds,
    timezone: str,
    workdays: Collection[dt.date] | None = None,
    history: pd.DataFrame | None = None,
    failed_sources: Collection[str] = (),
) -> pd.DataFrame:
    """The rows of `rpt_freshness`, one per source and entity of `config.extracts`.

    `workdays` are the company's (None: every day counts). `history` has one row per completed load
    and feed (source, entity, loaded_at, newest_record_at); from 8 loads on, the age that was usual
    at a load sets the limits (1.5 and 3 times its 90th percentile, the share the metrics sheet
    gives for feeds) unless the company declared its own. A feed of a source in `failed_sources` is
    stale, one with a rejected file at least late.
    """
    counts = {(feed.source, feed.entity): feed for feed in feed_rows(extracts)}
    rows = []
    of_entities = extracts[extracts["entity"] != ""]
    for (source, entity), files in of_entities.groupby(["source", "entity"], sort=True):
        good = files[files["state"] == "loaded"]
        newest = pd.to_datetime(files["newest_record_at"], utc=True).max()
        loaded = pd.to_datetime((good if len(good) else files)["loaded_at"], utc=True).max()
        feed = counts[str(source), str(entity)]
        late, stale = _limits(str(source), str(entity), feeds, timezone, workdays, history)
        age = None if pd.isna(newest) else _age(newest, as_of, timezone, workdays)
        if feed.rows == 0 and feed.comparable:
            state = "empty"
        elif source in failed_sources or _beyond(age, stale):
            state = "stale"
        elif _beyond(age, late) or (files["state"] == "rejected").any():
            state = "late"
        else:
            state = "fresh"
        rows.append(
            [source, entity, loaded, newest, feed.rows, feed.previous, state, age, late, stale]
        )
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for name in ("last_loaded_at", "newest_record_at"):
        # A column of nothing but missing times would be without a zone.
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame.astype(_COLUMNS)


def check_freshness(freshness: pd.DataFrame) -> list[CheckResult]:
    """One result per feed of `freshness_frame`; what is late or stale warns, and never blocks."""
    results = []
    for row in freshness.to_dict("records"):
        state, source = str(row["state"]), str(row["source"])
        results.append(
            CheckResult(
                check=CHECK,
                subject=f"{source}.{row['entity']}",
                severity="info" if state == "empty" else "warning",
                passed=state == "fresh",
                failed_rows=0,
                told=_sentence(state, row["age_workdays"]),
                source=source,
            )
        )
    return results


def check_failed_sources(failed: Mapping[str, Said]) -> list[CheckResult]:
    """An error per source that could not be read tonight, with what went wrong (source -> text).

    Its last load stands. The gate makes a warning of it where the company lets the source fail.
    """
    return [
        CheckResult(
            check=FAILED_CHECK,
            subject=source,
            severity="error",
            passed=False,
            failed_rows=0,
            told=text("quality.source_unread", why=Clause(why)),
            source=source,
        )
        for source, why in sorted(failed.items())
    ]


def with_untrusted(
    freshness: pd.DataFrame, untrusted: Collection[str], given: Collection[tuple[str, str]]
) -> pd.DataFrame:
    """Rows of `rpt_freshness` with the feeds of untrusted sources stale.

    `given`: (source, canonical entity) of what is staged. A system's own tables bear other names
    than the entities that figures depend on, so these get a row of their own.
    """
    marked = freshness.copy()
    marked.loc[marked["source"].isin(untrusted), "state"] = "stale"
    known = set(zip(marked["source"], marked["entity"], strict=True))
    loaded = marked.groupby("source")["last_loaded_at"].max()
    added = [
        {"source": source, "entity": entity, "last_loaded_at": loaded.get(source), "state": "stale"}
        for source, entity in sorted(given)
        if source in untrusted and (source, entity) not in known
    ]
    if not added:
        return marked
    return pd.concat([marked, pd.DataFrame(added)], ignore_index=True)


def _limits(
    source: str,
    entity: str,
    feeds: Feeds,
    timezone: str,
    workdays: Collection[dt.date] | None,
    history: pd.DataFrame | None,
) -> tuple[float | None, float | None]:
    declared = feeds.limits(source, entity)
    if declared.late_after is None and declared.stale_after is None:
        return None, None
    if history is not None and not feeds.declares_age(source, entity):
        own = history[(history["source"] == source) & (history["entity"] == entity)]
        own = own.dropna(subset=["newest_record_at"])
        if len(own) >= LEARN_FROM:
            ages = [
                _age(newest, loaded.tz_convert(timezone).date(), timezone, workdays)
                for newest, loaded in zip(
                    pd.to_datetime(own["newest_record_at"], utc=True),
                    pd.to_datetime(own["loaded_at"], utc=True),
                    strict=True,
                )
            ]
            # A feed that is always of the same day would be late for every quiet day.
            usual = max(float(np.quantile(ages, 0.9)), 1.0)
            return _LATE * usual, _STALE * usual
    return declared.late_after, declared.stale_after


def _age(
    newest: pd.Timestamp, as_of: dt.date, timezone: str, workdays: Collection[dt.date] | None
) -> float:
    """Workdays after the newest record's day, up to and including the night's day."""
    first = newest.tz_convert(timezone).date()
    days = (as_of - first).days
    if workdays is None or days <= 0:
        return float(max(days, 0))
    known = workdays if isinstance(workdays, (set, frozenset)) else set(workdays)
    return float(sum(first + dt.timedelta(days=n) in known for n in range(1, days + 1)))


def _beyond(age: float | None, limit: float | None) -> bool:
    return age is not None and limit is not None and age > limit


def _sentence(state: str, age: Any) -> Text:
    key = f"quality.feed.{state}"
    if pd.isna(age):
        return text(key)
    return text("quality.feed.aged", state=text(key), days=f"{float(age):g}")
