"""The state of the data: feeds, checks, what was set aside, who leaves out what.

Add here: a read about the data itself. Keep out: what a check means (`quality/`).
"""

from __future__ import annotations

from pipelines.board.reading.slicing import SlicedMarts
from pipelines.reporting.marts import Row

# What a deal should say, and when it is expected to.
FIELDS = {
    "amount": ("amount is null or amount = 0", "true"),
    "expected_close_on": ("expected_close_on is null", "true"),
    "product_line": ("product_line is null or product_line = ''", "true"),
    "account_id": ("account_id is null", "true"),
}
MOST_PEOPLE = 40


def feeds(marts: SlicedMarts) -> list[Row]:
    """Every feed with its newest record and rows, the late ones first."""
    return marts.rows(
        "rpt_freshness",
        "source entity last_loaded_at newest_record_at rows rows_previous state",
        order="state in ('fresh', 'empty'), source, entity",
    )


def late_feeds(marts: SlicedMarts) -> list[Row]:
    """Feeds that are late or failed."""
    return [row for row in feeds(marts) if row["state"] not in ("fresh", "empty")]


def findings(marts: SlicedMarts) -> list[Row]:
    """Checks that found something, the gravest first; empty for viewers who do not see the data."""
    return marts.rows(
        "rpt_data_quality",
        "check subject severity failed_rows sample message_zh message_en other_languages source",
        "not passed",
        order="case severity when 'error' then 0 when 'warning' then 1 else 2 end, "
        'failed_rows desc, subject, "check"',
    )


def passed(marts: SlicedMarts) -> int:
    """How many checks found nothing."""
    name = marts.name("rpt_data_quality")
    return int(marts.select(f"select count(*) as n from {name} where passed")[0]["n"])


def completeness(marts: SlicedMarts) -> list[Row]:
    """Open deals per person and the share of each field that is left out, worst first."""
    left_out = ", ".join(
        f"avg(case when {empty} then 1.0 else 0.0 end) filter (where {due}) as {name}"
        for name, (empty, due) in FIELDS.items()
    )
    total = " + ".join(f"coalesce({name}, 0)" for name in FIELDS)
    return marts.select(
        f"""
        select * from (
            select owner_id, count(*) as deals, {left_out}
            from {marts.name("fct_opportunities")}
            where outcome = 'open' and owner_id is not null
            group by owner_id
        ) as per_person
        where {total} > 0
        order by {total} desc, deals desc, owner_id
        limit {MOST_PEOPLE}
        """
    )
