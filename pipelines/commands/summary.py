"""What `forewarn run` prints at its end: how it went, the warnings, and where to look.

Add here: a line of the summary. Keep out: anything that computes a figure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from pipelines.assets.run_failures import Cause
from pipelines.commands.terminal import coloured, say
from pipelines.language import Text, spoken, text
from pipelines.language.alert_parts import without_level
from pipelines.language.figures import figure
from pipelines.language.text import in_words
from pipelines.publishing.versions import read_manifest
from pipelines.reporting.alerts import read_alerts
from pipelines.reporting.marts import Marts
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect

_SHOWN = 8
_STYLES = {"danger": "bad", "warning": "remark"}


def print_summary(settings: Settings) -> None:
    """Rows per source, checks, open cases by level with their sentences, and where to look."""
    manifest = read_manifest(settings.current)
    if manifest is None:
        return
    say()
    published = text("command.run.published", version=manifest.version, day=manifest.as_of)
    say(coloured(str(published), "strong"))
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        for line in (*_sources(connection), _checks(connection)):
            say(f"  {line}")
        for case in say_cases(connection, manifest.as_of):
            say(case)
    reports = settings.reports_dir / manifest.as_of.isoformat()
    say()
    say(text("command.run.where"))
    say(text("command.run.where.report", path=reports / "weekly.html"))
    say(
        text(
            "command.run.where.marts",
            path=settings.current / "forewarn.duckdb",
            parquet=settings.current / "parquet",
        )
    )
    say(text("command.run.where.alerts", command="forewarn alerts list"))
    from pipelines.commands.serving import HOST, board_port

    address = f"http://{HOST}:{board_port(settings)}"
    say(text("command.run.where.board", command="forewarn up", address=address))
    say(text("command.run.where.run", command="forewarn up"))


def _sources(connection: Any) -> list[Text]:
    rows = connection.execute(
        "select source, sum(rows), count(*), count(*) filter (where state not in ('fresh', 'empty')) "
        "from marts.rpt_freshness group by source order by source"
    ).fetchall()
    return [
        text(
            "command.run.source_late" if late else "command.run.source",
            source=source,
            rows=figure(int(total or 0)),
            count=entities,
            late=late,
        )
        for source, total, entities, late in rows
    ]


def _checks(connection: Any) -> Text:
    passed, warned, failed = connection.execute(
        "select count(*) filter (where passed), "
        "count(*) filter (where not passed and severity <> 'error'), "
        "count(*) filter (where not passed and severity = 'error') from marts.rpt_data_quality"
    ).fetchall()[0]
    return text("command.run.checks", passed=passed, warned=warned, failed=failed)


def say_cases(connection: Any, as_of: dt.date) -> Iterator[str]:
    """The lines about open cases, with the numbers that the report has."""
    alerts = read_alerts(Marts(connection), as_of, {})
    counts = alerts.counts
    levels = {"danger": counts.danger, "warning": counts.warning}
    yield f"  {text('command.run.cases', **levels, count=counts.alerts)}"
    for case in alerts.cases[:_SHOWN]:
        name = coloured(str(text(f"command.level.{case.level}")), _STYLES[case.level])
        yield f"    {name}  {without_level(case.lead.message(spoken()))}"
    if counts.cases > _SHOWN:
        yield f"    {text('command.run.more_alerts', more=counts.cases - _SHOWN)}"


def print_failure(causes: Sequence[Cause], *, published: bool = False) -> bool:
    """Print why each step failed; returns whether it was the audit that stopped the run.

    `published`: this run's marts are out, and what failed came after them.
    """
    say()
    key = "command.run.failed_after" if published else "command.run.not_published"
    say(coloured(str(text(key)), "bad"))
    for cause in causes:
        say(text("command.run.cause", step=cause.step, why=in_words(cause.full, spoken())))
    return any(cause.is_audit for cause in causes)
