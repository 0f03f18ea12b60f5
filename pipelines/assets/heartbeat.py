"""The heartbeat as the last step of a night: called once the marts are out and people are told.

Add here: when the heartbeat is called. Keep out: how (`pipelines/upkeep/heartbeat.py`).
"""

import os

import dagster as dg

from pipelines.assets.notices import NOTICES
from pipelines.assets.reports import WEEKLY
from pipelines.assets.steps import log
from pipelines.upkeep.heartbeat import URL, beat

HEARTBEAT = dg.AssetKey(["told", "heartbeat"])


def heartbeat_assets() -> list[dg.AssetsDefinition]:
    """One asset where FOREWARN_HEARTBEAT_URL is set, else none."""
    if not os.environ.get(URL):
        return []

    @dg.asset(key=HEARTBEAT, deps=[NOTICES, WEEKLY], group_name="alerts")
    def heartbeat() -> None:
        """Tells the monitor outside that the night went well."""
        said = beat()
        if said is not None:
            log.info("%s", said)

    return [heartbeat]
