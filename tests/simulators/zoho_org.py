"""The records of a simulated Zoho organisation, and what happens to them.

Add here: behaviour of records (stage tracker, recycle bin). Keep out: HTTP (`zoho.py`).

Values are kept as Python: moments in UTC, days as dates, lookups as ids. Times have whole seconds.
"""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

from simulators.zoho_schema import SCHEMA, STAGES, TARGETS, TITLES

Record = dict[str, Any]
ROOT = "4970762000000"


class ZohoOrg:
    """One organisation; its clock is set by the simulator before each change."""

    def __init__(self, clock: dt.datetime, zone: str, *, multi_currency: bool) -> None:
        self.clock, self.zone = clock, ZoneInfo(zone)
        self.multi_currency = multi_currency
        self.fields = {module: dict(fields) for module, fields in SCHEMA.items()}
        if multi_currency:
            for module in ("Deals", "Sales_Orders"):
                self.fields[module] |= {"Currency": "picklist", "Exchange_Rate": "double"}
        self.records: dict[str, dict[str, Record]] = defaultdict(dict)
        self.deleted: dict[str, dict[str, Record]] = defaultdict(dict)
        self.users: dict[str, Record] = {}
        self.roles: dict[str, Record] = {}
        self.groups: dict[str, list[Record]] = {}  # by user
        self.layouts: dict[str, dict[str, str]] = {}  # module -> id -> name
        self.stages: list[tuple[str, str]] = list(STAGES)
        self.org: Record = {
            "id": f"{ROOT}000001",
            "company_name": "Simulated Ltd",
            "time_zone": zone,
            "iso_code": "EUR",
            "mc_status": multi_currency,
            "type": "Production",
            "hierarchy_preferences": {"type": "Reporting_To_Hierarchy"},
        }
        self._numbers = itertools.count(326001)
        self._order: dict[str, list[tuple[dt.datetime, int]]] = {}

    # Changes ------------------------------------------------------------------------------------

    def put(self, module: str, record_id: str | None = None, **values: Any) -> str:
        """Create or change a record; a given `Modified_Time` or `Created_Time` is kept."""
        key = record_id or f"{ROOT}{next(self._numbers):06d}"
        now = self.clock.replace(microsecond=0)
        unknown = set(values) - set(self.fields[module])
        assert not unknown, f"{module} has no {unknown}"
        before = self.records[module].get(key)
        record = {
            **(before or dict.fromkeys(self.fields[module])),
            "id": key,
            "Modified_Time": now,
            **values,
        }
        if "Created_Time" in self.fields[module]:
            record["Created_Time"] = record["Created_Time"] or now
        self.records[module][key] = record
        self._order.pop(module, None)
        if (
            module == "Deals"
            and "Stage" in values
            and (before or {}).get("Stage") != values["Stage"]
        ):
            self._track(record)
        return key

    def _track(self, deal: Record) -> None:
        """The tracker: the row of the left stage gets its duration, a new one begins."""
        for row in self.records["DealHistory"].values():
            if row["Potential_Name"] == deal["id"] and row["Moved_To__s"] is None:
                row["Moved_To__s"] = deal["Stage"]
                gone = deal["Modified_Time"] - row["Modified_Time"]
                row["Stage_Duration_Calendar_Days"] = gone.days
        self.put(
            "DealHistory",
            Potential_Name=deal["id"],
            Stage=deal["Stage"],
            Amount=deal["Amount"],
            Modified_Time=deal["Modified_Time"],
            Modified_By=deal["Owner"],
        )

    def delete(self, module: str, record_id: str) -> None:
        """Into the recycle bin; the tracker's rows of a deal lose their parent."""
        record = self.records[module].pop(record_id)
        self.deleted[module][record_id] = {
            "id": record_id,
            "display_name": record.get(TITLES.get(module, "")),
            "type": "recycle",
            "deleted_time": self.clock.replace(microsecond=0),
            "record": record,
        }
        self._order.pop(module, None)
        if module == "Deals":
            for row in self.records["DealHistory"].values():
                if row["Potential_Name"] == record_id:
                    row["Potential_Name"] = None

    def purge(self, module: str, record_id: str, *, listed: bool = True) -> None:
        """Delete for good; not `listed`: so long ago that no list tells of it."""
        if record_id in self.records[module]:
            self.delete(module, record_id)
        entry = self.deleted[module][record_id]
        entry |= {"display_name": None, "type": "permanent", "record": None}
        if not listed:
            del self.deleted[module][record_id]

    def restore(self, module: str, record_id: str) -> None:
        """Out of the recycle bin, with a new time of change."""
        record = self.deleted[module].pop(record_id)["record"]
        values = {key: value for key, value in record.items() if key not in ("id", "Modified_Time")}
        self.put(module, record_id, **values)

    def add_module(self, name: str, **fields: str) -> None:
        """A module of the company's own: field -> data type, beside what every module has."""
        self.fields[name] = {
            "id": "bigint",
            "Created_Time": "datetime",
            "Modified_Time": "datetime",
            "Owner": "ownerlookup",
            **({"Currency": "picklist"} if self.multi_currency else {}),
            **fields,
        }

    def reckon(self, module: str, record_id: str, **values: Any) -> None:
        """A formula or roll-up gets another value: no time of change moves."""
        self.records[module][record_id] |= values

    def add_field(self, module: str, name: str, kind: str) -> None:
        self.fields[module][name] = kind
        for record in self.records[module].values():
            record.setdefault(name, None)

    def drop_field(self, module: str, name: str) -> None:
        del self.fields[module][name]

    def add_role(self, name: str, parent: str | None = None, role_id: str | None = None) -> str:
        key = role_id or f"{ROOT}{next(self._numbers):06d}"
        self.roles[key] = {"id": key, "name": name, "parent": parent}
        return key

    def add_user(self, full_name: str, user_id: str | None = None, **values: Any) -> str:
        key = user_id or f"{ROOT}{next(self._numbers):06d}"
        self.users[key] = {
            "id": key,
            "full_name": full_name,
            "email": None,
            "status": "active",
            "role": None,
            "Reporting_To": None,
            "created_time": self.clock.replace(microsecond=0),
            **values,
        }
        return key

    # Reading ------------------------------------------------------------------------------------

    def changed(self, module: str, since: dt.datetime | None) -> list[str]:
        """Ids in the order of their last change, from that second on (all, without `since`)."""
        order = self._order.get(module)
        if order is None:
            order = sorted((r["Modified_Time"], int(k)) for k, r in self.records[module].items())
            self._order[module] = order
        start = 0 if since is None else bisect.bisect_left(order, (since, -1))
        return [str(key) for _, key in order[start:]]

    def shown(self, module: str, record: Record, names: list[str]) -> Record:
        """A record as lists show it: lookups with names, times with the offset of their day."""
        result = {name: self._value(module, name, record.get(name)) for name in names}
        return {**result, "id": record["id"], "$currency_symbol": "€", "$editable": True}

    def _value(self, module: str, name: str, value: Any) -> Any:
        if value is None:
            return None
        kind = self.fields[module].get(name)
        if kind == "datetime":
            return self.local(value)
        if kind == "date":
            return value.isoformat()
        if kind == "ownerlookup":
            user = self.users.get(value, {})
            return {"name": user.get("full_name"), "id": value, "email": user.get("email")}
        if kind == "layout":
            return {"name": self.layouts[module][value], "id": value}
        if kind == "lookup":
            return {"name": self._title(name, value), "id": value}
        return float(value) if kind in ("currency", "double", "formula") else value

    def _title(self, name: str, value: str) -> Any:
        for module in TARGETS.get(name, ()):
            if value in self.records[module]:
                return self.records[module][value].get(TITLES[module])
        return None

    def local(self, moment: dt.datetime) -> str:
        return moment.astimezone(self.zone).isoformat(timespec="seconds")

    def cell(self, module: str, name: str, value: Any) -> str:
        """A value as Bulk Read writes it: bare ids, empty for null."""
        if value is None:
            return ""
        kind = self.fields[module].get(name)
        if kind == "datetime":
            return self.local(value)
        if kind == "date":
            return value.isoformat()
        if kind == "boolean":
            return "true" if value else "false"
        return str(value)
