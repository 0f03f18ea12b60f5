"""Which keys of a form are asked for: the proposed ones that the site has, under its own spelling.

Add here: a rule of choosing. Keep out: the list of keys (`forms.py`) and the asking (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.sources.kingdee.forms import Column, FieldsOfForm, Form

HEAD = "FBillHead"


@dataclass(frozen=True)
class Selection:
    """The columns of one table that a load asks for. `keys`: column -> the site's own key."""

    columns: tuple[Column, ...]
    keys: Mapping[str, str]
    absent: tuple[str, ...]

    @property
    def present(self) -> list[Column]:
        return [column for column in self.columns if column.name in self.keys]


def resolved(key: str, fields: FieldsOfForm) -> str | None:
    """The site's spelling of a key: as given, in other letters, or by the label of a field."""
    root, dot, rest = key.partition(".")
    if root not in fields.entries:
        same = [name for name in fields.entries if name.lower() == root.lower()]
        if len(same) == 1:
            root = same[0]
        elif root in fields.labels:
            root = fields.labels[root]
        else:
            return None
    return root + dot + rest


def select(
    form: Form,
    columns: Sequence[Column],
    fields: FieldsOfForm,
    *,
    source: str,
    mapped: Mapping[str, object],
    known: frozenset[str] = frozenset(),
) -> Selection:
    """What to ask of a form.

    `mapped`: keys the company itself has named; `known`: columns that the last load read. Raises
    `PermanentFailure` if one of those, or a required one, is not there: figures would silently lack it.
    """
    keys: dict[str, str] = {}
    absent, missing = [], []
    columns = [part for column in columns for part in column.parts]
    for column in columns:
        found = next((k for k in (resolved(key, fields) for key in column.keys) if k), None)
        if found:
            keys[column.name] = found
        elif column.keys:
            absent.append(column.name)
            if column.required or column.name in mapped or column.name in known:
                missing.append(f"{column.name} ({' or '.join(column.keys)})")
    if missing:
        raise PermanentFailure(
            f"Could not read {form.form_id} of {source}",
            where=f"{form.form_id}: {', '.join(missing)}",
            cause="the site has no such fields, or the integration user may not see them",
            next_step=f"name their keys in options.forms.{form.table}.columns, or set "
            "`full: true` for one run to go on without those that are not required",
        )
    return Selection(tuple(columns), keys, tuple(absent))


def outside_head(selection: Selection, fields: FieldsOfForm) -> list[str]:
    """Keys that do not stand in the head of a form: such a key may multiply its records."""
    return [
        key
        for key in selection.keys.values()
        if fields.entries.get(key.partition(".")[0], HEAD) != HEAD
    ]
