"""PostgreSQL follows the published version, as a step of its own after the swap.

Add here: when it follows. Keep out: how (`pipelines/publishing/postgres.py`).

A server that cannot be reached fails this step and so the run, and the data owners are told; the
version is published all the same, and nobody waits for it to be told of warnings.
"""

import dagster as dg

from pipelines.assets.published import PUBLISHED
from pipelines.assets.steps import RETRIES, WRITER, failing_clearly, log
from pipelines.language import text
from pipelines.publishing.postgres import follow, publish_url
from pipelines.settings import Settings

FOLLOWED = dg.AssetKey(["published", "postgres"])


def followed_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """One asset where FOREWARN_PUBLISH_URL is set, else none."""
    if not publish_url():
        return []

    @dg.asset(
        key=FOLLOWED,
        deps=[PUBLISHED],
        group_name="published",
        kinds={"postgres"},
        required_resource_keys={WRITER},
        retry_policy=RETRIES,
    )
    def postgres() -> dg.MaterializeResult:
        """The marts in PostgreSQL: filled beside, checked, swapped in one transaction."""
        with failing_clearly():
            url = publish_url()
            assert url is not None  # or this asset would not be
            done = follow(settings, url)
            key = "night.log.followed" if done.new else "night.log.followed_before"
            log.info(text(key, version=done.version, tables=done.tables))
            for remark in done.remarks:
                log.warning("%s", remark)
        return dg.MaterializeResult(
            metadata={"version": done.version, "dagster/row_count": done.rows}
        )

    return [postgres]
