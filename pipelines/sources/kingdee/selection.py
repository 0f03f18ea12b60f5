"""Which keys of a form are asked for: the proposed ones that the site has, under its own spelling.

Add here: a rule of choosing. Keep out: the list of keys (`forms.py`) and the asking (`reading.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.kingdee.forms import Column, FieldsOfForm, Form
from pipelines.sources.kingdee.site import Site

HEAD = "FBillHead"
# column -> the key it was read from, and the keys and labels by which that was found
Remembered = Mapping[str, tuple[str, Sequence[str]]]


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
    refused: frozenset[str] = frozenset(),
    remembered: Remembered | None = None,
) -> Selection:
    """What to ask of a form.

    `mapped`: keys the company itself has named; `known`: columns that the last load read; `refused`:
    keys that the site does not take in a query. `remembered`: what the last load read each column from,
    by the same keys and labels: labels are edited, so a key that is still there stays the column's.
    Raises `PermanentFailure` if one of those, or a required one, is not there: figures would silently lack it.
    """
    keys: dict[str, str] = {}
    absent, missing = [], []
    columns = [part for column in columns for part in column.parts]
    for column in columns:
        candidates = [resolved(key, fields) for key in column.keys]
        before, by = (remembered or {}).get(column.name, ("", ()))
        if before and list(by) == list(column.keys):
            candidates.insert(0, resolved(before, fields))
        found = next((k for k in candidates if k and k not in refused), None)
        if found:
            keys[column.name] = found
        elif column.keys:
            absent.append(column.name)
            if column.required or column.name in mapped or column.name in known:
                missing.append(f"{column.name} ({' or '.join(column.keys)})")
    if missing:
        raise PermanentFailure(
            text("sources.kingdee.could_not_read", form_id=form.form_id, source=source),
            where=form.form_id,
            cause=text("sources.kingdee.site_has_no_such_fields", fields=missing),
            next_step=text("sources.kingdee.name_keys_or_go_on", table=form.table),
        )
    return Selection(tuple(columns), keys, tuple(absent))


def select_tried(
    site: Site,
    form: Form,
    fields: FieldsOfForm,
    *,
    mapped: Mapping[str, object],
    known: frozenset[str] = frozenset(),
    remembered: Remembered | None = None,
) -> tuple[Selection, str]:
    """The selection and primary key by which the site lets the form be read; raises as `select`.

    A site names the roots of its keys only, so `FACTTYPE.FName` looks well where `FACTTYPE` is a plain
    field. The whole query is therefore tried; if it is refused, each key is, and the refused ones
    give way to their next candidates.
    """
    id_key = site.primary_key(form.form_id, form.keys)
    refused: frozenset[str] = frozenset()
    while True:
        selection = select(
            form,
            form.columns,
            fields,
            source=site.name,
            mapped=mapped,
            known=known,
            refused=refused,
            remembered=remembered,
        )
        keys = list(dict.fromkeys(selection.keys.values()))
        if site.takes(form.form_id, [id_key, *keys]):
            return selection, id_key
        found = {key for key in keys if not site.takes(form.form_id, [id_key, key])}
        if not found:
            raise PermanentFailure(
                text("sources.kingdee.could_not_read", form_id=form.form_id, source=site.name),
                where=form.form_id,
                cause=text("sources.kingdee.site_takes_each_its_keys"),
                next_step=text("sources.kingdee.leave_keys_out_options_forms", table=form.table),
            )
        refused |= found


def outside_head(selection: Selection, fields: FieldsOfForm) -> list[str]:
    """Keys that do not stand in the head of a form: such a key may multiply its records."""
    return [
        key
        for key in selection.keys.values()
        if fields.entries.get(key.partition(".")[0], HEAD) != HEAD
    ]
