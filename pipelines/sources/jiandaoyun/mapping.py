"""The widgets of a form -> the columns of an entity: by alias, caption or stable id, per run.

Add here: a way to name a widget, a remark on what has changed. Keep out: values (`cells.py`).

Captions are edited and aliases come and go, and both rename what a request gets. So candidates are
resolved anew in each run; what was resolved is remembered by the stable ids.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipelines import language
from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.sources.jiandaoyun.forms import FORMS, MONTHS, Rule
from pipelines.sources.jiandaoyun.options import FormOptions
from pipelines.sources.protocol import joined

Widget = Mapping[str, Any]
# column -> stable id of the widget it was read from, and the candidates by which it was found
Remembered = Mapping[str, Sequence[Any]]
# What a condition on every row needs, whether or not a column reads it.
SYSTEM_FIELDS = ("createTime", "updateTime", "creator", "updater")
_BRACKETS = re.compile(r"[(\[【][^)\]】]*[)\]】]")


def plain(label: str) -> str:
    """A caption as it is compared: one width, no blanks, nothing in brackets."""
    text = unicodedata.normalize("NFKC", label)
    return "".join(_BRACKETS.sub("", text).split())


@dataclass(frozen=True)
class Bound:
    """A column and the widget it is read from. `key`: the name in answers; `child`: the name of the
    sub-form's column within it; `widget`: the stable id; `type`: the widget's type.
    """

    column: str
    rule: Rule
    key: str
    widget: str
    type: str
    child: str | None = None


@dataclass(frozen=True)
class Mapped:
    """A form's widgets resolved. `left_out`: optional columns without a widget, with the reason."""

    entity: str
    bounds: tuple[Bound, ...]
    left_out: Mapping[str, Text]
    widgets: Mapping[str, tuple[str, str]] = field(repr=False)  # stable id -> caption, type
    system: frozenset[str] = frozenset()
    own: FormOptions = field(default_factory=FormOptions, repr=False)

    @property
    def remembered(self) -> dict[str, list[Any]]:
        """What the next load is to know of the widgets, see `resolve`."""
        rules = FORMS[self.entity].columns
        return {
            item.column: [
                item.widget,
                list(self.own.columns.get(item.column) or rules[item.column].candidates),
            ]
            for item in self.bounds
            if item.type != "system" and item.column not in self.own.coalesce
        }

    def bound(self, column: str) -> Bound | None:
        return next((item for item in self.bounds if item.column == column), None)

    @property
    def fields(self) -> list[str]:
        """Names to ask for: what is read, and the system fields that a projection would drop."""
        wanted = [name for name in ("flowState", "deleteTime") if name in self.system]
        return list(dict.fromkeys([*(item.key for item in self.bounds), *SYSTEM_FIELDS, *wanted]))

    def fingerprint(self, *more: object) -> str:
        """Changes when a column is read from another widget, and so everything has to be read anew.

        An alias that was set or taken away is no such change.
        """
        parts = sorted((b.column, b.widget, b.type, b.child is not None) for b in self.bounds)
        text = json.dumps([parts, *more], ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def resolve(
    entity: str,
    own: FormOptions,
    widgets: Sequence[Widget],
    system: set[str],
    where: str,
    remembered: Remembered | None = None,
) -> Mapped:
    """Find the widget of every column.

    `remembered`: what the last load read each column from, by the same candidates. Captions change,
    ids do not: a widget that is still there stays the column's, whatever it is called now.

    Raises `PermanentFailure` naming every required or configured column that has no widget, or
    whose caption several widgets bear; nothing has been read then.
    """
    bounds: list[Bound] = []
    left_out: dict[str, Text] = {}
    faults: list[Text] = []
    for column, rule in FORMS[entity].columns.items():
        if column in own.columns and own.columns[column] is None:
            if rule.required and column not in own.constants:
                faults.append(text("sources.jiandaoyun.required_left_out", column=column))
            continue
        if column in own.coalesce:
            for candidate in own.coalesce[column]:
                part = first_that_fits((candidate,), widgets, system)
                if isinstance(part, Text):
                    faults.append(text("sources.jiandaoyun.column_why", column=column, why=part))
                else:
                    bounds.append(Bound(column, rule, *part))
            continue
        configured = own.columns.get(column)
        candidates = configured or rule.candidates
        found = first_that_fits(candidates, widgets, system)
        known = (remembered or {}).get(column)
        if known and tuple(known[1]) == tuple(candidates) and not _by_name(candidates, widgets):
            found = _with_id(known[0], widgets) or found
        if isinstance(found, Text):
            if column in own.constants and not configured:
                continue
            if rule.required or configured:
                faults.append(text("sources.jiandaoyun.column_why", column=column, why=found))
            else:
                left_out[column] = found
            continue
        key, widget, kind, child = found
        bounds.append(Bound(column, rule, key, widget, kind, child))
    if entity == "targets":
        bounds = _one_way(bounds, own, left_out, faults)
    if faults:
        raise PermanentFailure(
            language.text("sources.jiandaoyun.could_not_map_form", entity=entity),
            where=where,
            cause=joined(faults),
            next_step=text("sources.jiandaoyun.name_the_widgets", entity=entity),
        )
    catalogue = {
        str(item["widgetName"]): (str(item.get("label", "")), str(item.get("type", "")))
        for item in _flat(widgets)
    }
    return Mapped(entity, tuple(bounds), left_out, catalogue, frozenset(system), own)


def _by_name(candidates: Sequence[str], widgets: Sequence[Widget]) -> bool:
    """Whether an alias or an id fits, which nobody changes by the way."""
    for candidate in candidates:
        kind, _, name = candidate.partition(":")
        if kind in ("alias", "widget") and any(_fits(kind, name, item) for item in widgets):
            return True
    return False


def _with_id(widget: str, widgets: Sequence[Widget]) -> tuple[str, str, str, str | None] | None:
    """Key, stable id, type and sub-form column of a widget that is still there."""
    for item in widgets:
        if item.get("widgetName") == widget:
            return item["name"], widget, str(item.get("type", "")), None
        for inner in item.get("items") or ():
            if inner.get("widgetName") == widget:
                return item["name"], widget, str(inner.get("type", "")), inner["name"]
    return None


def _one_way(
    bounds: list[Bound], own: FormOptions, left_out: dict[str, Text], faults: list[Text]
) -> list[Bound]:
    """A form of targets has one amount with its period, or a year with twelve amounts."""
    have = {item.column for item in bounds} | set(own.constants)
    single, yearly = {"target_amount", "period"}, {*MONTHS, "year"}
    if single <= have:
        unused = yearly
    elif yearly <= have:
        unused = single
    elif {"target_amount", "year"} <= have:
        unused = {*MONTHS, "period"}
    else:
        faults.append(text("sources.jiandaoyun.neither_amount_nor_months"))
        return bounds
    for column in unused:
        left_out.pop(column, None)
    return [item for item in bounds if item.column not in unused]


def _flat(widgets: Sequence[Widget]) -> list[Widget]:
    return [
        part
        for item in widgets
        for part in (item, *(item.get("items") or ()))
        if "widgetName" in part
    ]


def first_that_fits(
    candidates: Sequence[str], widgets: Sequence[Widget], system: set[str]
) -> tuple[str, str, str, str | None] | Text:
    """Key, stable id, type and sub-form column of the first that fits; else the reason."""
    for candidate in candidates:
        kind, _, name = candidate.partition(":")
        if kind == "system":
            # Every form has these; a list that leaves them out must not lose the row's times.
            if name in SYSTEM_FIELDS or name in system:
                return name, name, "system", None
            continue
        parent, _, child = name.partition("/") if kind == "label" else (name, "", "")
        hits = [item for item in widgets if _fits(kind, parent, item)]
        if len(hits) > 1:
            return _several(hits, candidate)
        if not hits:
            continue
        if not child:
            return hits[0]["name"], hits[0]["widgetName"], str(hits[0].get("type", "")), None
        inner = [item for item in hits[0].get("items") or () if _fits("label", child, item)]
        if len(inner) > 1:
            return _several(inner, candidate)
        if inner:
            item = inner[0]
            return hits[0]["name"], item["widgetName"], str(item.get("type", "")), item["name"]
    return text("sources.jiandaoyun.no_widget_fits", candidates=list(candidates))


def _several(hits: Sequence[Widget], candidate: str) -> Text:
    return text(
        "sources.jiandaoyun.several_widgets_fit",
        number=len(hits),
        candidate=candidate,
        ids=_ids(hits),
    )


def _fits(kind: str, name: str, widget: Widget) -> bool:
    if kind == "alias":
        return widget.get("name") == name
    if kind == "widget":
        return widget.get("widgetName") == name
    return plain(str(widget.get("label", ""))) == plain(name)


def _ids(widgets: Sequence[Widget]) -> str:
    return ", ".join(str(item["widgetName"]) for item in widgets)


def drift(before: Mapping[str, Sequence[str]], mapped: Mapped) -> list[Text]:
    """What has changed in the form since the last load, for the operator."""
    now = mapped.widgets
    used = {item.widget for item in mapped.bounds}
    new = [_widget(now[key][0], key) for key in now if key not in before and key not in used]
    gone = [_widget(before[key][0], key) for key in before if key not in now]
    renamed = [
        language.text(
            "sources.jiandaoyun.field_renamed", before=before[key][0], now=now[key][0], widget=key
        )
        for key in now
        if key in before and before[key][0] != now[key][0]
    ]
    retyped = [
        language.text(
            "sources.jiandaoyun.field_retyped",
            caption=now[key][0],
            before=before[key][1],
            now=now[key][1],
            widget=key,
        )
        for key in now
        if key in before and before[key][1] != now[key][1]
    ]
    return [
        language.text(key, fields=sorted(items, key=lambda item: item.en))
        for key, items in (
            ("sources.jiandaoyun.new_fields_are_not_read", new),
            ("sources.jiandaoyun.fields_are_gone", gone),
            ("sources.jiandaoyun.fields_another_caption", renamed),
            ("sources.jiandaoyun.fields_another_type", retyped),
        )
        if items
    ]


def _widget(label: str, key: str) -> Text:
    return language.text("sources.jiandaoyun.field_and_key", label=label, key=key)
