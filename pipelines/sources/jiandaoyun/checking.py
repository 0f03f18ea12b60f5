"""`forewarn check` of a 简道云 source: key, applications, forms and widgets, in an administrator's words.

Add here: a question whose answer tells what to grant or to map. Keep out: reading records.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.failures import Failure
from pipelines.sources.jiandaoyun.api import Api
from pipelines.sources.jiandaoyun.directory import team_records, user_records
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.loading import plan_of
from pipelines.sources.jiandaoyun.matching import Forms
from pipelines.sources.jiandaoyun.options import Options
from pipelines.sources.protocol import Finding


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
            tried = ", ".join(FORMS[entity].names)
            return Finding(
                entity,
                entity != "opportunities",
                f"no form of the application fits (looked for {tried})",
                f"if there is one, enter its entry_id under options.forms.{entity}",
            )
        plan = plan_of(api, options, found)
        first = api.some(found.app_id, found.entry_id, None, f"Could not read form {found.name}")
    except Failure as failure:
        return _bad(entity, failure)
    read = ", ".join(
        f"{item.column} = {plan.mapped.widgets.get(item.widget, (item.key,))[0]}"
        for item in plan.mapped.bounds
    )
    text = f"form {found.name} ({found.entry_id}){'' if first else ', still empty'}: {read}"
    missing = ", ".join(sorted(plan.mapped.left_out))
    if missing:
        text = f"{text}; no field for {missing}"
    step = f"name fields under options.forms.{entity}.columns if there are any" if missing else ""
    return Finding(entity, True, text, step)


def _bad(subject: str, failure: Failure) -> Finding:
    return Finding(subject, False, f"{failure.tried}: {failure.cause}", failure.next_step)
