"""`forewarn check` for a tenant: can it log in, what does it see, what would an administrator grant.

Add here: something an administrator can mend before the first night. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.configuration.sources import Source
from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.http import Refusal
from pipelines.sources.neocrm.answers import NOT_THERE
from pipelines.sources.neocrm.lists import busi_types, stages, types_of
from pipelines.sources.neocrm.objects import NeocrmObject
from pipelines.sources.neocrm.paging import of_types
from pipelines.sources.neocrm.reading import first_records
from pipelines.sources.neocrm.selection import select
from pipelines.sources.neocrm.tenant import Tenant
from pipelines.sources.protocol import Finding, Previous, joined
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import stop_at_vanished
from pipelines.sources.trial import finding, tried

_DAY = 86_400_000


def findings(
    tenant: Tenant,
    source: Source,
    objects: Sequence[NeocrmObject],
    known_stages: set[str],
    previous: Previous,
) -> list[Finding]:
    """One finding for the login, each object, the stages, and the log of changes.

    Raises the `Failure` of the login; everything else becomes a finding.
    """
    token = tenant.auth.token(tenant.client)
    found = [
        Finding(
            tenant.name,
            True,
            text("sources.neocrm.logged_data_at", base_url=token.base_url or source.base_url),
        )
    ]
    if "security_token" not in source.auth:
        found.append(
            Finding(
                text("sources.neocrm.security_token", name=tenant.name),
                True,
                text("sources.neocrm.none_configured_password_alone_was"),
            )
        )
    for item in objects:
        try:
            found.append(_object(tenant, item, Cursor.read(previous.cursor(item.table))))
        except Failure as failure:
            found.append(
                Finding(f"{tenant.name}: {item.name}", False, failure.cause, failure.next_step)
            )
    found.append(_stages(tenant, known_stages))
    if tenant.options.history:
        found.append(_history(tenant))
    return found


def _object(tenant: Tenant, item: NeocrmObject, last: Cursor | None) -> Finding:
    subject = f"{tenant.name}: {item.name}"
    described = tenant.describe(item.name)
    try:
        selection = select(tenant, item, described)
    except Refusal as refusal:
        if refusal.code not in NOT_THERE:
            raise
        step = text("sources.neocrm.give_access_if_used", name=item.name)
        return Finding(
            subject, item.optional, text("sources.neocrm.cannot_be_read", cause=refusal.cause), step
        )
    stop_at_vanished(tenant.name, item.table, last, selection.lost, tenant.options)
    types = types_of(tenant, item.name, item.entity)
    count = tenant.count(item.source, of_types(types))
    told: list[Said] = [text("sources.check.records", rows=f"{count:,}")]
    remedy: Said = ""
    if types:
        told.append(only(tenant.options.types_of(item.entity)))
    if selection.absent:
        told.append(text("sources.check.without", fields=list(selection.absent)))
        remedy = text("sources.check.fields_step", fields=list(selection.absent))
    elif count == 0:
        remedy = text("sources.neocrm.integration_user_sees_only_its")
    return finding(
        subject,
        told,
        entity=item.entity,
        read=selection.chosen,
        accepted=tenant.options.accept_missing,
        trial=tried(first_records(tenant, selection, types), item.entity),
        next_step=remedy,
    )


def _stages(tenant: Tenant, known: set[str]) -> Finding:
    """Stages of the tenant that stages.csv does not bring to one of the funnel."""
    subject = text("sources.check.stages_of", name=tenant.name)
    types = busi_types(tenant)[0]
    wanted = tenant.options.types_of("opportunities")
    if wanted:
        types = [t for t in types if {t["id"], t["label"], t["api_key"]} & set(wanted)]
    rows, notes = stages(tenant, types, tenant.describe("opportunity"))
    names = {row["stage_name"] for row in rows if row["stage_name"]}
    if not names:
        why: Said = joined(notes) if notes else text("sources.neocrm.no_stages")
        hidden = text("sources.neocrm.stages_unlisted", why=why)
        return Finding(
            subject, False, hidden, text("sources.neocrm.give_read_access_stages_opportunities")
        )
    unknown = sorted(names - known)
    if unknown:
        said = text("sources.stages_csv_does_not_know", unknown=list(unknown))
        return Finding(subject, False, said, text("sources.add_row_stages_csv_each"))
    return Finding(subject, True, text("sources.stages_all_stages_csv", names=len(names)))


def _history(tenant: Tenant) -> Finding:
    """Whether changes of the stage are logged; any short span in the past will do."""
    subject = text("sources.neocrm.history_of_stages", name=tenant.name)
    try:
        tenant.history_page("saleStageId", 1_750_000_000_000, 1_750_000_000_000 + _DAY - 1, 1)
    except Refusal as refusal:
        return Finding(
            subject,
            True,
            text("sources.neocrm.cannot_be_read_changes_will", cause=refusal.cause),
            text("sources.neocrm.switch_on_field_tracking_stage"),
        )
    return Finding(subject, True, text("sources.neocrm.can_be_read"))
