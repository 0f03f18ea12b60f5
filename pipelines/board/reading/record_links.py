"""The way from a record on the board to the same record in its system.

Add here: how another system addresses its records. Keep out: everything about rows.

A source may say how itself (`record_url` in sources.yml, with `{id}`); of Salesforce it is known: an
address of the organisation followed by a record's id leads to that record.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pipelines.configuration.sources import Source

KNOWN = {"salesforce": "{base_url}/{id}"}


def record_link(sources: Sequence[Source], name: str | None, entity: str, ident: str) -> str | None:
    """The address of a record in its system; None where nobody said how."""
    source = next((one for one in sources if one.name == name), None)
    if source is None:
        return None
    pattern = source.record_url or KNOWN.get(source.system)
    if pattern is None:
        return None
    base = (source.base_url or "").rstrip("/")
    # Ids of united sources may carry the source's name in front.
    own = ident.removeprefix(f"{name}:")
    return (
        pattern.replace("{base_url}", base)
        .replace("{entity}", entity)
        .replace("{id}", quote(own, safe=""))
    )
