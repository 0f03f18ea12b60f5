"""Which fields of an object are asked for: the declared ones that the org shows, and the company's.

Add here: a rule of selecting. Keep out: the list of fields (`objects.py`) and the asking (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.record_types import chosen
from pipelines.sources.records import RowShape, rule_of
from pipelines.sources.salesforce.objects import SalesforceObject
from pipelines.sources.salesforce.queries import Described

# Fields that exist only in orgs with several currencies or territories: no rights are missing.
_BY_FEATURE = {"CurrencyIsoCode", "Territory2Id"}


@dataclass(frozen=True)
class Selection:
    """What a load asks of one object. `paths` are in the order of the select list."""

    shape: RowShape
    paths: tuple[str, ...]
    absent: tuple[str, ...]  # declared, but the org or the user has it not
    columns: frozenset[str] = frozenset()  # the raw columns that are filled
    # Mapped fields whose values change without moving the record's stamp: formulas, roll-ups, and
    # fields of other records.
    unstamped: tuple[str, ...] = ()


def with_mapping(
    item: SalesforceObject, mapping: Mapping[str, FieldRule], described: Described, zone: str
) -> SalesforceObject:
    """The object with the company's own fields behind its mapped columns."""
    fields, derived = [], []
    for field in item.fields:
        column = field.name.removeprefix("custom_")
        if item.table.startswith("custom_") and column == "currency" and column not in mapping:
            # Amounts are in the currency of their record, in orgs that have several.
            there = "CurrencyIsoCode" in described.fields
            fields.append(replace(field, path="CurrencyIsoCode") if there else field)
            continue
        is_mapped = item.table.startswith("custom_") or field.name.startswith("custom_")
        if is_mapped and not field.path and column in mapping:
            made = rule_of(column, mapping[column], entity=item.entity or "", zone=zone)
            if made:
                derived.append(made)
            field = replace(field, path=made.key if made else mapping[column].paths[0])
            types = {described.fields.get(path) for path in mapping[column].paths}
            # A date field behind a moment means the company's midnight.
            if (
                field.kind == "timestamp"
                and "date" in types
                or field.kind == "date"
                and "datetime" in types
            ):
                field = replace(field, form="local", zone=zone)
        fields.append(field)
    return replace(item, fields=tuple(fields), derived=tuple(derived))


def of_types(
    item: SalesforceObject, wanted: tuple[str, ...], described: Described, source: str
) -> SalesforceObject:
    """The object narrowed to the record types that count, by developer name, label or id.

    Raises `PermanentFailure` naming those that the org has not.
    """
    if not wanted:
        return item
    ids = chosen(source, item.name, item.entity or "", wanted, described.types)
    listed = ", ".join(f"'{name}'" for name in ids if name)
    counted = [f"RecordTypeId IN ({listed})"] if listed else []
    # Beside these an org finds records without a type by NOT IN.
    others = [f"RecordTypeId NOT IN ({listed})"] if listed else []
    if "" in ids:
        counted.append("RecordTypeId = null")
        others.append("RecordTypeId != null")
    where = [item.where] if item.where else []
    where.append(f"({' OR '.join(counted)})" if len(counted) > 1 else counted[0])
    return replace(item, where=" AND ".join(where), types=ids, others=" AND ".join(others))


def select(
    item: SalesforceObject,
    described: Described,
    *,
    source: str,
    known: frozenset[str],
    without: frozenset[str],
) -> Selection:
    """The select list for an object.

    `known`: fields that the last load read. Raises `PermanentFailure` if a required or mapped
    field, or one that was read before, is no longer there: figures would silently lack it.
    """
    visible, absent, missing = [], [], []
    made = {item.key: item.paths for item in item.derived}
    wanted = [
        (field, path)
        for field in item.fields
        if field.path  # else a column that the company may map and does not
        for path in made.get(field.path, (field.path,))
    ]
    for field, path in wanted:
        mapped = item.table.startswith("custom_") or field.name.startswith("custom_")
        # Of a nested field only the reference is described here; the org checks the rest.
        root = path.split(".")[0]
        there = root in described.fields or f"{root}Id" in described.fields
        there = there or root.replace("__r", "__c") in described.fields
        if there and ("." in path or path in described.fields):
            visible.append(path)
        elif field.required or mapped or path in known:
            if f"{item.name}.{path}" not in without or field.required:
                missing.append(path)
            absent.append(path)
        elif path not in _BY_FEATURE:
            absent.append(path)
    if missing:
        raise PermanentFailure(
            text("sources.could_not_read_object", name=item.name, source=source),
            where=item.name,
            cause=text("sources.salesforce.these_fields_are_not_visible", fields=missing),
            next_step=text(
                "sources.salesforce.grant_read_access_them_field",
                name=item.name,
                missing=missing[0],
            ),
        )
    paths = tuple(dict.fromkeys(visible))
    shape = RowShape(
        item.table,
        item.fields,
        key="id",
        ignored=("attributes", *(path.split(".")[0] for path in paths)),
    )
    gone = set(absent)
    columns = frozenset(f.name for f in item.fields if f.path and f.path not in gone)
    own = {path for path in described.computed if path.endswith("__c")}
    unstamped = tuple(path for path in paths if path in own or _of_another(path))
    return Selection(shape, paths, tuple(absent), columns, unstamped)


def _of_another(path: str) -> bool:
    """Whether a field is another record's; the names of record types hardly ever change."""
    return "." in path and not path.startswith("RecordType.")
