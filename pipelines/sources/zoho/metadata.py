"""Fields and modules as the organisation has them, and what is therefore asked for.

Add here: a question about structure. Keep out: reading records.

What the defaults name is asked for only if the organisation has it. A required field that is missing
is an error, and so is a mapped one: a silent null would look like data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pipelines.failures import PermanentFailure
from pipelines.sources.http import Field, Refusal, RowShape
from pipelines.sources.zoho.answers import NOT_ALLOWED, NOT_THERE
from pipelines.sources.zoho.modules import LOOKUP, MODULES, ZohoModule, api_name
from pipelines.sources.zoho.session import Session

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


def field_types(session: Session, module: str) -> dict[str, str] | None:
    """Field -> data type of a module; None if the organisation gives no metadata for it.

    Raises `Refusal` if the module may not be seen or is not there.
    """
    content = session.get(
        "settings/fields",
        {"module": module},
        expect={"fields": list},
        tried=f"Could not see the fields of {module} in Zoho CRM",
    )
    if content is None:
        return None
    return {str(f["api_name"]): str(f.get("data_type")) for f in content["fields"]}


def plan_of(
    module: ZohoModule, types: Mapping[str, str] | None, mapping: Mapping[str, str]
) -> Plan:
    """What to ask of a module. `mapping`: canonical column -> own field of the company.

    Raises `PermanentFailure` naming the required fields that the organisation does not have.
    """
    fields: list[Field] = []
    asked: list[str] = []
    missing: list[str] = []
    for item in module.fields:
        name = api_name(item)
        if item.name.startswith("custom_"):
            name = mapping.get(item.name.removeprefix("custom_"), "")
            # A mapping for activities need not fit all three of their modules.
            if not name or (types is not None and name not in types):
                fields.append(item)
                continue
        elif item.name != "id" and types is not None and name not in types:
            if item.required and module.instead.get(name) not in mapping:
                raise PermanentFailure(
                    f"Could not read {module.name} of Zoho CRM",
                    cause=f"the field {name} is not there, or the integration user may not see it",
                    next_step="give the user's profile the right to view it",
                )
            missing.append(name)
            fields.append(replace(item, required=False))
            continue
        lookup = item.source_path.endswith(LOOKUP)
        if types is not None and name in types:
            lookup = types[name] in _LOOKUPS
        fields.append(replace(item, path=name + LOOKUP if lookup else name))
        if name != "id" and name not in asked:
            asked.append(name)
    return Plan(
        module,
        tuple(asked),
        RowShape(module.table, fields, key="id"),
        RowShape(module.table, [_in_sheet(f) for f in fields], key="id"),
        None if types is None else frozenset(types),
        tuple(missing),
    )


def _in_sheet(item: Field) -> Field:
    """The field as Bulk Read heads it: `Id`, and lookups as bare ids under their own name."""
    return replace(item, path="Id" if item.name == "id" else api_name(item))


def unmapped(
    mappings: Mapping[str, Mapping[str, str]], plans: Mapping[str, Plan]
) -> list[tuple[str, str, str]]:
    """Mappings (entity, column, field) whose field no module of the entity has."""
    lost = []
    for entity, columns in mappings.items():
        readers = [plan for plan in plans.values() if plan.module.entity == entity]
        for column, name in columns.items():
            if readers and not any(plan.known is None or name in plan.known for plan in readers):
                lost.append((entity, column, name))
    return lost


def plans_of(session: Session) -> tuple[dict[str, Plan], dict[str, Refusal]]:
    """Plans of all modules that are to be read, and why optional ones cannot be.

    Raises `PermanentFailure` if a required module or field, or a mapped field, is missing.
    """
    options = session.options
    plans: dict[str, Plan] = {}
    refused: dict[str, Refusal] = {}
    for name, declared in MODULES.items():
        if name in options.without:
            continue
        called = options.history_module if not declared.deletable else name
        module = replace(declared, name=called)
        try:
            types = field_types(session, called)
        except Refusal as refusal:
            if not declared.optional or refusal.code not in NOT_ALLOWED | NOT_THERE:
                raise
            refused[name] = refusal
            continue
        plans[name] = plan_of(module, types, options.fields.get(module.entity or "", {}))
    if lost := unmapped(options.fields, plans):
        entity, column, field = lost[0]
        raise PermanentFailure(
            f"Could not read {field} for {entity}.{column}",
            cause="no module of Zoho CRM that is read has a field of that API name",
            next_step="correct fields in the options of the source (the API name, not the label)",
        )
    return plans, refused
