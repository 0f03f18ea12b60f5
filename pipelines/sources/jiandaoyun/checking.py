"""`forewarn check` of a 简道云 source: key, applications, forms and widgets, in an administrator's words.

Add here: a question whose answer tells what to grant or to map. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.jiandaoyun.api import Api
from pipelines.sources.jiandaoyun.directory import team_records, user_records
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.loading import plan_of
from pipelines.sources.jiandaoyun.matching import Forms
from pipelines.sources.jiandaoyun.options import Options
from pipelines.sources.jiandaoyun.records import first_records
from pipelines.sources.protocol import Finding
from pipelines.sources.trial import FIRST, finding, tried


def findings(api: Api, options: Options) -> Iterator[Finding]:
    """One finding for the login, one per entity; stops after a login that fails."""
    try:
        apps = api.apps()
    except Failure as failure:
        yield _bad("login", failure)
        return
    names = (
        ", ".join(f"{app.get('name')} ({app.get('app_id')})" for app in apps) or "no application"
    )
    yield Finding("login", True, f"the key is accepted and may read: {names}")
    yield _directory(api, options)
    forms = Forms(api, options)
    for entity in FORMS:
        yield _form(api, options, forms, entity)


def _directory(api: Api, options: Options) -> Finding:
    try:
        departments, members = api.departments(), api.members()
    except Failure as failure:
        return _bad("users, teams", failure)
    teams = [item for item in team_records(departments, members, options) if item["is_team"]]
    users = user_records(members, options)
    if not users:
        return Finding(
            "users, teams",
            False,
            "the directory is empty for this key",
            "grant the key the API of the directory (通讯录接口)",
        )
    return Finding("users, teams", True, f"{len(users)} members in {len(teams)} teams")


def _form(api: Api, options: Options, forms: Forms, entity: str) -> Finding:
    if options.form(entity) is None:
        return Finding(entity, True, "left out by the configuration")
    try:
        found = forms.find(entity)
        if found is None:
            names = ", ".join(FORMS[entity].names)
            return Finding(
                entity,
                entity != "opportunities",
                f"no form of the application fits (looked for {names})",
                f"if there is one, enter its entry_id under options.forms.{entity}",
            )
        plan = plan_of(api, options, found)
        asked = f"Could not read form {found.name}"
        fields = plan.mapped.fields
        first = api.some(found.app_id, found.entry_id, None, asked, fields, FIRST)
        trial = tried(first_records(plan.mapped, plan.own, first, options.timezone), entity)
    except Failure as failure:
        return _bad(entity, failure)
    read = ", ".join(
        f"{item.column} = {plan.mapped.widgets.get(item.widget, (item.key,))[0]}"
        for item in plan.mapped.bounds
    )
    empty = "" if first else ", still empty"
    told: list[Said] = [f"form {found.name} ({found.entry_id}){empty}: {read}"]
    step: Said = ""
    if missing := sorted(plan.mapped.left_out):
        told.append(text("sources.check.without", fields=missing))
        step = f"name fields under options.forms.{entity}.columns if there are any"
    return finding(
        entity,
        told,
        entity=entity,
        read={item.column for item in plan.mapped.bounds} | set(plan.own.constants),
        accepted=options.accept_missing,
        trial=trial,
        next_step=step,
    )


def _bad(subject: str, failure: Failure) -> Finding:
    return Finding(subject, False, f"{failure.tried}: {failure.cause}", failure.next_step)
