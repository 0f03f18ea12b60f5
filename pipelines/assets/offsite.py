"""The store as two steps of a night: loads go up once they are in, the version once people were told.

Add here: when something goes up, and what its failing stops. Keep out: how (`pipelines/offsite/`).

A night on DuckDB can do without the store: loads that could not go up are said and go up with the version,
whose step then fails and so tells the data owners; what is published stays. A night on Spark reads the loads
at the address, so it ends there, before anything is made.
"""

import dagster as dg

from pipelines.assets.notices import NOTICES
from pipelines.assets.steps import RETRIES, STORED_LOADS, WRITER, failing_clearly, log
from pipelines.failures import Failure
from pipelines.language import text
from pipelines.offsite.following import follow_all, follow_loads
from pipelines.offsite.loads import Sent
from pipelines.settings import Settings
from pipelines.store.address import store_address

STORED_VERSION = dg.AssetKey(["store", "version"])


def offsite_assets(settings: Settings, raw: list[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Two assets where FOREWARN_STORE is set, else none. `raw` are the tables that sources load."""
    if not store_address():
        return []
    spark = settings.engine.engine == "spark"

    @dg.asset(
        key=STORED_LOADS,
        deps=raw,
        group_name="raw",
        kinds={"parquet"},
        required_resource_keys={WRITER},
        retry_policy=RETRIES if spark else None,
    )
    def store_loads() -> dg.MaterializeResult:
        """Raw files at the store's address: what is missing there, the records of the loads last."""
        with failing_clearly():
            sent = Sent(0, 0)
            try:
                sent = follow_loads(settings)
            except Failure as failure:
                if spark:
                    raise
                log.warning(text("night.log.loads_not_stored", why=failure.told))
        return dg.MaterializeResult(metadata={"files": sent.files, "bytes": sent.bytes})

    @dg.asset(
        key=STORED_VERSION,
        # After the notices, so that the copy of the ledger knows who was told.
        deps=[NOTICES],
        group_name="published",
        kinds={"parquet"},
        required_resource_keys={WRITER},
        retry_policy=RETRIES,
    )
    def store_version() -> dg.MaterializeResult:
        """The version at the store's address: whole first, then the pointer, then what may go."""
        with failing_clearly():
            done = follow_all(settings)
            log.info(done.told)
        return dg.MaterializeResult(metadata={"version": done.version or 0})

    return [store_loads, store_version]
