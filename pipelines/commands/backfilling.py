"""`forewarn backfill`: the marts of a row of past days, each as it was known then, as Parquet.

Add here: which days are built, and where they are kept. Keep out: how a past day is built
(`commands/past_day.py`) and published (`pipelines/publishing/`): nothing is published or told.

Layout: `<out>/day=2026-04-30/<mart>.parquet`, so that `read_parquet('<out>/*/fct_alerts.parquet',
hive_partitioning = true)` reads one mart over all days. A day appears whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from pipelines.assets.notices import recipient_book
from pipelines.commands.past_day import built_past_day
from pipelines.commands.terminal import say, speak_on
from pipelines.configuration.company import Company
from pipelines.failures import Failure, PermanentFailure
from pipelines.fiscal_calendar import week_start
from pipelines.language import text
from pipelines.publishing.versions import read_manifest
from pipelines.reporting.weekly import write_weekly_report
from pipelines.settings import Settings, load_settings
from pipelines.warehouse.binding import connect

DAY = dt.timedelta(days=1)
STEPS = ("day", "week", "month")


def days_between(first: dt.date, last: dt.date, every: str, company: Company) -> Iterator[dt.date]:
    """The days to build, oldest first: all, or the last of each of the company's weeks or of each
    calendar month; `last` itself always.
    """
    day = first
    while day <= last:
        after = day + DAY
        ends = {"day": True, "week": week_start(after, company) == after, "month": after.day == 1}
        if ends[every] or day == last:
            yield day
        day = after


def backfill(
    first: dt.date, last: dt.date, every: str, out: Path | None, *, report: bool, again: bool
) -> int:
    """Build each day that is not there yet. Returns 1 if a day could not be built.

    Raises PermanentFailure for a span that is empty or not over yet, and before the first night.
    """
    settings = load_settings()
    manifest = read_manifest(settings.current)
    if first > last or last > settings.today():
        raise PermanentFailure(
            text("command.backfill.no_span", first=first, last=last),
            cause=text("command.today_is", today=settings.today()),
            next_step=text("command.give_past_day"),
        )
    if manifest is None:
        raise PermanentFailure(
            text("command.backfill.not_built"),
            cause=text("command.nothing_published"),
            next_step="forewarn run",
        )
    folder = out or settings.data_dir / "past"
    speak_on(sys.stderr)
    failed = 0
    for day in days_between(first, last, every, settings.company):
        target = folder / f"day={day}"
        if target.is_dir() and not again:
            say(text("command.backfill.stands", day=day, path=str(target)))
            continue
        try:
            _build(settings, day, target, report=report)
        except Failure as failure:
            failed += 1
            sys.stderr.write(f"{failure}\n")
            continue
        say(text("command.backfill.built", day=day, path=str(target)))
    return 1 if failed else 0


def _build(settings: Settings, day: dt.date, target: Path, *, report: bool) -> None:
    begun = target.parent / f".{target.name}-{os.getpid()}"
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir(parents=True, mode=0o700)
    try:
        with built_past_day(settings, day) as warehouse:
            _write_marts(warehouse, begun)
            if report:
                board = recipient_book(settings).links.base_url
                company = settings.company
                write_weekly_report(warehouse, begun, company=company, as_of=day, board=board)
        shutil.rmtree(target, ignore_errors=True)
        begun.rename(target)
    finally:
        shutil.rmtree(begun, ignore_errors=True)


def _write_marts(warehouse: Path, folder: Path) -> None:
    with connect(warehouse, read_only=True) as connection:
        for (name,) in connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall():
            target = str(folder / f"{name}.parquet").replace("'", "''")
            connection.execute(
                f"copy (from marts.{name}) to '{target}' (format parquet, compression zstd)"
            )
