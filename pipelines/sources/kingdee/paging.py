"""Pages by key, so that rows that come or go while one reads can neither be lost nor doubled.

Add here: a way of paging through a form. Keep out: conditions (`reading.py`) and cells (`cells.py`).

A page begins behind the last key of the one before, never at a row number. The only end is an empty
page: sites cut pages silently, so a short one proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.language import text
from pipelines.sources.kingdee.site import Site

Row = list[Any]


def literal(value: Any) -> str:
    """A value as it stands in a filter."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def both(*conditions: str) -> str:
    """Conditions joined by `and`; empty ones count as true."""
    given = [condition for condition in conditions if condition]
    return " and ".join(f"({c})" for c in given) if len(given) > 1 else "".join(given)


def either(conditions: Iterable[str]) -> str:
    """Conditions joined by `or`."""
    return " or ".join(f"({condition})" for condition in conditions)


def record_pages(
    site: Site, form_id: str, id_key: str, keys: Sequence[str], where: str
) -> Iterator[list[Row]]:
    """Pages of records, one row each: the primary key, then `keys`.

    Raises `TransientFailure` if a page comes again, `PermanentFailure` if records come several times
    (a key of an entry was asked for) or in no order.
    """
    last: Any = None
    while True:
        behind = "" if last is None else f"{id_key} > {literal(last)}"
        rows = site.rows(form_id, [id_key, *keys], both(where, behind), f"{id_key} ASC")
        if not rows:
            return
        _check(site, form_id, [row[0] for row in rows], last, several=False)
        yield rows
        last = rows[-1][0]


def entry_pages(
    site: Site, form_id: str, id_key: str, keys: Sequence[str], where: str
) -> Iterator[list[Row]]:
    """Pages of entry rows: the record's key, the entry's id, its number, then the rest of `keys`.

    `keys` begins with entry id and number. A record's rows are never split over two pages: the last
    record of an answer is asked for again with the next one, or alone if it fills a whole answer.
    """
    order = f"{id_key} ASC, {keys[1]} ASC"
    asked = [id_key, *keys]
    start, strict = None, False
    while True:
        behind = "" if start is None else f"{id_key} {'>' if strict else '>='} {literal(start)}"
        rows = site.rows(form_id, asked, both(where, behind), order)
        if not rows:
            return
        _check(site, form_id, [row[0] for row in rows], start, several=True)
        last = rows[-1][0]
        whole = [row for row in rows if row[0] != last]
        if whole:
            yield whole
            start, strict = last, False
            continue
        found = len(rows)
        only = both(where, f"{id_key} = {literal(last)}")
        while more := site.rows(form_id, asked, only, order, start=found):
            rows += more
            found += len(more)
        yield list({row[1]: row for row in rows}.values())
        start, strict = last, True


def _check(site: Site, form_id: str, ids: list[Any], last: Any, *, several: bool) -> None:
    """The rows must go on from where the page before ended, in the order of their key."""
    tried = text("sources.could_not_read_all_pages", form_id=form_id, source=site.name)
    if any(value is None for value in ids):
        raise PermanentFailure(
            tried, where=form_id, cause=text("sources.kingdee.record_without_its_primary_key")
        )
    if not several and len(set(ids)) < len(ids):
        raise PermanentFailure(
            tried,
            where=form_id,
            cause=text("sources.kingdee.records_come_several_times_so"),
            next_step=text("sources.kingdee.map_keys_entry_entry_columns"),
        )
    if not all(isinstance(value, int) for value in ids):
        # Texts are in the order of the site's collation, which is not known here.
        if last is not None and ids[-1] == last and not several:
            raise TransientFailure(tried, where=form_id, cause=text("sources.same_page_came_twice"))
        return
    if last is not None and (ids[0] < last or (ids[0] == last and not several)):
        raise TransientFailure(
            tried,
            where=form_id,
            cause=text("sources.page_leads_back_one_was"),
            next_step=text("sources.kingdee.run_again_if_stays_site"),
        )
    if ids != sorted(ids):
        raise PermanentFailure(
            tried, where=form_id, cause=text("sources.kingdee.site_does_not_obey_order")
        )
