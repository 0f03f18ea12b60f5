"""Which form of the tenant holds an entity: by entry id, else by its exact name.

Add here: a way to find a form. Keep out: its widgets (`mapping.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.language import Said, text
from pipelines.sources.jiandaoyun.api import Api
from pipelines.sources.jiandaoyun.forms import FORMS
from pipelines.sources.jiandaoyun.mapping import plain
from pipelines.sources.jiandaoyun.options import FormOptions, Options


@dataclass(frozen=True)
class Found:
    """A form of the tenant that holds an entity."""

    entity: str
    app_id: str
    entry_id: str
    name: str


class Forms:
    """The forms that the key may read, application by application, asked for once."""

    def __init__(self, api: Api, options: Options) -> None:
        self._api, self._options = api, options
        self._apps: dict[str, str] | None = None
        self._forms: dict[str, list[Mapping[str, str]]] = {}

    def find(self, entity: str, loaded_before: Collection[str] = ()) -> Found | None:
        """The form of an entity; None if the tenant has none or the entity is left out.

        Raises `PermanentFailure` if a form that is configured, or was loaded before, is not there,
        or if two forms bear the name.
        """
        own = self._options.form(entity)
        if own is None:
            return None
        app_id = own.app_id or self._options.app_id
        hits = _hits(entity, own, self._of(app_id))
        if len(hits) == 1:
            return Found(entity, app_id, hits[0]["entry_id"], str(hits[0].get("name", "")))
        if hits:
            listed = ", ".join(sorted(f"{form['name']} ({form['entry_id']})" for form in hits))
            raise _failure(
                entity,
                app_id,
                text("sources.jiandaoyun.several_forms_fit", listed=listed),
                text("sources.jiandaoyun.entry_id_one"),
            )
        if own.entry_id or own.name:
            wanted = own.entry_id or own.name
            raise _failure(
                entity,
                app_id,
                text("sources.jiandaoyun.there_no_form", wanted=wanted),
                text("sources.jiandaoyun.form_exists"),
            )
        if entity in loaded_before:
            cause = text("sources.jiandaoyun.form_was_read_before_gone")
            raise _failure(entity, app_id, cause, text("sources.jiandaoyun.form_false_leave_out"))
        return None

    def _of(self, app_id: str) -> list[Mapping[str, str]]:
        if self._apps is None:
            self._apps = {app["app_id"]: app.get("name", "") for app in self._api.apps()}
        if app_id not in self._apps:
            # A form outside the key's scope is left out without a word: that must not be no rows.
            known = ", ".join(f"{name} ({key})" for key, name in self._apps.items()) or "none"
            raise PermanentFailure(
                text("sources.jiandaoyun.could_not_find_application"),
                where=f"app_id {app_id}",
                cause=text("sources.jiandaoyun.key_may_read_these_applications", known=known),
                next_step=text("sources.jiandaoyun.add_application_key_s_scope"),
            )
        if app_id not in self._forms:
            self._forms[app_id] = list(self._api.forms(app_id))
        return self._forms[app_id]


def _hits(entity: str, own: FormOptions, forms: list[Mapping[str, str]]) -> list[Mapping[str, str]]:
    if own.entry_id:
        return [form for form in forms if form["entry_id"] == own.entry_id]
    if own.name:
        return [form for form in forms if plain(form.get("name", "")) == plain(own.name)]
    rule = FORMS[entity]
    suite = [form for form in forms if rule.entry_id and form["entry_id"] == rule.entry_id]
    if suite:
        return suite
    for name in rule.names:
        named = [form for form in forms if plain(form.get("name", "")) == plain(name)]
        if named:
            return named
    return []


def _failure(entity: str, app_id: str, cause: Said, accepted: Said) -> PermanentFailure:
    return PermanentFailure(
        text("sources.jiandaoyun.could_not_find_form", entity=entity),
        where=f"application {app_id}",
        cause=cause,
        next_step=text(
            "sources.jiandaoyun.enter_under_options_forms", entity=entity, accepted=accepted
        ),
    )
