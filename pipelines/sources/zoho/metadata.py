"""Fields and modules as the organisation has them, and what is therefore asked for.

Add here: a question about structure. Keep out: reading records.

What the defaults name is asked for only if the organisation has it. A required field that is missing
is an error, and so is a mapped one: a silent null would look like data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.essentials import stop_without
from pipelines.sources.http import Refusal
from pipelines.sources.records import Derived, Field, RowShape, rule_of
from pipelines.sources.zoho.answers import NOT_ALLOWED, NOT_THERE
from pipelines.sources.zoho.layouts import LAYOUT, layouts_of
from pipelines.sources.zoho.modules import LOOKUP, ZohoModule, api_name
from pipelines.sources.zoho.options import Options
from pipelines.sources.zoho.own_modules import mapping_of, modules_of
from pipelines.sources.zoho.session import Session

_COMPUTED = {"formula", "rollup_summary", "aggregate_field"}
_LOOKUPS = {"lookup", "ownerlookup", "userlookup", "module_lookup"}


@dataclass(frozen=True)
class Plan:
    """What is asked of one module: `names` in requests, `pages` for JSON, `sheet` for bulk CSV.

    `known`: all fields the organisation has, None if it does not tell. `missing`: declared fields it
    lacks.
    """

    module: ZohoModule
    names: tuple[str, ...]
    pages: RowShape
    sheet: RowShape
    known: frozenset[str] | None
    missing: tuple[str, ...]
    derived: tuple[Derived, ...] = ()
    computed: tuple[str, ...] = ()  # asked for, and reckoned by Zoho: no time of change moves
    layouts: tuple[str, ...] = ()  # ids of the layouts that count; none: all do

    @property
    def lost(self) -> list[str]:
        """Raw columns whose field the organisation lacks, or does not show."""
        return [f.name for f in self.module.fields if api_name(f) in self.missing]

    @property
    def columns(self) -> frozenset[str]:
        """The raw columns that are filled."""
        keys = {*self.names, *(item.key for item in self.derived)}
        return frozenset(
            f.name for f in self.pages.fields if f.source_path.removesuffix(LOOKUP) in keys
        )


def field_types(session: Session, module: str) -> dict[str, str] | None:
    """Field -> data type of a module; None if the organisation gives no metadata for it.

    Raises `Refusal` if the module may not be seen or is not there.
    """
    content = session.get(
        "settings/fields",
        {"module": module},
        expect={"fields": list},
        tried=text("sources.could_not_see_fields_zoho_crm", module=module),
    )
    if content is None:
        return None
    return {str(f["api_name"]): str(f.get("data_type")) for f in content["fields"]}


def plan_of(
    module: ZohoModule,
    types: Mapping[str, str] | None,
    mapping: Mapping[str, FieldRule],
    zone: str = "UTC",
    layouts: tuple[str, ...] = (),
) -> Plan:
    """What to ask of a module. `mapping`: canonical column -> own field of the company.

    Raises `PermanentFailure` naming the required fields that the organisation does not have.
    """
    fields: list[Field] = []
    asked: list[str] = []
    derived: list[Derived] = []
    missing: list[str] = []
    mapped: set[str] = set()
    for item in module.fields:
        name = api_name(item)
        if item.name.startswith("custom_") or (module.is_own and not item.path):
            column = item.name.removeprefix("custom_")
            rule = mapping.get(column)
            if module.is_own and column == "currency" and "Currency" in (types or {}):
                rule = rule or FieldRule(coalesce=("Currency",))
            # A mapping for activities need not fit all three of their modules.
            if rule is None or (types is not None and not set(rule.paths) <= set(types)):
                fields.append(item)
                continue
            mapped |= set(rule.paths)
            item = _by_type(item, {(types or {}).get(path) for path in rule.paths}, zone)
            made = rule_of(column, rule, entity=module.entity or "", zone=zone)
            if made:
                derived.append(made)
                required = item.required and item.name not in module.loosened
                fields.append(replace(item, path=made.key, required=required))
                asked += [path for path in rule.paths if path not in asked]
                continue
            name = rule.paths[0]
        elif item.name != "id" and types is not None and name not in types:
            if item.required and module.instead.get(name) not in mapping:
                raise PermanentFailure(
                    text("sources.zoho.could_not_read_module", name=module.name),
                    cause=text("sources.zoho.field_not_there_integration_user", name=name),
                    next_step=text("sources.zoho.give_user_s_profile_right"),
                )
            missing.append(name)
            fields.append(replace(item, required=False))
            continue
        item = _by_type(item, {(types or {}).get(name)}, zone)
        lookup = item.source_path.endswith(LOOKUP)
        if types is not None and name in types:
            lookup = types[name] in _LOOKUPS
        required = item.required and item.name not in module.loosened
        fields.append(replace(item, path=name + LOOKUP if lookup else name, required=required))
        if name != "id" and name not in asked:
            asked.append(name)
    if layouts and LAYOUT not in asked:
        asked.append(LAYOUT)
    return Plan(
        module,
        tuple(asked),
        RowShape(module.table, fields, key="id", ignored=asked),
        RowShape(module.table, [_in_sheet(f) for f in fields], key="id"),
        None if types is None else frozenset(types),
        tuple(missing),
        tuple(derived),
        # Zoho's own totals are formulas, too, but change only when their record is edited.
        tuple(n for n in asked if n in mapped and (types or {}).get(n) in _COMPUTED),
        layouts,
    )


def _by_type(item: Field, types: set[str | None], zone: str) -> Field:
    """The field, read as its type says: a date behind a moment means the company's midnight."""
    if (item.kind == "timestamp" and "date" in types) or (
        item.kind == "date" and "datetime" in types
    ):
        return replace(item, form="local", zone=zone)
    return item


def value_of(record: dict[str, Any], name: str) -> Any:
    """What a record holds in a field; of a lookup the id."""
    value = record.get(name)
    return value.get("id", value.get("name")) if isinstance(value, dict) else value


def _in_sheet(item: Field) -> Field:
    """The field as Bulk Read heads it: `Id`, and lookups as bare ids under their own name."""
    return replace(item, path="Id" if item.name == "id" else api_name(item))


def unmapped(options: Options, plans: Mapping[str, Plan]) -> list[tuple[str, str, str]]:
    """Mappings (entity, column, field) whose field no module of the entity has."""
    mappings = [(False, entity, columns) for entity, columns in options.fields.items()]
    mappings += [(True, entity, own.fields) for entity, own in options.objects.items()]
    lost = []
    for is_own, entity, columns in mappings:
        readers = [
            plan
            for plan in plans.values()
            if plan.module.entity == entity and plan.module.is_own is is_own
        ]
        for column, rule in columns.items():
            for name in rule.paths:
                if readers and not any(p.known is None or name in p.known for p in readers):
                    lost.append((entity, column, name))
    return lost


def plans_of(session: Session, zone: str = "UTC") -> tuple[dict[str, Plan], dict[str, Refusal]]:
    """Plans of all modules that are to be read, and why optional ones cannot be.

    Raises `PermanentFailure` if a required module or field, or a mapped field, is missing.
    """
    options = session.options
    plans: dict[str, Plan] = {}
    refused: dict[str, Refusal] = {}
    for declared in modules_of(options.objects, options.without):
        name = declared.name
        called = options.history_module if not declared.deletable else name
        module = replace(declared, name=called)
        try:
            types = field_types(session, called)
        except Refusal as refusal:
            if not declared.optional or refusal.code not in NOT_ALLOWED | NOT_THERE:
                raise
            refused[name] = refusal
            continue
        mapping = mapping_of(module, options.fields, options.objects)
        plan = plan_of(module, types, mapping, zone, layouts_of(session, module))
        if module.entity:
            read = plan.columns
            stop_without("Zoho CRM", called, module.entity, read, options.accept_missing)
        plans[name] = plan
    if lost := unmapped(options, plans):
        entity, column, field = lost[0]
        raise PermanentFailure(
            text("sources.zoho.could_not_read", field=field, entity=entity, column=column),
            cause=text("sources.zoho.no_module_zoho_crm_read"),
            next_step=text("sources.zoho.correct_fields_options_source_api"),
        )
    return plans, refused
