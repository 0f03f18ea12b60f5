"""The weekly report as an asset, written from the published version.

Add here: when a report is written. Keep out: what it shows (`pipelines/reporting/`).
"""

import dagster as dg

from pipelines.assets.notices import recipient_book
from pipelines.assets.published import PUBLISHED
from pipelines.assets.steps import failing_clearly, log
from pipelines.language import text
from pipelines.publishing.versions import read_manifest
from pipelines.reporting.weekly import write_weekly_report
from pipelines.settings import Settings

WEEKLY = dg.AssetKey(["reports", "weekly"])


def report_asset(settings: Settings) -> dg.AssetsDefinition:
    """`reports/<day>/weekly.html`, the same in the other language, and the workbook."""

    @dg.asset(key=WEEKLY, deps=[PUBLISHED], group_name="reports")
    def weekly(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The weekly progress and risk report of the published day."""
        with failing_clearly():
            manifest = read_manifest(settings.current)
            assert manifest is not None  # the publication is upstream
            folder = settings.reports_dir / manifest.as_of.isoformat()
            written = write_weekly_report(
                settings.current / "forewarn.duckdb",
                folder,
                company=settings.company,
                as_of=manifest.as_of,
                board=recipient_book(settings).links.base_url,
            )
            log.info(text("night.log.report", path=written[0]))
        return dg.MaterializeResult(
            metadata={path.name: dg.MetadataValue.path(str(path)) for path in written}
        )

    return weekly
