"""What one load reads of one object: everything or what changed, with which fields, until when.

Add here: a rule that decides between a whole and an incremental load. Keep out: the reading itself
(`reading.py`, `gone.py`) and the select list (`selection.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from pipelines.sources.essentials import spared, stop_without
from pipelines.sources.records import Cursor, Window
from pipelines.sources.salesforce.objects import SalesforceObject
from pipelines.sources.salesforce.options import Options
from pipelines.sources.salesforce.queries import Described, Org, moment
from pipelines.sources.salesforce.selection import Selection, select


@dataclass(frozen=True)
class Job:
    """One object to be read: where the last load ended, and until when this one reads."""

    item: SalesforceObject
    described: Described
    selection: Selection
    last: Cursor | None
    window: Window
    single_currency: bool
    postponed: bool = False  # a whole load is due, and waits for more requests
    stale: bool = False  # values that move no stamp are those of the last whole load

    @property
    def where(self) -> str:
        """The condition of the query, with the fixed bounds of this load."""
        return condition(self.item, self.described, self.window)


def plan(
    org: Org,
    item: SalesforceObject,
    described: Described,
    last: Cursor | None,
    upto: dt.datetime,
    *,
    single_currency: bool,
) -> Job:
    """What to read of an object this time. Raises `PermanentFailure` for fields that are gone."""
    options = org.options
    known = frozenset(last.extra.get("fields", ())) if last else frozenset()
    selection = select(
        item, described, source=org.name, known=known, without=frozenset(options.without)
    )
    read = selection.columns
    stop_without(org.name, item.name, item.entity, read, accepted_of(item, options))
    typed = list(item.types) == (last.extra.get("types", []) if last else [])
    grown = not known >= set(selection.paths) or not typed
    whole = (
        last is None
        or options.full
        or item.stamp is None
        or last.full_at is None
        or upto - last.full_at >= dt.timedelta(days=options.full_every_days)
        or grown
    )
    unstamped = bool(last and selection.unstamped and not whole)
    if unstamped and not org.sparing:
        # Few enough to be read anew every night.
        whole = org.count(item.name, item.where) <= options.bulk_from
    # What is left of the day's requests is for changes; without an earlier load there are none.
    postponed = bool(whole and org.sparing and last and item.stamp and not grown)
    if last is None or (whole and not postponed):
        window = Window(None, upto)
    else:
        window = last.window(upto, dt.timedelta(minutes=options.overlap_minutes))
    stale = unstamped and not whole
    return Job(item, described, selection, last, window, single_currency, postponed, stale)


def accepted_of(item: SalesforceObject, options: Options) -> set[str]:
    """Essential columns that the company has said this org does not give."""
    named = {f.name for f in item.fields if f"{item.name}.{f.path}" in options.without}
    return set(options.accept_missing) | spared(item.entity, named)


def condition(item: SalesforceObject, described: Described, window: Window) -> str:
    """WHERE of a window; empty for objects that are always read whole."""
    parts = [item.where] if item.where else []
    if item.stamp is not None and window.since is None:
        field = "CreatedDate" if "CreatedDate" in described.fields else item.stamp
        parts.append(f"{field} < {moment(window.upto)}")
    elif item.stamp is not None and window.since is not None:
        parts.append(_changed(item.stamp, window.since, window.upto))
    return " AND ".join(parts)


def of_other_types(item: SalesforceObject, window: Window) -> str:
    """WHERE of records that changed within a window and are not of a type that counts, or no more.

    Empty where all types count, and for windows that begin with the first record.
    """
    if not item.others or item.stamp is None or window.since is None:
        return ""
    return f"{item.others} AND {_changed(item.stamp, window.since, window.upto)}"


def _changed(stamp: str, since: dt.datetime, upto: dt.datetime) -> str:
    return f"{stamp} >= {moment(since)} AND {stamp} < {moment(upto)}"


def stamp_column(item: SalesforceObject) -> str:
    """The raw column of the moment at which a record last changed."""
    return "created_date" if item.stamp == "CreatedDate" else "system_modstamp"
