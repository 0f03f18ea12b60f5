"""From what a system answers to rows of a raw table: the same rules for all systems read by API.

Add here: what at least two systems need to make Arrow rows of records, or to know what came already.
Keep out: requests (`sources/http/`), addresses and fields of one system (its own package), Dagster.

    fields.py      what is declared: name, path, kind, what is a fault
    columns.py     whole columns -> Arrow (values.py: single values, the slow way)
    arrow_rows.py  JSON records or CSV text -> Arrow with a declared schema; drift is told
    batches.py     few large writes instead of many small ones
    paging.py      no page twice, no row twice, the next page fetched while this one is read
    derived.py     columns that need several fields or other words; targets.py: words of targets
    emptied.py     a column that had values and has none stops its source
    cursors.py     where an incremental load starts and ends
"""

from pipelines.sources.records.arrow_rows import Converted, Drift, RowShape
from pipelines.sources.records.batches import Batches
from pipelines.sources.records.cursors import Cursor, Window
from pipelines.sources.records.derived import Derived, at, derive, rule_of
from pipelines.sources.records.fields import Field
from pipelines.sources.records.paging import PageGuard, prefetched

__all__ = [
    "Batches",
    "Converted",
    "Cursor",
    "Derived",
    "Drift",
    "Field",
    "PageGuard",
    "RowShape",
    "Window",
    "at",
    "derive",
    "prefetched",
    "rule_of",
]
