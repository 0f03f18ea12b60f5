"""`forewarn check` for an org: can it log in, what does it see, what would an administrator grant.

Add here: something an administrator can mend before the first night. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.http import Refusal
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor, PageGuard
from pipelines.sources.salesforce.objects import SalesforceObject
from pipelines.sources.salesforce.planning import accepted_of
from pipelines.sources.salesforce.queries import Described, Org
from pipelines.sources.salesforce.reading import first_records
from pipelines.sources.salesforce.selection import select
from pipelines.sources.salesforce.sharing import hidden_records
from pipelines.sources.trial import finding, tried

_FEWEST_REQUESTS_LEFT = 2_000


def findings(
    org: Org,
    objects: Sequence[SalesforceObject],
    mapped: Callable[[SalesforceObject, Described], SalesforceObject],
    stages: set[str],
    previous: Previous,
) -> list[Finding]:
    """One finding for the login, the allowance, each object, and the stages.

    Raises the `Failure` of the login; everything else becomes a finding.
    """
    versions = org.client.get_json("/services/data", expect=list, authorised=False).json
    limits = org.limits()  # the first call that needs a token
    found = [_version(org, versions), _allowance(org, limits)]
    for item in objects:
        try:
            found.append(_object(org, item, mapped, Cursor.read(previous.cursor(item.table))))
        except Failure as failure:
            found.append(
                Finding(f"{org.name}: {item.name}", False, failure.cause, failure.next_step)
            )
    found.extend(hidden_records(org, objects))
    found.extend(_stages(org, stages))
    return found


def _version(org: Org, versions: list[dict[str, str]]) -> Finding:
    offered = {f"v{item.get('version')}" for item in versions}
    wanted = org.options.api_version
    if not offered or wanted in offered:
        return Finding(org.name, True, text("sources.salesforce.logged_api", wanted=wanted))
    newest = max(offered, key=lambda name: float(name[1:]) if name[1:4] != "Non" else 0.0)
    return Finding(
        org.name,
        False,
        text("sources.salesforce.org_does_not_offer_api", wanted=wanted),
        text("sources.salesforce.set_api_version", newest=newest),
    )


def _allowance(org: Org, limits: dict[str, dict[str, int]] | None) -> Finding:
    subject = text("sources.salesforce.daily_requests", name=org.name)
    if limits is None or "DailyApiRequests" not in limits:
        unseen = text("sources.salesforce.not_visible_integration_user_reading")
        return Finding(
            subject, True, unseen, text("sources.salesforce.grant_view_setup_configuration_see")
        )
    left, most = limits["DailyApiRequests"]["Remaining"], limits["DailyApiRequests"]["Max"]
    ok = left >= min(_FEWEST_REQUESTS_LEFT, most // 10)
    step = "" if ok else text("sources.salesforce.run_at_another_hour")
    return Finding(
        subject, ok, text("sources.salesforce.left", left=f"{left:,}", most=f"{most:,}"), step
    )


def _object(
    org: Org,
    item: SalesforceObject,
    mapped: Callable[[SalesforceObject, Described], SalesforceObject],
    last: Cursor | None,
) -> Finding:
    subject = f"{org.name}: {item.name}"
    described = org.describe(item.name)
    if described is None:
        hidden = text("sources.salesforce.not_visible_integration_user_feature")
        return Finding(
            subject,
            item.optional,
            hidden,
            text("sources.salesforce.grant_read_access_if_company", name=item.name),
        )
    item = mapped(item, described)
    selection = select(
        item,
        described,
        source=org.name,
        known=frozenset(last.extra.get("fields", ())) if last else frozenset(),
        without=frozenset(org.options.without),
    )
    told: list[Said] = [text("sources.check.records", rows=f"{org.count(item.name, item.where):,}")]
    if wanted := org.options.types_of(item.entity) if item.types else ():
        told.append(only(wanted))
    step: Said = ""
    if selection.absent:
        told.append(text("sources.check.without", fields=list(selection.absent)))
        step = text("sources.check.fields_step", fields=list(selection.absent))
    return finding(
        subject,
        told,
        entity=item.entity,
        read=selection.columns,
        accepted=accepted_of(item, org.options),
        trial=tried(first_records(org, item, selection), item.entity),
        next_step=step,
    )


def _stages(org: Org, stages: set[str]) -> list[Finding]:
    """Stages of the org that stages.csv does not bring to one of the funnel."""
    soql = "SELECT Id, ApiName, MasterLabel FROM OpportunityStage WHERE IsActive = true"
    subject = text("sources.check.stages_of", name=org.name)
    try:
        guard: PageGuard[str] = PageGuard(text("sources.pages.stages"))
        names = {
            record.get("ApiName") or record.get("MasterLabel")
            for page in org.pages(soql, "OpportunityStage", guard)
            for record in page
        }
    except Refusal as refusal:
        return [
            Finding(subject, True, text("sources.salesforce.cannot_be_listed", code=refusal.code))
        ]
    unknown = sorted(str(name) for name in names - stages if name)
    if unknown:
        strange = text("sources.stages_csv_does_not_know", unknown=list(unknown))
        return [Finding(subject, False, strange, text("sources.add_row_stages_csv_each"))]
    return [Finding(subject, True, text("sources.stages_all_stages_csv", names=len(names)))]
