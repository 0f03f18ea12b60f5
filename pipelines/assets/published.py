"""Publication as an asset: the audited night becomes the version that readers open.

Add here: when the night is published, and what is shown of it. Keep out: how a version is written
(`pipelines/publishing/versions.py`).
"""

import shutil

import dagster as dg
import duckdb

from pipelines.assets.steps import WRITER, failing_clearly, log, night_of
from pipelines.failures import Failure
from pipelines.language import text
from pipelines.publishing.versions import Manifest, publish, read_manifest
from pipelines.settings import Settings
from pipelines.warehouse.dbt_command import company_program
from pipelines.warehouse.workbench import offer_workbench, workbench_path

PUBLISHED = dg.AssetKey(["published", "current"])


def published_asset(settings: Settings, upstream: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """`current/`: the readers' DuckDB file, Parquet and manifest of the last audited night."""

    @dg.asset(
        key=PUBLISHED,
        deps=upstream,
        group_name="published",
        kinds={"duckdb", "parquet"},
        required_resource_keys={WRITER},
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """The marts as readers see them: one version directory, made current by one swap."""
        with failing_clearly():
            night = night_of(context, settings)
            if night.unchanged:
                manifest = read_manifest(settings.current)
                assert manifest is not None  # or the night would not be unchanged
                shutil.rmtree(night.folder, ignore_errors=True)
                log.info(text("night.log.version_stands", version=manifest.version))
            else:
                manifest = publish(settings, night)
                log.info(
                    text(
                        "night.log.published",
                        version=manifest.version,
                        marts=len(manifest.tables),
                    )
                )
                _offer(settings, manifest)
        rows = sum(table["rows"] for table in manifest.tables.values())
        return dg.MaterializeResult(
            metadata={
                "version": manifest.version,
                "as_of": manifest.as_of.isoformat(),
                "tables": len(manifest.tables),
                "dagster/row_count": rows,
                "folder": dg.MetadataValue.path(str(settings.current)),
            }
        )

    return published


def _offer(settings: Settings, manifest: Manifest) -> None:
    """The night's tables for analysts. Published is published: this may fail without failing that."""
    if not workbench_path(settings).exists():
        return
    try:
        first = manifest.version == 1
        program = company_program(settings)
        warehouse = settings.current.resolve() / "warehouse.duckdb"
        offer_workbench(settings, warehouse, program, first=first)
    except (OSError, duckdb.Error, Failure) as error:
        reason = " ".join(str(getattr(error, "strerror", None) or error).split())[:300]
        log.warning(text("night.workbench.stale", reason=reason))
