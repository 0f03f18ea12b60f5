"""`forewarn check` for a tenant: can it log in, what does it see, what would an administrator grant.

Add here: something an administrator can mend before the first night. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.connector_options import FieldRule
from pipelines.sources.fxiaoke.objects import (
    NEW_OPPORTUNITY,
    OLD_OPPORTUNITY,
    PEOPLE,
    FxiaokeObject,
)
from pipelines.sources.fxiaoke.planning import accepted_of, of_types, types_of
from pipelines.sources.fxiaoke.reading import first_records
from pipelines.sources.fxiaoke.selection import Described, select, with_mapping
from pipelines.sources.fxiaoke.tenant import Tenant
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor
from pipelines.sources.trial import finding, tried


def findings(
    tenant: Tenant,
    objects: Sequence[FxiaokeObject],
    listed: dict[str, bool] | None,
    mapping: Callable[[FxiaokeObject], dict[str, FieldRule]],
    stages: set[str],
    previous: Previous,
) -> list[Finding]:
    """One finding for the login, each object (of its first records), and the stages."""
    found = [Finding(tenant.name, True, text("sources.fxiaoke.logged"))]
    if listed and listed.get(NEW_OPPORTUNITY.name) and listed.get(OLD_OPPORTUNITY.name):
        read = next(item.name for item in objects if item.table == NEW_OPPORTUNITY.table)
        both = text("sources.fxiaoke.both_opportunities_active", read=read)
        step = text("sources.fxiaoke.set_opportunity_object_options_one")
        chosen = tenant.options.opportunity_object != "auto"
        found.append(Finding(f"{tenant.name}: opportunities", chosen, both, step))
    for item in objects:
        subject = f"{tenant.name}: {item.name}"
        try:
            described = tenant.describe(item.name)
            if not isinstance(described, Described):
                optional, hidden = (
                    item.optional,
                    text("sources.fxiaoke.hidden", why=described.cause),
                )
                found.append(Finding(subject, optional, hidden, described.next_step))
                continue
            last = Cursor.read(previous.cursor(item.table))
            selection = select(
                with_mapping(item, mapping(item), tenant.options.timezone),
                described,
                source=tenant.name,
                zone=tenant.options.timezone,
                known=frozenset(last.extra.get("columns", ())) if last else frozenset(),
                without=frozenset(tenant.options.without),
                remembered=last.extra.get("read") if last else None,
            )
            types = types_of(tenant, item, described)
            count = tenant.count(item.name, of_types(types))
            first = first_records(tenant, item, described, selection, types)
            trial = tried(first, item.entity)
        except Failure as failure:
            found.append(Finding(subject, False, failure.cause, failure.next_step))
            continue
        told: list[Said] = [text("sources.fxiaoke.not_counted")]
        if count is not None:
            told = [text("sources.check.records", rows=f"{count:,}")]
        remedy: Said = ""
        if types:
            told.append(only(tenant.options.types_of(item.entity)))
        if selection.absent:
            told.append(text("sources.check.without", fields=list(selection.absent)))
            remedy = text("sources.check.fields_step", fields=list(selection.absent))
        if item.table == PEOPLE.table and not count:
            told.append(text("sources.fxiaoke.address_book_instead"))
            remedy = text("sources.fxiaoke.share_personnelobj_acting_employee_let")
        found.append(
            finding(
                subject,
                told,
                entity=item.entity,
                read=selection.columns,
                accepted=accepted_of(item, tenant.options),
                trial=trial,
                next_step=remedy,
            )
        )
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
        said = text("sources.stages_csv_does_not_know", unknown=list(unknown))
        return Finding(
            text("sources.check.stages_of", name=tenant.name),
            False,
            said,
            text("sources.add_row_stages_csv_each"),
        )
    return Finding(
        text("sources.check.stages_of", name=tenant.name),
        True,
        text("sources.stages_all_stages_csv", names=len(names)),
    )
