"""`forewarn check` for a tenant: can it log in, what does it see, what would an administrator grant.

Add here: something an administrator can mend before the first night. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines.failures import Failure
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.fxiaoke.objects import (
    NEW_OPPORTUNITY,
    OLD_OPPORTUNITY,
    PEOPLE,
    FxiaokeObject,
)
from pipelines.sources.fxiaoke.selection import Described, select, with_mapping
from pipelines.sources.fxiaoke.tenant import Tenant
from pipelines.sources.protocol import Finding


def findings(
    tenant: Tenant,
    objects: Sequence[FxiaokeObject],
    listed: dict[str, bool] | None,
    mapping: Callable[[FxiaokeObject], dict[str, FieldRule]],
    stages: set[str],
) -> list[Finding]:
    """One finding for the login, each object, and the stages; never reads a record."""
    found = [Finding(tenant.name, True, "logged in")]
    if listed and listed.get(NEW_OPPORTUNITY.name) and listed.get(OLD_OPPORTUNITY.name):
        read = next(item.name for item in objects if item.table == NEW_OPPORTUNITY.table)
        text = f"商机 and 商机2.0 are both active; {read} is read"
        step = "set opportunity_object in the options to the one that is in use"
        chosen = tenant.options.opportunity_object != "auto"
        found.append(Finding(f"{tenant.name}: opportunities", chosen, text, step))
    for item in objects:
        subject = f"{tenant.name}: {item.name}"
        try:
            described = tenant.describe(item.name)
            if not isinstance(described, Described):
                optional, hidden = item.optional, f"not shown: {described.cause}"
                found.append(Finding(subject, optional, hidden, described.next_step))
                continue
            selection = select(
                with_mapping(item, mapping(item), tenant.options.timezone),
                described,
                source=tenant.name,
                zone=tenant.options.timezone,
                without=frozenset(tenant.options.without),
            )
            count = tenant.count(item.name, [])
        except Failure as failure:
            found.append(Finding(subject, False, failure.cause, failure.next_step))
            continue
        text = "records are not counted" if count is None else f"{count:,} records"
        step = ""
        if selection.absent:
            text += f", without {', '.join(selection.absent)}"
            step = "grant the field permission (字段权限) if the company uses these fields"
        if item.table == PEOPLE.table and not count:
            text += "; the address book is read instead"
            step = "share PersonnelObj with the acting employee, or let support enable it"
        found.append(Finding(subject, True, text, step))
        if item.table == NEW_OPPORTUNITY.table:
            keys = [selection_key(selection, name) for name in ("stage", "status")]
            found.append(_stages(tenant, described, keys, stages))
    return found


def selection_key(selection: object, column: str) -> str:
    """The field of the tenant that a column is read from; empty if none."""
    chosen = getattr(selection, "chosen", ())
    return next((item.key for item in chosen if item.wanted.column == column), "")


def _stages(tenant: Tenant, described: Described, keys: list[str], stages: set[str]) -> Finding:
    names, statuses = (set(described.options.get(key, {}).values()) for key in keys)
    # A deal that has ended stands in its status.
    names |= statuses & set(tenant.options.closed_statuses)
    unknown = sorted(names - stages)
    if unknown:
        text = f"stages.csv does not know {', '.join(unknown)}"
        return Finding(
            f"{tenant.name}: stages", False, text, "add a row to stages.csv for each of them"
        )
    return Finding(f"{tenant.name}: stages", True, f"{len(names)} stages, all in stages.csv")
