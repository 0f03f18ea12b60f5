"""Which module serves which system.

Add here: one line per system. Keep out: anything a system does.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.failures import PermanentFailure
from pipelines.settings import Settings
from pipelines.sources.protocol import Connector

# system -> (module, class); imported when first used, so that an unused system costs nothing.
CONNECTORS: dict[str, tuple[str, str]] = {
    "spreadsheet": ("pipelines.sources.spreadsheet", "SpreadsheetConnector"),
    "salesforce": ("pipelines.sources.salesforce", "SalesforceConnector"),
    "zoho": ("pipelines.sources.zoho", "ZohoConnector"),
    "jiandaoyun": ("pipelines.sources.jiandaoyun", "JiandaoyunConnector"),
    "kingdee": ("pipelines.sources.kingdee", "KingdeeConnector"),
    "neocrm": ("pipelines.sources.neocrm", "NeocrmConnector"),
    "fxiaoke": ("pipelines.sources.fxiaoke", "FxiaokeConnector"),
}


# Systems whose rows would reach no mart yet, and what is missing.
NOT_READY = {
    "kingdee": "its staging models",
    "neocrm": "its staging models",
    "fxiaoke": "its tests and its staging models",
}


def refuse_unready(settings: Settings) -> None:
    """Raise `PermanentFailure` if a source is of a system that cannot be built from yet."""
    for source in settings.sources:
        if source.system in NOT_READY:
            raise PermanentFailure(
                f"Could not take up source {source.name}",
                where="sources.yml",
                cause=f"system {source.system} is not ready in this version: {NOT_READY[source.system]} are missing",
                next_step="take the source out, or export its tables to sheets for now",
            )


def connector_of(source: Source, settings: Settings) -> Connector:
    """The connector of a configured source; no secret is read and nothing is called yet."""
    module, name = CONNECTORS[source.system]
    return cast(Connector, getattr(import_module(module), name)(source, settings))


def raw_tables(system: str) -> tuple[str, ...]:
    """The raw tables a system can fill: the canonical entities, or the module's `TABLES`."""
    if system == "spreadsheet":
        return tuple(ENTITIES)
    return tuple(import_module(CONNECTORS[system][0]).TABLES)
