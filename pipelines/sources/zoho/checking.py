"""`forewarn check` for Zoho CRM: can it log in, what does it see, what should somebody grant.

Add here: something an administrator can mend beforehand. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines import language
from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure
from pipelines.language.text import Clause, Said
from pipelines.sources.failed_checks import failed_check, not_looked_at
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import stop_at_vanished
from pipelines.sources.trial import finding, tried
from pipelines.sources.zoho import lists
from pipelines.sources.zoho.answers import SCOPES
from pipelines.sources.zoho.counting import record_count
from pipelines.sources.zoho.layouts import layouts_of
from pipelines.sources.zoho.loading import first_records
from pipelines.sources.zoho.metadata import field_types, plan_of, unmapped
from pipelines.sources.zoho.own_modules import mapping_of, modules_of
from pipelines.sources.zoho.session import Session

_SHOWN = 12


def look_around(
    session: Session, source: Source, company_zone: str, previous: Previous
) -> list[Finding]:
    """Findings about login, organisation, people and every module; never raises for what it finds."""
    try:
        company = lists.organisation(session)
    except ConfigurationError as error:
        return not_looked_at(language.text("sources.check.login"), error)
    except Failure as failure:
        return not_looked_at(language.text("sources.check.login"), failure)
    name, zone = company.get("company_name"), company.get("time_zone")
    findings = [
        Finding(
            language.text("sources.check.login"),
            True,
            language.text(
                "sources.zoho.logged_time_zone_currency",
                name=name,
                kind=company.get("type") or language.text("sources.zoho.type_unknown"),
                zone=zone,
                currency=company.get("iso_code"),
            ),
        )
    ]
    if company.get("type") not in (None, "Production"):
        findings.append(
            Finding(
                language.text("sources.check.organisation"),
                True,
                language.text("sources.zoho.this_no_production_organisation_modules"),
            )
        )
    findings += _people(session)
    findings += _modules(session, source.name, company_zone, previous)
    return findings


def _people(session: Session) -> Iterator[Finding]:
    found: list[dict[str, Any]] = []
    try:
        found = lists.users(session)
        active = sum(1 for user in found if user.get("status") == "active")
        yield Finding(
            language.text("sources.check.users"),
            True,
            language.text(
                "sources.zoho.users_them_active", found=f"{len(found):,}", active=f"{active:,}"
            ),
        )
    except Failure as failure:
        yield failed_check(language.text("sources.check.users"), failure)
    try:
        found = lists.teams(session, found)
        kind = session.options.team_by
        yield Finding(
            language.text("sources.check.roles"),
            True,
            language.text("sources.zoho.teams_by", found=f"{len(found):,}", kind=kind),
        )
        if not session.options.regions:
            text = language.text("sources.zoho.no_role_is_region")
            yield Finding(
                language.text("sources.check.regions"),
                True,
                text,
                language.text("sources.zoho.name_roles_regions_if_regions"),
            )
    except Failure as failure:
        yield failed_check(language.text("sources.check.roles"), failure)
    try:
        found = lists.stages(session)
    except Failure as failure:
        yield failed_check(language.text("sources.check.stages"), failure)
        return
    if found:
        yield Finding(
            language.text("sources.check.stages"),
            True,
            language.text(
                "sources.zoho.stages", number=f"{len(found):,}", names=_some(_names(found))
            ),
        )
    else:
        text = language.text("sources.zoho.pipelines_not_visible")
        yield Finding(
            language.text("sources.check.stages"),
            True,
            text,
            language.text("sources.zoho.grant_zohocrm_settings_read_have"),
        )


def _names(found: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(stage["stage"]) for stage in found))


def _modules(session: Session, source: str, zone: str, previous: Previous) -> Iterator[Finding]:
    options = session.options
    plans = {}
    for name in options.without:
        yield Finding(name, True, language.text("sources.zoho.not_read_as_options_say"))
    for module in modules_of(options.objects, options.without):
        name = module.name
        called = options.history_module if not module.deletable else name
        try:
            types = field_types(session, called)
            mapping = mapping_of(module, options.fields, options.objects)
            plan = plan_of(module, types, mapping, zone, layouts_of(session, module))
            last = Cursor.read(previous.cursor(module.table))
            stop_at_vanished(source, module.table, last, plan.lost, options)
        except Failure as failure:
            found = failed_check(name, failure)
            key = "may_be_missing" if module.optional else "is_needed"
            said = language.text(f"sources.check.{key}", why=Clause(found.text))
            harmless = module.optional and previous.cursor(module.table) is None
            yield Finding(name, harmless, said, found.next_step)
            continue
        plans[name] = plan
        count = record_count(session, module)
        try:
            trial = tried(first_records(session, plan), module.entity)
        except Failure as failure:
            yield failed_check(name, failure)
            continue
        told: list[Said] = [language.text("sources.zoho.visible")]
        if count is not None:
            told = [language.text("sources.check.records", rows=f"{count:,}")]
        if plan.layouts:
            told.append(only(options.types_of(module.entity)))
        if types is None:
            told.append(language.text("sources.zoho.usual_fields"))
        if plan.missing:
            told.append(language.text("sources.check.without", fields=list(plan.missing)))
        own = sorted(n for n in plan.known or () if n.endswith("__c")) or sorted(
            set(plan.known or ()) - {"id", *plan.names}
        )
        if own:
            told.append(language.text("sources.zoho.not_read", fields=_some(own)))
        yield finding(
            name,
            told,
            entity=module.entity,
            read=plan.columns,
            accepted=options.accept_missing,
            trial=trial,
        )
    for entity, column, field in unmapped(options, plans):
        yield Finding(
            f"fields.{entity}.{column}",
            False,
            language.text("sources.zoho.no_module_has_field", field=field),
            language.text("sources.zoho.enter_its_api_name_setup"),
        )
    if not plans:
        yield Finding(
            language.text("sources.check.scopes"),
            False,
            language.text("sources.zoho.no_module_can_be_read"),
            language.text("sources.zoho.make_token", SCOPES=SCOPES),
        )


def _some(names: list[str]) -> Said:
    if len(names) <= _SHOWN:
        return language.text("sources.check.names", names=names)
    more = len(names) - _SHOWN
    return language.text("sources.check.names_and_more", names=names[:_SHOWN], count=more)
