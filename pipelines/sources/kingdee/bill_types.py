"""Bill types (单据类型), by which Kingdee tells record types apart: the condition of those that count.

Add here: another question about bill types. Keep out: the reading itself (`reading.py`).

Which types a form may have is not told by any service that is known. So a check looks which ones
its records carry, and a load that finds no record at all of the named types stops.
"""

from __future__ import annotations

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.kingdee.forms import TYPE_KEYS, FieldsOfForm, Form
from pipelines.sources.kingdee.options import TYPED_FORMS, Options
from pipelines.sources.kingdee.paging import literal, record_pages
from pipelines.sources.kingdee.selection import resolved
from pipelines.sources.kingdee.site import Site
from pipelines.sources.record_types import unknown


def wanted(options: Options, form: Form) -> tuple[str, ...]:
    """The bill types of a form that count; empty: all of them."""
    return options.types_of(TYPED_FORMS.get(form.table))


def type_key(site: Site, form: Form, fields: FieldsOfForm) -> str:
    """The site's own key of a form's type. Raises `PermanentFailure` if it has none."""
    given = site.options.forms.get(form.table)
    keys = (given.record_type,) if given and given.record_type else TYPE_KEYS
    found = next((key for name in keys if (key := resolved(name, fields))), None)
    if found is None:
        raise PermanentFailure(
            text("sources.kingdee.could_not_read", form_id=form.form_id, source=site.name),
            where=form.form_id,
            cause=text("sources.kingdee.site_has_no_such_fields", fields=[" or ".join(keys)]),
            next_step=text("sources.record_types.field_step", form=form.table),
        )
    return found


def condition(site: Site, form: Form, fields: FieldsOfForm) -> str:
    """The filter for records of the types that count; empty if all do. Raises as `type_key`."""
    names = wanted(site.options, form)
    if not names:
        return ""
    return f"{type_key(site, form, fields)} in ({', '.join(literal(name) for name in names)})"


def stop_at_unused(site: Site, form: Form, fields: FieldsOfForm, id_key: str) -> None:
    """Raise `PermanentFailure` naming the types that count and that no record of the form has."""
    key = type_key(site, form, fields)
    pages = record_pages(site, form.form_id, id_key, [key], "")
    used = {str(row[1]).strip() for rows in pages for row in rows if row[1] is not None}
    names = wanted(site.options, form)
    if unused := [name for name in names if name not in used]:
        entity = TYPED_FORMS[form.table]
        raise unknown(site.name, form.form_id, entity, unused, sorted(used))
