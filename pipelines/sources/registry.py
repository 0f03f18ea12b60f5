"""Which module serves which system.

Add here: one line per system. Keep out: anything a system does.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.settings import Settings
from pipelines.sources.protocol import Connector

# system -> (module, class); imported when first used, so that an unused system costs nothing.
CONNECTORS: dict[str, tuple[str, str]] = {
    "spreadsheet": ("pipelines.sources.spreadsheet.connector", "SpreadsheetConnector"),
    "salesforce": ("pipelines.sources.salesforce", "SalesforceConnector"),
    "zoho": ("pipelines.sources.zoho", "ZohoConnector"),
    "jiandaoyun": ("pipelines.sources.jiandaoyun", "JiandaoyunConnector"),
    "kingdee": ("pipelines.sources.kingdee", "KingdeeConnector"),
    "neocrm": ("pipelines.sources.neocrm", "NeocrmConnector"),
    "fxiaoke": ("pipelines.sources.fxiaoke", "FxiaokeConnector"),
}


def connector_of(source: Source, settings: Settings) -> Connector:
    """The connector of a configured source; no secret is read and nothing is called yet."""
    module, name = CONNECTORS[source.system]
    return cast(Connector, getattr(import_module(module), name)(source, settings))


def raw_tables(system: str) -> tuple[str, ...]:
    """The raw tables a system can fill: the canonical entities, or the module's `TABLES`."""
    if system == "spreadsheet":
        return tuple(ENTITIES)
    return tuple(import_module(CONNECTORS[system][0]).TABLES)
