"""The tenant's small lists: stages, record types, objects, currencies; read whole every night.

Add here: another list by which staging decodes values. Keep out: records of people and deals.

Assumptions: one list of stages per record type of opportunities. If the stage list cannot be had,
the entries of the field saleStageId stand in. A list that is refused leaves a remark, since values
then stay as they are written in the records. The key of a stage's own state (open, won, lost) is not
known, so the whole answer is kept in `raw`, and the company's stages.csv decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pyarrow as pa

from pipelines.language import Text, text
from pipelines.sources.http import Refusal
from pipelines.sources.neocrm.objects import BUSI_TYPE, CURRENCY, STAGE, XOBJECT
from pipelines.sources.neocrm.records import text_of
from pipelines.sources.neocrm.tenant import Described, Tenant
from pipelines.sources.protocol import Batch, Extract, joined
from pipelines.sources.record_types import RecordType, chosen

_TYPED = ("opportunity", "activityRecord")
_DEFAULT_TYPE = "defaultBusiType"
Rows = list[dict[str, Any]]


def read_lists(tenant: Tenant, opportunity: Described | None) -> Iterator[Batch | Extract]:
    """All lists, each with its extract."""
    types, notes = busi_types(tenant)
    yield from _loaded("busi_type", BUSI_TYPE, types, notes)
    yield from _loaded("stage", STAGE, *stages(tenant, types, opportunity))
    for table, schema, rows in (
        ("xobject", XOBJECT, _xobjects),
        ("currency", CURRENCY, _currencies),
    ):
        try:
            yield from _loaded(table, schema, rows(tenant), [])
        except Refusal as refusal:
            yield from _loaded(table, schema, [], [refusal.words])


def busi_types(tenant: Tenant) -> tuple[Rows, list[Text]]:
    """Record types of the objects that have several."""
    rows: Rows = []
    notes: list[Text] = []
    for name in _TYPED:
        try:
            records = tenant.busi_types(name)
        except Refusal as refusal:
            why = refusal.words
            notes.append(text("sources.neocrm.record_types", name=name, why=why))
            continue
        for record in records:
            rows.append(
                {
                    "object": name,
                    "id": _text(record.get("id")),
                    "label": _text(record.get("label")),
                    "api_key": _text(record.get("apiKey")),
                }
            )
    return rows, notes


def types_of(tenant: Tenant, name: str, entity: str | None) -> tuple[str, ...]:
    """Ids of an object's record types that count; empty if the options say nothing of them.

    Raises `PermanentFailure` naming those that the tenant has not.
    """
    wanted = tenant.options.types_of(entity)
    if not wanted:
        return ()
    there = [
        RecordType(str(item.get("id")), (str(item.get("label")), str(item.get("apiKey"))))
        for item in tenant.busi_types(name)
    ]
    return chosen(tenant.name, name, entity or "", wanted, there)


def stages(tenant: Tenant, types: Rows, opportunity: Described | None) -> tuple[Rows, list[Text]]:
    """The stages of all record types of opportunities; a stage of several types stands once each."""
    keys = [row["api_key"] for row in types if row["object"] == "opportunity" and row["api_key"]]
    rows: Rows = []
    notes: list[Text] = []
    for key in keys or [_DEFAULT_TYPE]:
        try:
            records = tenant.stages(key)
        except Refusal as refusal:
            why = refusal.words
            notes.append(text("sources.neocrm.stages_of", key=key, why=why))
            continue
        rows += [_stage(key, r.get("stageName"), r.get("order"), r) for r in records]
    if not rows and opportunity is not None:
        entries = opportunity.entries.get("saleStageId", [])
        rows = [_stage("", entry.get("label"), None, entry) for entry in entries]
    return rows, notes


def _stage(busi_type: str, name: Any, order: Any, record: dict[str, Any]) -> dict[str, Any]:
    percent = record.get("percent")
    return {
        "id": _text(record.get("id", record.get("value"))),
        "entity_type": busi_type,
        "stage_name": _text(name),
        "percent": None if percent in (None, "") else str(percent),
        "stage_order": int(order) if str(order).isdigit() else None,
        "raw": orjson.dumps(record, option=orjson.OPT_SORT_KEYS).decode(),
    }


def _xobjects(tenant: Tenant) -> Rows:
    return [
        {
            "object_id": _text(record.get("objectId")),
            "api_key": _text(record.get("apiKey")),
            "label": _text(record.get("label")),
        }
        for record in tenant.xobjects()
    ]


def _currencies(tenant: Tenant) -> Rows:
    return [
        {
            "label": _text(record.get("label")),
            "code": _text(record.get("code")),
            "currency_code": _text(record.get("currencyCode")),
            "rate": None if record.get("rate") in (None, "") else str(record["rate"]),
        }
        for record in tenant.currencies()
    ]


def _text(value: Any) -> str | None:
    text = text_of(value)
    return None if text in (None, "") else str(text)


def _loaded(
    table: str, schema: pa.Schema, rows: Rows, notes: list[Text]
) -> Iterator[Batch | Extract]:
    columns = [
        # Decimals come as texts, which Arrow reads digit by digit.
        pa.array([row[field.name] for row in rows], pa.string()).cast(field.type)
        if pa.types.is_decimal(field.type)
        else pa.array([row[field.name] for row in rows], field.type)
        for field in schema
    ]
    yield Batch(table, pa.Table.from_arrays(columns, schema=schema))
    told = joined(notes)
    yield Extract(table, rows=len(rows), message=told or None)
