"""`forewarn check` of a 简道云 source: key, applications, forms and widgets, in an administrator's words.

Add here: a question whose answer tells what to grant or to map. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.failed_checks import failed_check
from pipelines.sources.jiandaoyun.api import Api
from pipelines.sources.jiandaoyun.directory import team_records, user_records
from pipelines.sources.jiandaoyun.form_types import stop_at_unused
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.loading import plan_of, remembered
from pipelines.sources.jiandaoyun.mapping import drift
from pipelines.sources.jiandaoyun.matching import Forms
from pipelines.sources.jiandaoyun.options import Options
from pipelines.sources.jiandaoyun.records import first_records
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor
from pipelines.sources.trial import FIRST, finding, tried


def findings(api: Api, options: Options, previous: Previous) -> Iterator[Finding]:
    """One finding for the login, one per entity; stops after a login that fails."""
    try:
        apps = api.apps()
    except Failure as failure:
        yield failed_check(text("sources.check.login"), failure)
        return
    names = [f"{app.get('name')} ({app.get('app_id')})" for app in apps] or text(
        "sources.jiandaoyun.no_application"
    )
    yield Finding(
        text("sources.check.login"),
        True,
        text("sources.jiandaoyun.key_accepted_may_read", names=names),
    )
    yield _directory(api, options)
    forms = Forms(api, options)
    for entity in FORMS:
        yield _form(api, options, forms, entity, previous)


def _directory(api: Api, options: Options) -> Finding:
    try:
        departments, members = api.departments(), api.members()
    except Failure as failure:
        return failed_check(text("sources.jiandaoyun.users_teams"), failure)
    teams = [item for item in team_records(departments, members, options) if item["is_team"]]
    users = user_records(members, options)
    if not users:
        return Finding(
            text("sources.jiandaoyun.users_teams"),
            False,
            text("sources.jiandaoyun.directory_empty_this_key"),
            text("sources.jiandaoyun.grant_key_api_directory"),
        )
    return Finding(
        text("sources.jiandaoyun.users_teams"),
        True,
        text("sources.jiandaoyun.members_teams", users=len(users), teams=len(teams)),
    )


def _form(api: Api, options: Options, forms: Forms, entity: str, previous: Previous) -> Finding:
    if options.form(entity) is None:
        return Finding(entity, True, text("sources.jiandaoyun.left_out_by_configuration"))
    try:
        found = forms.find(entity)
        if found is None:
            names = ", ".join(FORMS[entity].names)
            return Finding(
                entity,
                entity != "opportunities",
                text("sources.jiandaoyun.no_form_application_fits_looked", names=names),
                text("sources.jiandaoyun.if_there_one_enter_its", entity=entity),
            )
        plan = plan_of(api, options, found, remembered(previous, entity))
        asked = text("sources.could_not_read_form", name=found.name)
        if plan.types:
            place = (found.app_id, found.entry_id, entity)
            stop_at_unused(api, api.client.name, found.name, place, plan.types)
        first = api.some(found.app_id, found.entry_id, None, asked, plan.fields, FIRST)
        if plan.types:
            first = [row for row in first if plan.types.counts(row)]
        trial = tried(first_records(plan.mapped, plan.own, first, options.timezone), entity)
    except Failure as failure:
        return failed_check(entity, failure)
    read = ", ".join(
        f"{item.column} = {plan.mapped.widgets.get(item.widget, (item.key,))[0]}"
        for item in plan.mapped.bounds
    )
    key = "sources.jiandaoyun.form_read" if first else "sources.jiandaoyun.form_empty"
    told: list[Said] = [text(key, name=found.name, id=found.entry_id, read=read)]
    last = Cursor.read(previous.cursor(entity))
    if last and "widgets" in last.extra:
        told += drift(last.extra["widgets"], plan.mapped)
    if plan.types:
        told.append(only(plan.types.names))
    step: Said = ""
    if missing := sorted(plan.mapped.left_out):
        told.append(text("sources.check.without", fields=missing))
        step = text("sources.jiandaoyun.name_fields_under_options_forms", entity=entity)
    return finding(
        entity,
        told,
        entity=entity,
        read={item.column for item in plan.mapped.bounds} | set(plan.own.constants),
        accepted=options.accept_missing,
        trial=trial,
        next_step=step,
    )
