"""The records of the simulated org, and what users and administrators do to them.

Add here: something that happens to records in an org. Keep out: how it is asked for by HTTP
(`salesforce.py`) and SOQL itself (`soql.py`).

Values are Python ones; times are UTC with whole seconds. Every change moves SystemModstamp, except
where a method says that it does not.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from simulators.salesforce_schema import PREFIXES, SCHEMA, WITH_CURRENCY
from simulators.soql import Query, SoqlError

_TRACKED = {"StageName", "Amount", "CloseDate"}


@dataclass
class Org:
    """One org. `clock` is given by the simulator; `multi_currency` adds CurrencyIsoCode."""

    clock: dt.datetime
    multi_currency: bool = False
    records: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {name: {} for name in SCHEMA}
    )
    hidden: set[str] = field(default_factory=set)  # `Opportunity` or `Opportunity.Amount`
    custom: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    deletions: list[tuple[str, str, dt.datetime]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    sharing: dict[str, str] = field(default_factory=dict)  # object -> InternalSharingModel
    view_all_data: bool = True
    view_all: set[str] = field(default_factory=set)  # objects of which the user sees all records
    # Object -> id, developer name and label of its record types.
    record_types: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)  # formulas and roll-ups, as `Account.Grade__c`

    # Structure --------------------------------------------------------------------------------

    def fields_of(self, name: str) -> dict[str, str]:
        """Visible fields and their types. Raises `SoqlError` INVALID_TYPE for hidden objects."""
        if (name not in SCHEMA and name not in self.custom) or name in self.hidden:
            raise SoqlError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        fields = {**SCHEMA.get(name, SCHEMA["Product2"]), **self.custom.get(name, {})}
        if self.multi_currency and name in WITH_CURRENCY:
            fields["CurrencyIsoCode"] = "picklist"
        return {key: kind for key, kind in fields.items() if f"{name}.{key}" not in self.hidden}

    def add_field(self, name: str, field_name: str, kind: str = "string") -> None:
        """A custom field, or with a new name a custom object."""
        self.custom[name][field_name] = kind
        self.records.setdefault(name, {})

    # What users do ----------------------------------------------------------------------------

    def add_record_type(self, name: str, called: str, label: str) -> str:
        """A record type of an object; returns its id."""
        self.add_field(name, "RecordTypeId", "reference")
        types = self.record_types.setdefault(name, [])
        types.append((f"012{len(types) + 1:012d}AAA", called, label))
        return types[-1][0]

    def new_id(self, name: str) -> str:
        self.numbers[name] += 1
        return f"{PREFIXES.get(name, 'a00')}{self.numbers[name]:012d}AAA"

    def put(self, name: str, **values: Any) -> str:
        """Create a record, or change the one with this Id; returns the Id."""
        now = self.clock.replace(microsecond=0)
        record_id = values.pop("Id", None) or self.new_id(name)
        table = self.records[name]
        old = table.get(record_id)
        fields = {**SCHEMA.get(name, SCHEMA["Product2"]), **self.custom.get(name, {})}
        if old is None:
            record = {key: False if kind == "boolean" else None for key, kind in fields.items()}
            record |= {"Id": record_id, "CreatedDate": now, "IsDeleted": False}
        else:
            record = dict(old)
        record |= {"LastModifiedDate": now, "SystemModstamp": now, **values}
        table[record_id] = record
        if name == "Opportunity":
            self._keep_history(old, record, values)
        return record_id

    def _keep_history(
        self, old: dict[str, Any] | None, new: dict[str, Any], given: dict[str, Any]
    ) -> None:
        at = given.get("SystemModstamp") or self.clock.replace(microsecond=0)
        if old is None:
            at = new["CreatedDate"]
        if old is None or any(old[key] != new[key] for key in _TRACKED):
            self.put(
                "OpportunityHistory",
                OpportunityId=new["Id"],
                CreatedById=new["OwnerId"],
                CreatedDate=at,
                SystemModstamp=at,
                **{key: new[key] for key in _TRACKED},
            )
        if old is not None and old["OwnerId"] != new["OwnerId"]:
            # A lookup leaves two rows: the name and the id.
            for kind, before, after in (
                ("Text", f"Name of {old['OwnerId']}", f"Name of {new['OwnerId']}"),
                ("EntityId", old["OwnerId"], new["OwnerId"]),
            ):
                self.put(
                    "OpportunityFieldHistory",
                    OpportunityId=new["Id"],
                    Field="Owner",
                    DataType=kind,
                    OldValue=before,
                    NewValue=after,
                    CreatedDate=at,
                )

    def delete(self, name: str, record_id: str) -> None:
        """Into the recycle bin: the row stays, flagged; children of an opportunity go with it."""
        now = self.clock.replace(microsecond=0)
        record = self.records[name][record_id]
        self.records[name][record_id] = {**record, "IsDeleted": True, "SystemModstamp": now}
        self.deletions.append((name, record_id, now))
        if name == "Opportunity":
            for child in ("OpportunityHistory", "OpportunityFieldHistory"):
                for key, row in list(self.records[child].items()):
                    if row["OpportunityId"] == record_id:
                        del self.records[child][key]

    def purge(self, name: str, record_id: str, *, logged: bool = True) -> None:
        """Out of the recycle bin: the row is gone. Not `logged`: the deletion log has been cut."""
        if not self.records[name][record_id].get("IsDeleted"):
            self.delete(name, record_id)
        del self.records[name][record_id]
        if not logged:
            self.deletions = [d for d in self.deletions if d[:2] != (name, record_id)]

    def undelete(self, name: str, record_id: str) -> None:
        self.put(name, Id=record_id, IsDeleted=False)

    def merge(self, name: str, winner: str, loser: str) -> None:
        """The loser's children go to the winner, it is deleted and names the winner."""
        for child in ("Contact", "Opportunity"):
            for key, row in list(self.records[child].items()):
                if row.get("AccountId") == loser:
                    self.put(child, Id=key, AccountId=winner)
        self.records[name][loser]["MasterRecordId"] = winner
        self.delete(name, loser)

    def touch_silently(self, name: str, record_id: str, **values: Any) -> None:
        """A formula's value changes: no stamp moves."""
        self.records[name][record_id] = {**self.records[name][record_id], **values}

    # Queries ----------------------------------------------------------------------------------

    def check(self, query: Query) -> None:
        """Raise `SoqlError` as the org would for what the user cannot see."""
        fields = self.fields_of(query.object)
        for name in sorted(query.used):
            root = name.split(".")[0]
            if name not in fields and not ("." in name and f"{root}Id" in fields):
                raise SoqlError(
                    "INVALID_FIELD", f"No such column '{name}' on entity '{query.object}'."
                )

    def matching(self, query: Query, *, deleted: bool) -> list[str]:
        """Ids of the records that a query finds now."""
        table = self.records[query.object]
        found = [
            key
            for key, record in table.items()
            if self.finds(query, record)
            and (deleted or not (record.get("IsDeleted") or record.get("IsArchived")))
        ]
        for name in reversed(query.order):
            column = name.split()[0]
            found.sort(key=lambda key: table[key][column], reverse=name.upper().endswith(" DESC"))
        return found[: query.limit]

    def finds(self, query: Query, record: dict[str, Any]) -> bool:
        """Whether a query finds a record as it is now."""
        return query.matches(record, lambda path: self.value(query.object, record, path))

    def value(self, name: str, record: dict[str, Any], path: str) -> Any:
        """A field, or a field of the parent (`Owner.Name`, nested as the interface gives it)."""
        if "." not in path:
            return record.get(path)
        root, rest = path.split(".", 1)
        parent_id = record.get(f"{root}Id")
        for other, table in self.records.items():
            if parent_id in table:
                return self.value(other, table[parent_id], rest)
        return None
