"""Record types of a form: a field of it, by which only some of its records count.

Add here: another question about that field. Keep out: the other widgets (`mapping.py`).

简道云 has no record types of its own; a company that keeps several kinds in one form has a field for
them. Whether filters by a field are obeyed is not documented, and unknown ones are ignored, so all
records come and the others are left out here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.language import Text, text
from pipelines.sources.jiandaoyun import cells
from pipelines.sources.jiandaoyun.api import Api, Row
from pipelines.sources.jiandaoyun.mapping import Widget, first_that_fits
from pipelines.sources.jiandaoyun.options import FormOptions
from pipelines.sources.record_types import unknown


@dataclass(frozen=True)
class FormTypes:
    """The record types that count: `key` is the field's name in answers, `widget` its stable id."""

    names: tuple[str, ...]
    key: str
    widget: str

    def counts(self, row: Row) -> bool:
        return str(cells.text(row.get(self.key))) in self.names


def types_of_form(
    names: tuple[str, ...], own: FormOptions, widgets: Sequence[Widget], entity: str, where: str
) -> FormTypes | None:
    """The types of a form that count, None if all do. Raises `PermanentFailure` without a field."""
    if not names:
        return None
    found = first_that_fits(own.record_type, widgets, set())
    if isinstance(found, Text):
        raise PermanentFailure(
            text("sources.jiandaoyun.could_not_map_form", entity=entity),
            where=where,
            cause=found,
            next_step=text("sources.record_types.field_step", form=entity),
        )
    return FormTypes(names, found[0], found[1])


def stop_at_unused(
    api: Api, source: str, form: str, place: tuple[str, str, str], types: FormTypes
) -> None:
    """Raise `PermanentFailure` naming the types that count and that no record of the form has.

    `place`: application, form id and entity. Reads until a record of each type has been seen.
    """
    app_id, entry_id, entity = place
    seen: set[str] = set()
    for page in api.pages(app_id, entry_id, [types.key], what=entity):
        seen |= {str(cells.text(row.get(types.key))) for row in page} - {"None"}
        if seen >= set(types.names):
            return
    missing = [name for name in types.names if name not in seen]
    raise unknown(source, form, entity, missing, sorted(seen))
