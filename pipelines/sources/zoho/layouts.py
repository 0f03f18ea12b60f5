"""Layouts, by which Zoho tells record types apart: which a module has, and records of those that count.

Add here: another question about layouts. Keep out: fields of modules (`metadata.py`).

Lists of records take no conditions, so records of other layouts come as well and are left out here:
of an increment as deleted ones, since they may have had a layout that counts before. Whether Bulk
Read tells the layout is not documented; a module with `record_types` is read by pages.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.record_types import RecordType, chosen
from pipelines.sources.zoho.modules import STAMP, ZohoModule
from pipelines.sources.zoho.session import Session

LAYOUT = "Layout"
Records = list[dict[str, Any]]


def layouts_of(session: Session, module: ZohoModule) -> tuple[str, ...]:
    """Ids of a module's layouts that count; empty if the options say nothing of them.

    Raises `PermanentFailure` naming those that the module has not.
    """
    wanted = session.options.types_of(module.entity)
    if not wanted:
        return ()
    content = session.get(
        "settings/layouts",
        {"module": module.name},
        expect={"layouts": list},
        tried=text("sources.could_not_list_types", name=module.name),
    )
    there = [
        RecordType(str(item.get("id")), (str(item.get("name")), str(item.get("display_label"))))
        for item in (content["layouts"] if content else ())
    ]
    return chosen("Zoho CRM", module.name, module.entity or "", wanted, there)


def divided(records: Records, layouts: tuple[str, ...], module: str) -> tuple[Records, Records]:
    """Records that count and the others. Raises `PermanentFailure` for one without a layout."""
    mine: Records = []
    others: Records = []
    for record in records:
        layout = record.get(LAYOUT)
        key = layout.get("id") if isinstance(layout, dict) else layout
        if key is None:
            raise PermanentFailure(
                text("sources.zoho.could_not_read_module", name=module),
                cause=text("sources.zoho.record_without_readable", STAMP=LAYOUT),
                next_step=text("sources.zoho.give_integration_user_right_view"),
            )
        (mine if str(key) in layouts else others).append(record)
    return mine, others


def gone(records: Records) -> list[tuple[dt.datetime, str]]:
    """When and which records changed into another layout."""
    return [(dt.datetime.fromisoformat(r[STAMP]).astimezone(dt.UTC), str(r["id"])) for r in records]
