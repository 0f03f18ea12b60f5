"""`forewarn report`: writes the weekly report of a published day, or of a past one built apart.

Add here: what the command says. Keep out: what the report shows (`pipelines/reporting/`) and how a
past day is built (`commands/past_day.py`).
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pipelines.commands.terminal import speak_on
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.publishing.versions import read_manifest
from pipelines.settings import load_settings


def write_report(as_of: dt.date | None, out: Path | None, kind: str = "weekly") -> int:
    """Write the report of the published day, or of `as_of` as it was known then.

    `kind`: weekly, or monthly and quarterly: the review of the last such period that had ended.

    A day that is not the published one is built in a private folder: nothing is published, no
    alert is recorded and nobody is told.
    """
    from pipelines.assets.notices import recipient_book
    from pipelines.reporting.review_pages import write_review
    from pipelines.reporting.weekly import write_weekly_report

    settings = load_settings()
    manifest = read_manifest(settings.current)
    if as_of is not None and as_of > settings.today():
        raise PermanentFailure(
            text("command.report.not_as_of", as_of=as_of),
            cause=text("command.today_is", today=settings.today()),
            next_step=text("command.give_past_day"),
        )
    if manifest is None:
        raise PermanentFailure(
            text("command.report.not_written"),
            cause=text("command.nothing_published"),
            next_step="forewarn run",
        )
    day = as_of or manifest.as_of
    board = recipient_book(settings).links.base_url
    folder = out or settings.reports_dir / day.isoformat()
    write: Callable[..., list[Path]] = (
        write_weekly_report if kind == "weekly" else partial(write_review, name=kind)
    )
    if day == manifest.as_of:
        warehouse = settings.current / "forewarn.duckdb"
        written = write(warehouse, folder, company=settings.company, as_of=day, board=board)
    else:
        from pipelines.commands.past_day import built_past_day

        speak_on(sys.stderr)
        building = text("command.report.building", day=day, published=manifest.as_of)
        sys.stderr.write(f"{building}\n")
        with built_past_day(settings, day) as warehouse:
            written = write(warehouse, folder, company=settings.company, as_of=day, board=board)
    sys.stdout.writelines(f"{path}\n" for path in written)
    return 0
