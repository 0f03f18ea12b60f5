"""Assembly of the code location, and nothing else: `build_defs(settings)`.

Add here: a new family of assets to the list. Keep out: their logic.
"""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from pipelines.assets.alerts import alert_assets
from pipelines.assets.audits import GATE, marts_audit, raw_audit
from pipelines.assets.bound import bound_assets
from pipelines.assets.dbt_models import dbt_model_assets
from pipelines.assets.dead_runs import close_dead_runs
from pipelines.assets.followed import followed_assets
from pipelines.assets.heartbeat import heartbeat_assets
from pipelines.assets.notices import notice_asset
from pipelines.assets.offsite import offsite_assets
from pipelines.assets.published import published_asset
from pipelines.assets.raw import raw_assets
from pipelines.assets.reports import report_asset
from pipelines.assets.steps import WRITER, writer_resource
from pipelines.nights.event_storage import ease_event_storage
from pipelines.nights.privacy import keep_files_private
from pipelines.nights.redaction import redact_logs
from pipelines.schedules import (
    NIGHTLY,
    failure_sensor,
    maintenance_job,
    nightly_job,
    outbox_sensor,
    schedules,
    sheets_sensor,
    weekly_report_job,
)
from pipelines.settings import Settings, config_dir_of, load_settings
from pipelines.warehouse.dbt_command import prepared_manifest


def build_defs(settings: Settings) -> dg.Definitions:
    """Everything Dagster runs for one company; needs no secret and calls no source."""
    # Every process that runs anything comes by here, before its first event.
    ease_event_storage()
    models = dbt_model_assets(settings, prepared_manifest(settings))
    marts = sorted(key for key in models.keys if key.path[0] == "marts")
    raw = raw_assets(settings)
    alerts = alert_assets(settings, gate=GATE)
    alert_keys = sorted(key for asset in alerts for key in asset.keys)
    nightly, weekly = nightly_job(settings), weekly_report_job()
    maintenance = maintenance_job(settings)
    return dg.Definitions(
        assets=[
            *raw,
            *bound_assets(settings),
            models,
            *alerts,
            published_asset(settings, upstream=[*marts, *alert_keys]),
            *followed_assets(settings),
            notice_asset(settings),
            *offsite_assets(settings, sorted(key for asset in raw for key in asset.keys)),
            report_asset(settings),
            *heartbeat_assets(),
        ],
        asset_checks=[raw_audit(settings), marts_audit(settings, marts)],
        resources={WRITER: writer_resource(settings, _close_dead(settings))},
        jobs=[nightly, weekly, maintenance],
        schedules=schedules(settings, nightly, weekly, maintenance),
        sensors=[
            sheets_sensor(settings),
            outbox_sensor(settings),
            failure_sensor(settings, nightly, weekly, maintenance),
        ],
        # One process for a run: the writer lock is held by the process that writes.
        executor=dg.in_process_executor,
    )


def _close_dead(settings: Settings) -> Callable[[dg.InitResourceContext], object]:
    def close(context: dg.InitResourceContext) -> object:
        instance, run = context.instance, context.run_id or ""
        return close_dead_runs(settings, instance, NIGHTLY, own_run=run) if instance else []

    return close


@dg.definitions
def defs() -> dg.Definitions:
    """What `workspace.yaml` loads; built when Dagster asks, so that an import reads no file."""
    keep_files_private()
    redact_logs(config_dir_of())
    return build_defs(load_settings())
