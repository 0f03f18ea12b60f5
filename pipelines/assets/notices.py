"""Telling: the ledger learns what was published, and the outbox goes out.

Add here: when people are told. Keep out: whom, how and how often (`pipelines/notifying/`), and what
is kept (`pipelines/ledger/`).

It runs after the publication, so that nobody is told of a figure that readers cannot see, and reads
the published alerts, so that a night cut off here tells the same when it runs again.
"""

import datetime as dt

import dagster as dg
import duckdb
import pandas as pd

from pipelines.assets.alerts import usable_rules
from pipelines.assets.published import PUBLISHED
from pipelines.assets.steps import WRITER, failing_clearly, log
from pipelines.ledger.due import escalate
from pipelines.ledger.episodes import Changes, record_episodes
from pipelines.ledger.store import open_ledger
from pipelines.notifying.links import Links, link_key
from pipelines.notifying.notices import Office
from pipelines.notifying.notify import Report, notify
from pipelines.notifying.recipients import RecipientBook, read_recipients
from pipelines.notifying.slices import Hierarchy
from pipelines.publishing import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse import connect
from pipelines.working_calendar import workday_test

NOTICES = dg.AssetKey(["told", "notices"])


def notice_asset(settings: Settings) -> dg.AssetsDefinition:
    """Episodes recorded, overdue ones escalated, notices sent or kept for their hour."""

    @dg.asset(key=NOTICES, deps=[PUBLISHED], group_name="alerts", required_resource_keys={WRITER})
    def notices(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """What was told to whom; a second run of the same night tells nothing."""
        with failing_clearly():
            changes, report = tell(settings, run_id=context.run.run_id)
        sent = report.delivery.sent if report.delivery else 0
        log.info(
            "tell      %d opened, %d raised, %d ended; %d notices sent, %d failed",
            len(changes.opened), len(changes.raised),
            len(changes.recovered) + len(changes.closed) + len(changes.withdrawn), sent, len(report.failed),
        )  # fmt: skip
        for person, channel, why in report.failed:
            log.warning("tell      %s by %s: %s; it will be tried again", person, channel, why)
        return dg.MaterializeResult(
            metadata={"opened": len(changes.opened), "raised": len(changes.raised), "sent": sent}
        )

    return notices


def tell(
    settings: Settings, *, run_id: str, now: dt.datetime | None = None, dry_run: bool = False
) -> tuple[Changes, Report]:
    """Record the published alerts and notify; a dry run records them and sends nothing."""
    manifest = read_manifest(settings.current)
    assert manifest is not None  # the publication is upstream
    moment = now or settings.now()
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        alerts = connection.execute(
            "select * from marts.fct_alerts where coalesce(origin, 'evaluated') = 'evaluated'"
        ).df(date_as_object=True)
        hierarchy = _hierarchy(connection)
    is_workday = workday_test(settings, manifest.as_of)
    _, refused = usable_rules(settings)
    book = recipient_book(settings)
    ledger = open_ledger(settings.ledger_url)
    try:
        changes = record_episodes(
            ledger,
            alerts,
            as_of=manifest.as_of,
            run_id=run_id,
            now=moment,
            not_evaluated={
                problem.key.rpartition("rule ")[2].partition(",")[0] for problem in refused
            },
        )
        escalate(
            ledger,
            managers=hierarchy.managers,
            is_workday=is_workday,
            today=manifest.as_of,
            now=moment,
        )
        office = Office(
            timezone=settings.timezone,
            currency=settings.company.currency,
            is_workday=is_workday,
            hierarchy=hierarchy,
            link=links_of(settings, book).make,
        )
        report = notify(
            ledger,
            book.recipients,
            office,
            now=moment,
            outbox_dir=settings.data_dir / "outbox",
            dry_run=dry_run,
        )
    finally:
        ledger.close()
    return changes, report


def recipient_book(settings: Settings) -> RecipientBook:
    """The recipients that can be used; faults of others are logged, and `forewarn check` tells them."""
    problems: list = []
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    for problem in problems:
        log.warning("tell      recipient refused, the others are told: %s", problem)
    return book


def links_of(settings: Settings, book: RecipientBook) -> Links:
    """Maker and reader of the signed links in notices."""
    return Links(
        link_key(settings.data_dir),
        book.links.base_url,
        book.links.valid_days,
        settings.now,
    )


def _hierarchy(connection: duckdb.DuckDBPyConnection) -> Hierarchy:
    reps: pd.DataFrame = connection.execute("select * from marts.dim_rep").df()
    return Hierarchy.from_reps(reps)
