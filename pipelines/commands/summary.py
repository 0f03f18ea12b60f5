"""What `forewarn run` prints at its end: how it went, the warnings, and where to look.

Add here: a line of the summary. Keep out: anything that computes a figure.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from pipelines.assets.run_failures import Cause
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.binding import connect


def print_summary(settings: Settings) -> None:
    """Rows per source, checks, open alerts by level with their sentences, and where to look."""
    manifest = read_manifest(settings.current)
    if manifest is None:
        return
    with connect(settings.current / "forewarn.duckdb", read_only=True) as connection:
        lines = [
            "",
            f"Published version {manifest.version} as of {manifest.as_of}",
            *_sources(connection),
            *_checks(connection),
            *_alerts(connection),
        ]
    reports = settings.reports_dir / manifest.as_of.isoformat()
    lines += [
        "",
        "Where to look",
        f"  report      {reports / 'weekly.html'}",
        f"  marts       {settings.current / 'forewarn.duckdb'} (schema marts), {settings.current / 'parquet'}",
        "  warnings    forewarn alerts list",
        "  the run     forewarn up",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _sources(connection: Any) -> list[str]:
    rows = connection.execute(
        "select source, sum(rows), count(*), count(*) filter (where state not in ('fresh', 'empty')) "
        "from marts.rpt_freshness group by source order by source"
    ).fetchall()
    return [
        f"  {source}: {int(total or 0):,} rows in {entities} entities"
        + (f", {late} late or failed" if late else "")
        for source, total, entities, late in rows
    ]


def _checks(connection: Any) -> list[str]:
    passed, warned, failed = connection.execute(
        "select count(*) filter (where passed), "
        "count(*) filter (where not passed and severity <> 'error'), "
        "count(*) filter (where not passed and severity = 'error') from marts.rpt_data_quality"
    ).fetchall()[0]
    return [f"  checks: {passed} passed, {warned} with findings, {failed} failed"]


def _alerts(connection: Any) -> list[str]:
    rows = connection.execute(
        "select level, message from marts.fct_alerts where state = 'open' "
        "order by level, coalesce(amount_at_risk, 0) * coalesce(probability, 1) desc, alert_id"
    ).fetchall()
    counts = {
        level: sum(1 for found, _ in rows if found == level) for level in ("danger", "warning")
    }
    lines = [f"  open alerts: {counts['danger']} 危险 danger, {counts['warning']} 警戒 warning"]
    lines += [
        f"    {'危险' if level == 'danger' else '警戒'}  {message}" for level, message in rows[:8]
    ]
    if len(rows) > 8:
        lines.append(f"    ... and {len(rows) - 8} more")
    return lines


def print_failure(causes: Sequence[Cause]) -> bool:
    """Print why each step failed; returns whether it was the audit that stopped the run."""
    sys.stdout.write("\nNothing was published; readers keep the last version.\n")
    sys.stdout.writelines(f"  {cause.step}: {cause.full}\n" for cause in causes)
    return any(cause.is_audit for cause in causes)
