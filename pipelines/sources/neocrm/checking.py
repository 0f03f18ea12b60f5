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
from pipelines.sources.neocrm.lists import busi_types, stages
from pipelines.sources.neocrm.objects import NeocrmObject
from pipelines.sources.neocrm.reading import first_records
from pipelines.sources.neocrm.selection import select
from pipelines.sources.neocrm.tenant import Tenant
from pipelines.sources.protocol import Finding, joined
from pipelines.sources.trial import finding, tried

_DAY = 86_400_000


def findings(
    tenant: Tenant, source: Source, objects: Sequence[NeocrmObject], known_stages: set[str]
) -> list[Finding]:
    """One finding for the login, each object, the stages, and the log of changes.

    Raises the `Failure` of the login; everything else becomes a finding.
    """
    token = tenant.auth.token(tenant.client)
    found = [Finding(tenant.name, True, f"logged in, data at {token.base_url or source.base_url}")]
    if "security_token" not in source.auth:
        found.append(
            Finding(
                f"{tenant.name}: security token",
                True,
                "none is configured; the password alone was enough",
            )
        )
    for item in objects:
        try:
            found.append(_object(tenant, item))
        except Failure as failure:
            found.append(
                Finding(f"{tenant.name}: {item.name}", False, failure.cause, failure.next_step)
            )
    found.append(_stages(tenant, known_stages))
    if tenant.options.history:
        found.append(_history(tenant))
    return found


def _object(tenant: Tenant, item: NeocrmObject) -> Finding:
    subject = f"{tenant.name}: {item.name}"
    described = tenant.describe(item.name)
    try:
        selection = select(tenant, item, described)
    except Refusal as refusal:
        if refusal.code not in NOT_THERE:
            raise
        step = f"give the integration user read access to {item.name}, if the company uses it"
        return Finding(subject, item.optional, f"cannot be read: {refusal.cause}", step)
    count = tenant.count(item.source, "")
    told: list[Said] = [text("sources.check.records", rows=f"{count:,}")]
    remedy: Said = ""
    if selection.absent:
        told.append(text("sources.check.without", fields=list(selection.absent)))
        remedy = text("sources.check.fields_step", fields=list(selection.absent))
    elif count == 0:
        remedy = "an integration user that sees only its own rows sees none: give it all data"
    return finding(
        subject,
        told,
        entity=item.entity,
        read=selection.chosen,
        accepted=tenant.options.accept_missing,
        trial=tried(first_records(tenant, selection), item.entity),
        next_step=remedy,
    )


def _stages(tenant: Tenant, known: set[str]) -> Finding:
    """Stages of the tenant that stages.csv does not bring to one of the funnel."""
    subject = f"{tenant.name}: stages"
    rows, notes = stages(tenant, busi_types(tenant)[0], tenant.describe("opportunity"))
    names = {row["stage_name"] for row in rows if row["stage_name"]}
    if not names:
        said = f"cannot be listed ({joined(notes).en or 'the list is empty'})"
        return Finding(subject, False, said, "give read access to the stages of opportunities")
    unknown = sorted(names - known)
    if unknown:
        said = f"stages.csv does not know {', '.join(unknown)}"
        return Finding(subject, False, said, "add a row to stages.csv for each of them")
    return Finding(subject, True, f"{len(names)} stages, all in stages.csv")


def _history(tenant: Tenant) -> Finding:
    """Whether changes of the stage are logged; any short span in the past will do."""
    subject = f"{tenant.name}: history of stages"
    try:
        tenant.history_page("saleStageId", 1_750_000_000_000, 1_750_000_000_000 + _DAY - 1, 1)
    except Refusal as refusal:
        return Finding(
            subject,
            True,
            f"cannot be read ({refusal.cause}); changes will be seen from one night to the next",
            "switch on field tracking for the stage (销售阶段) and let the user read the log",
        )
    return Finding(subject, True, "can be read")
