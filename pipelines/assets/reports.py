"""The reports as an asset, written from the published version: the week's, and the review of a period that ended.

Add here: when a report is written and told. Keep out: what it shows (`pipelines/reporting/`).
"""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import dagster as dg

from pipelines.assets.notices import OUTBOX, recipient_book
from pipelines.assets.published import PUBLISHED
from pipelines.assets.steps import failing_clearly, log
from pipelines.language import text
from pipelines.ledger.due import add_workdays
from pipelines.ledger.store import open_ledger
from pipelines.notifying.report_notices import ReadyReport, tell_of_reports
from pipelines.publishing.versions import Manifest, read_manifest
from pipelines.reporting.mail import mailed
from pipelines.reporting.review import KINDS
from pipelines.reporting.review_pages import last_ended, write_review
from pipelines.reporting.weekly import replace_whole, write_weekly_report
from pipelines.settings import Settings
from pipelines.working_calendar import workday_test

WEEKLY = dg.AssetKey(["reports", "weekly"])
# The job that writes reports alone, at the beginning of a week: with it the week's report is told.
WEEKLY_REPORT = "weekly_report"
# Orders of the last days are booked late: a review waits so many working days for them.
REVIEW_AFTER = 3
# Beside the week's files: the version that they were written from.
_WRITTEN_FOR = ".weekly.json"


def report_asset(settings: Settings) -> dg.AssetsDefinition:
    """`reports/<day>/weekly.html` in every language with its workbook; `reports/<last day>/monthly.html`
    and `quarterly.html` of periods that have ended; whoever asked for them is told.
    """

    @dg.asset(key=WEEKLY, deps=[PUBLISHED], group_name="reports")
    def weekly(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The weekly progress and risk report of the published day, and reviews that are due."""
        with failing_clearly():
            manifest = read_manifest(settings.current)
            assert manifest is not None  # the publication is upstream
            folder = settings.reports_dir / manifest.as_of.isoformat()
            board = recipient_book(settings).links.base_url
            written = weekly_files(settings, manifest, folder, board)
            log.info(text("night.log.report", path=written[0]))
            reviews = due_reviews(settings, manifest.as_of, board)
            for review in reviews:
                log.info(text("night.log.report", path=review.pages[0]))
            pages = tuple(path for path in written if path.suffix == ".html")
            body = _mail(settings, "weekly", manifest.as_of, board)
            week = ReadyReport("weekly", manifest.as_of, pages, body)
            ready = [week, *reviews] if context.run.job_name == WEEKLY_REPORT else reviews
            tell(settings, manifest.as_of, ready)
            written = [*written, *(page for review in reviews for page in review.pages)]
        return dg.MaterializeResult(
            metadata={path.name: dg.MetadataValue.path(str(path)) for path in written}
        )

    return weekly


def weekly_files(settings: Settings, manifest: Manifest, folder: Path, board: str) -> list[Path]:
    """The week's files of the published version; those of an earlier run, if it was this version's.

    All that they depend on but the board's address is in the version's fingerprint; the machine's fonts are not.
    """
    note, version = folder / _WRITTEN_FOR, [manifest.version, manifest.fingerprint, board]
    try:
        stands = json.loads(note.read_text())
        files = [folder / name for name in stands["files"]]
        if stands["version"] == version and all(path.is_file() for path in files):
            return files
    except (OSError, ValueError, KeyError, TypeError):
        pass  # no note, or one that cannot be read: written anew
    note.unlink(missing_ok=True)
    written = write_weekly_report(
        settings.current / "forewarn.duckdb",
        folder,
        company=settings.company,
        as_of=manifest.as_of,
        board=board,
    )
    names = [path.name for path in written]
    replace_whole(note, json.dumps({"version": version, "files": names}).encode())
    return written


def due_reviews(settings: Settings, as_of: dt.date, board: str) -> list[ReadyReport]:
    """Reviews of periods that ended some working days ago and have none yet, written now."""
    warehouse, is_workday = settings.current / "forewarn.duckdb", workday_test(settings, as_of)
    ready = []
    for name, kind in KINDS.items():
        end = last_ended(warehouse, settings.company, kind, as_of)
        if (
            end is None
            or add_workdays(end + dt.timedelta(days=1), REVIEW_AFTER - 1, is_workday) > as_of
        ):
            continue  # fmt: skip
        folder = settings.reports_dir / end.isoformat()
        if not (folder / f"{name}.html").exists():
            pages = write_review(
                warehouse, folder, name, company=settings.company, as_of=as_of, board=board
            )
            body = _mail(settings, name, as_of, board)
            ready.append(ReadyReport(name, end, tuple(pages), body))
    return ready


def _mail(settings: Settings, name: str, as_of: dt.date, board: str) -> Callable[[str], str]:
    """What a mail of a report holds, by language; read when the first one asks, which mostly none does."""
    read = cache(
        lambda: mailed(
            settings.current / "forewarn.duckdb", name, company=settings.company, as_of=as_of, board=board
        )
    )  # fmt: skip
    return lambda language: read()(language)


def tell(settings: Settings, as_of: dt.date, ready: Sequence[ReadyReport]) -> None:
    """Tell whoever asked for them."""
    book = recipient_book(settings)
    ledger = open_ledger(settings.ledger_url)
    try:
        tell_of_reports(
            ledger, book.recipients, ready, now=settings.now(),
            timezone=settings.timezone, is_workday=workday_test(settings, as_of),
            outbox_dir=settings.data_dir / OUTBOX, base_url=book.links.base_url,
        )  # fmt: skip
    finally:
        ledger.close()
