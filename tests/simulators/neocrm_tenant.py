"""The records of a simulated 销售易 tenant: edits, deletions, stamps, the log of changes.

Add here: what happens to records. Keep out: how they are asked for (`neocrm.py`).

Moments are milliseconds. Deleting is for good: nothing tells that a record was there.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from simulators.neocrm_schema import OBJECT_IDS, SCHEMA, STAGES, TRACKED, XOQL_NAMES


class Tenant:
    """Records by object and id. `hidden`: fields without read access; `closed`: objects that XOQL
    does not know (290008); `forbidden`: objects without rights (290014); `unlogged`: no history.
    """

    def __init__(self) -> None:
        self.schema = {name: dict(fields) for name, fields in SCHEMA.items()}
        self.records: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in self.schema}
        self.hidden: set[tuple[str, str]] = set()
        self.undescribed: set[tuple[str, str]] = set()
        self.closed: set[str] = set()
        self.forbidden: set[str] = set()
        self.object_ids = dict(OBJECT_IDS)
        self.stages = dict(STAGES)
        self.busi_types: dict[str, list[dict[str, Any]]] = {
            "opportunity": [{"id": 7001, "label": "默认", "apiKey": "defaultBusiType"}],
            "activityRecord": [{"id": 7101, "label": "电话", "apiKey": "defaultBusiType"}],
        }
        self.log: list[dict[str, Any]] = []
        self.untracked: set[str] = set()
        self._numbers = itertools.count(1)

    def object_of(self, xoql_name: str) -> str | None:
        """The API key behind a name in FROM; `order` is no such name."""
        for name in self.schema:
            if XOQL_NAMES.get(name, name) == xoql_name:
                return name
        return None

    def add_object(self, name: str, fields: dict[str, str]) -> None:
        stamps = {"id": "id", "createdAt": "datetime", "updatedAt": "datetime"}
        self.schema[name] = {**stamps, **fields}
        self.records.setdefault(name, {})
        self.object_ids.setdefault(name, str(1_000 + len(self.object_ids)))

    def add_field(self, name: str, field: str, kind: str = "text") -> None:
        self.schema[name][field] = kind

    def new_id(self) -> str:
        return str(1_481_294_000_000_000 + next(self._numbers))

    def put(
        self, name: str, now: dt.datetime, record_id: str | None = None, /, **values: Any
    ) -> str:
        """Create or edit a record; tracked fields of opportunities are logged."""
        unknown = set(values) - set(self.schema[name])
        assert not unknown, f"{name} has no {unknown}"
        at = milliseconds(now)
        record_id = record_id or self.new_id()
        record = self.records[name].get(record_id)
        if record is None:
            record = self.records[name][record_id] = {"id": record_id, "createdAt": at}
        elif name == "opportunity":
            for field in TRACKED:
                if field in values and values[field] != record.get(field):
                    self.write_log(record_id, field, record.get(field), values[field], at)
            if values.get("saleStageId", record.get("saleStageId")) != record.get("saleStageId"):
                record["stageUpdatedAt"] = at
        record.update({"updatedAt": at, **values})
        return record_id

    def write_log(self, record_id: str, field: str, old: Any, new: Any, at: int) -> None:
        if field in self.untracked:
            return
        names = {details[0]: stage for stage, details in self.stages.items()}
        if field == "saleStageId":  # the log shows names, not ids
            old, new = names.get(old, old), names.get(new, new)
        self.log.append(
            {
                "logId": str(90_000 + len(self.log)),
                "dataId": record_id,
                "itemApiKey": field,
                "oldValue": "" if old is None else str(old),
                "newValue": "" if new is None else str(new),
                "createdAt": at,
            }
        )

    def delete(self, name: str, record_id: str) -> None:
        """Gone without a trace; its log stays."""
        self.records[name].pop(record_id, None)


def milliseconds(moment: dt.datetime) -> int:
    return round(moment.timestamp() * 1_000)
