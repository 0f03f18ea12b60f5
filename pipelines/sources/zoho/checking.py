"""`forewarn check` for Zoho CRM: can it log in, what does it see, what should somebody grant.

Add here: something an administrator can mend beforehand. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure
from pipelines.sources.protocol import Finding
from pipelines.sources.trial import finding, tried
from pipelines.sources.zoho import lists
from pipelines.sources.zoho.answers import SCOPES
from pipelines.sources.zoho.counting import record_count
from pipelines.sources.zoho.loading import first_records
from pipelines.sources.zoho.metadata import field_types, plan_of, unmapped
from pipelines.sources.zoho.modules import MODULES
from pipelines.sources.zoho.session import Session

_SHOWN = 12


def look_around(session: Session, source: Source, company_zone: str = "UTC") -> list[Finding]:
    """Findings about login, organisation, people and every module; never raises for what it finds."""
    try:
        company = lists.organisation(session)
    except ConfigurationError as error:
        cause = "; ".join(str(problem) for problem in error.problems)
        return [Finding("login", False, f"Credentials are missing: {cause}", "set them and retry")]
    except Failure as failure:
        return [_failed("login", failure)]
    name, zone = company.get("company_name"), company.get("time_zone")
    findings = [
        Finding(
            "login",
            True,
            f"Logged in to {name} ({company.get('type') or 'type unknown'}), time zone {zone}, "
            f"currency {company.get('iso_code')}.",
        )
    ]
    if company.get("type") not in (None, "Production"):
        findings.append(
            Finding(
                "organisation", True, "This is no production organisation; modules may be missing."
            )
        )
    findings += _people(session)
    findings += _modules(session, company_zone)
    return findings


def _failed(subject: str, failure: Failure) -> Finding:
    return Finding(subject, False, f"{failure.tried}: {failure.cause}", failure.next_step)


def _people(session: Session) -> Iterator[Finding]:
    found: list[dict[str, Any]] = []
    try:
        found = lists.users(session)
        active = sum(1 for user in found if user.get("status") == "active")
        yield Finding("users", True, f"{len(found):,} users, {active:,} of them active.")
    except Failure as failure:
        yield _failed("users", failure)
    try:
        found = lists.teams(session, found)
        kind = session.options.team_by
        yield Finding("roles", True, f"{len(found):,} teams (by {kind}).")
        if not session.options.regions:
            text = "No role is named as a region, so teams have no region."
            yield Finding("regions", True, text, "name roles in regions, if regions are compared")
    except Failure as failure:
        yield _failed("roles", failure)
    try:
        found = lists.stages(session)
    except Failure as failure:
        yield _failed("stages", failure)
        return
    if found:
        yield Finding("stages", True, f"{len(found):,} stages: {_some(_names(found))}.")
    else:
        text = "Pipelines are not visible; stages.csv alone tells which stages are won or lost."
        yield Finding("stages", True, text, "grant ZohoCRM.settings.READ to have them checked")


def _names(found: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(stage["stage"]) for stage in found))


def _modules(session: Session, zone: str) -> Iterator[Finding]:
    options = session.options
    plans = {}
    for name, module in MODULES.items():
        if name in options.without:
            yield Finding(name, True, "Not read, as the options say.")
            continue
        called = options.history_module if not module.deletable else name
        try:
            types = field_types(session, called)
            plan = plan_of(module, types, options.fields.get(module.entity or "", {}), zone)
        except Failure as failure:
            found = _failed(name, failure)
            missing = "optional" if module.optional else "required"
            yield Finding(name, module.optional, f"{found.text} ({missing})", found.next_step)
            continue
        plans[name] = plan
        count = record_count(session, module)
        try:
            trial = tried(first_records(session, plan), module.entity)
        except Failure as failure:
            yield _failed(name, failure)
            continue
        text = "Visible" if count is None else f"{count:,} records"
        if types is None:
            text += "; its fields are not told, so the usual ones are asked for"
        if plan.missing:
            text += f"; without {', '.join(plan.missing)}"
        own = sorted(n for n in plan.known or () if n.endswith("__c")) or sorted(
            set(plan.known or ()) - {"id", *plan.names}
        )
        if own:
            text += f"; not read: {_some(own)}"
        yield finding(
            name,
            [text],
            entity=module.entity,
            read=plan.columns,
            accepted=options.accept_missing,
            trial=trial,
        )
    for entity, column, field in unmapped(options.fields, plans):
        yield Finding(
            f"fields.{entity}.{column}",
            False,
            f"No module has a field {field}.",
            "enter its API name (Setup, Developer Hub, APIs and SDKs, API names)",
        )
    if not plans:
        yield Finding("scopes", False, "No module can be read.", f"make a token with {SCOPES}")


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
