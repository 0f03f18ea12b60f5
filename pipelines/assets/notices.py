"""Telling: the ledger learns what was published, and the outbox goes out.

Add here: when people are told. Keep out: whom, how and how often (`pipelines/notifying/`), and what
is kept (`pipelines/ledger/`).

It runs after the publication, so that nobody is told of a figure that readers cannot see, and reads
the published alerts, so that a night cut off here tells the same when it runs again.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import dagster as dg

from pipelines.assets.alerts import usable_rules
from pipelines.assets.hierarchy import hierarchy_of, named
from pipelines.assets.kept_ledger import keep_copy, lost_ledger, told_of
from pipelines.assets.published import PUBLISHED
from pipelines.assets.rules_tonight import names_of
from pipelines.assets.run_failures import Cause
from pipelines.assets.steps import WRITER, failing_clearly, log
from pipelines.language import languages, text
from pipelines.ledger.due import escalate
from pipelines.ledger.episodes import Changes, record_episodes
from pipelines.ledger.store import open_ledger
from pipelines.notifying.data_problems import (
    DataProblem,
    StaleFeed,
    failed_run,
    gone_ledger,
    stale_feeds,
)
from pipelines.notifying.links import Links, link_key
from pipelines.notifying.notices import Office
from pipelines.notifying.notify import Report, joined, notify, notify_data_owners
from pipelines.notifying.outbox import Delivery, deliver, together
from pipelines.notifying.recipients import RecipientBook, read_recipients
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.webhooks.queueing import send_to_programs, tell_programs
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect
from pipelines.warehouse.told_tables import unready_rules
from pipelines.working_calendar import workday_test

NOTICES = dg.AssetKey(["told", "notices"])
# Where `file://` channels write, below the data folder.
OUTBOX = "outbox"


def notice_asset(settings: Settings) -> dg.AssetsDefinition:
    """Episodes recorded, overdue ones escalated, notices sent or kept for their hour."""

    @dg.asset(key=NOTICES, deps=[PUBLISHED], group_name="alerts", required_resource_keys={WRITER})
    def notices(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """What was told to whom; a second run of the same night tells nothing."""
        with failing_clearly():
            changes, report = tell(settings, run_id=context.run.run_id)
            _tell_of_lost_ledger(settings)
            keep_copy(settings)
        sent = report.delivery.sent if report.delivery else 0
        gone = len(changes.withdrawn) + len(changes.rule_changed)
        ended = len(changes.recovered) + len(changes.closed) + gone
        log.info(
            text(
                "night.log.told",
                opened=len(changes.opened),
                raised=len(changes.raised),
                ended=ended,
                sent=sent,
                failed=len(report.failed),
            )
        )
        for person, channel, why in report.failed:
            log.warning(text("night.log.not_told", person=person, channel=channel, why=why))
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
        reps = hierarchy_of(connection)
        unready = {language: unready_rules(connection, language) for language in languages()}
        feeds = [
            StaleFeed(*row)
            for row in connection.execute(
                "select source, entity, age_workdays from marts.rpt_freshness where state = 'stale'"
            ).fetchall()
        ]
    is_workday = workday_test(settings, manifest.as_of)
    _, refused = usable_rules(settings)
    book = recipient_book(settings)
    hierarchy = named(reps, book)
    ledger = open_ledger(settings.ledger_url)
    try:
        changes = record_episodes(
            ledger,
            alerts,
            as_of=manifest.as_of,
            run_id=run_id,
            now=moment,
            not_evaluated=names_of(refused),
        )
        escalate(
            ledger,
            managers=hierarchy.managers,
            is_workday=is_workday,
            today=manifest.as_of,
            now=moment,
        )
        office = replace(
            _office(settings, manifest.as_of, hierarchy),
            link=links_of(settings, book).make,
            unready=unready,
        )
        outbox = settings.data_dir / OUTBOX
        report = notify(
            ledger, book.recipients, office, now=moment, outbox_dir=outbox, dry_run=dry_run
        )
        stale = stale_feeds(feeds, day=manifest.as_of)
        if stale is not None:
            data = notify_data_owners(
                ledger, book.recipients, office, stale,
                now=moment, outbox_dir=outbox, dry_run=dry_run,
            )  # fmt: skip
            report = joined(report, data)
        if not dry_run:
            programs = tell_programs(
                ledger, book.webhooks, hierarchy, now=moment, base_url=book.links.base_url
            )
            report = joined(report, Report(delivery=programs))
    finally:
        ledger.close()
    return changes, report


def tell_of_failure(
    settings: Settings,
    *,
    job: str,
    run_id: str,
    causes: Sequence[Cause],
    now: dt.datetime | None = None,
    dry_run: bool = False,
) -> Report:
    """Tell the data owners why a run failed; the same cause on the same day is told once."""
    moment, manifest = now or settings.now(), read_manifest(settings.current)
    day = moment.astimezone(settings.timezone).date()
    problem = failed_run(
        job,
        [text("notice.step_failed", step=cause.step, why=cause.text) for cause in causes],
        audit=any(cause.is_audit for cause in causes),
        day=day,
        run_id=run_id,
        still_published=manifest.as_of if manifest else None,
    )
    return tell_owners(settings, problem, now=moment, dry_run=dry_run)


def tell_owners(
    settings: Settings, problem: DataProblem, *, now: dt.datetime, dry_run: bool = False
) -> Report:
    """Tell the data owners of a problem; one with the same key is told once."""
    ledger = open_ledger(settings.ledger_url)
    try:
        return notify_data_owners(
            ledger,
            recipient_book(settings).recipients,
            _office(settings, now.astimezone(settings.timezone).date(), Hierarchy()),
            problem,
            now=now,
            outbox_dir=settings.data_dir / OUTBOX,
            dry_run=dry_run,
        )
    finally:
        ledger.close()


def _tell_of_lost_ledger(settings: Settings) -> None:
    lost = lost_ledger(settings)
    if lost is None:
        return
    moment = settings.now()
    day = moment.astimezone(settings.timezone).date()
    tell_owners(settings, gone_ledger(lost.told, day=day), now=moment)
    told_of(settings)


def send_what_waits(settings: Settings, now: dt.datetime | None = None) -> Delivery:
    """Send notices that were held back or failed, without deciding anything new."""
    ledger = open_ledger(settings.ledger_url)
    try:
        book, moment = recipient_book(settings), now or settings.now()
        people = deliver(ledger, book.recipients, now=moment, outbox_dir=settings.data_dir / OUTBOX)
        return together([people, send_to_programs(ledger, book.webhooks, now=moment)])
    finally:
        ledger.close()


def _office(settings: Settings, day: dt.date, hierarchy: Hierarchy) -> Office:
    return Office(
        timezone=settings.timezone,
        currency=settings.company.currency,
        is_workday=workday_test(settings, day),
        first_weekday=settings.company.first_weekday,
        hierarchy=hierarchy,
    )


def recipient_book(settings: Settings) -> RecipientBook:
    """The recipients that can be used; faults of others are logged, and `forewarn check` tells them."""
    problems: list = []
    book = read_recipients(settings.config_dir / "recipients.yml", problems)
    for problem in problems:
        log.warning(text("night.log.recipient_refused", problem=problem.told))
    return book


def links_of(settings: Settings, book: RecipientBook) -> Links:
    """Maker and reader of the signed links in notices."""
    return Links(
        link_key(settings.data_dir),
        book.links.base_url,
        book.links.valid_days,
        settings.now,
    )
