"""`forewarn check` for a Kingdee site: can it log in, what does it see, what would one grant.

Add here: something an administrator can mend before the first night. Keep out: reading records.
"""

from __future__ import annotations

from pipelines.failures import Failure
from pipelines.language import Said, text
from pipelines.sources.essentials import entity_of
from pipelines.sources.http import Refusal
from pipelines.sources.kingdee.answers import NO_RIGHT
from pipelines.sources.kingdee.bill_types import condition, stop_at_unused, wanted
from pipelines.sources.kingdee.entries import EntryJob, entry_key_of
from pipelines.sources.kingdee.forms import Form
from pipelines.sources.kingdee.paging import record_pages
from pipelines.sources.kingdee.reading import first_records, remembered
from pipelines.sources.kingdee.selection import select_tried
from pipelines.sources.kingdee.site import Site
from pipelines.sources.protocol import Finding, Previous
from pipelines.sources.record_types import only
from pipelines.sources.records import Cursor
from pipelines.sources.trial import finding, tried


def findings(site: Site, forms: list[Form], stages: set[str], previous: Previous) -> list[Finding]:
    """One finding for the login, each form and the stages. Raises the `Failure` of the login."""
    context = site.context()
    organisation = (context.get("CurrentOrganizationInfo") or {}).get("Name") or "?"
    told = text(
        "sources.kingdee.logged_in_as",
        user=context.get("UserName") or "?",
        centre=context.get("DataCenterName") or "?",
        organisation=organisation,
        zone=site.zone(),
    )
    found = [Finding(site.name, True, told)]
    for form in forms:
        try:
            found.append(_form(site, form, Cursor.read(previous.cursor(form.table))))
        except Failure as failure:
            no_right = isinstance(failure, Refusal) and failure.code == NO_RIGHT
            step = failure.next_step
            if no_right:
                step = text(
                    "sources.kingdee.grant_on",
                    context=context.get("UserName") or text("sources.kingdee.the_user"),
                    form_id=form.form_id,
                )
            subject = f"{site.name}: {form.form_id}"
            found.append(Finding(subject, form.optional and no_right, failure.cause, step))
    found += _stages(site, forms, stages)
    return found


def _form(site: Site, form: Form, last: Cursor | None) -> Finding:
    subject = f"{site.name}: {form.form_id}"
    fields = site.fields(form.form_id)
    if fields is None:
        step = text("sources.kingdee.correct_form_or_leave_out")
        return Finding(subject, form.optional, text("sources.kingdee.module_not_on_site"), step)
    given = site.options.forms.get(form.table)
    selection, id_key = select_tried(
        site,
        form,
        fields,
        mapped=given.columns if given else {},
        known=frozenset(last.extra.get("columns", ())) if last else frozenset(),
        remembered=remembered(last),
    )
    where = condition(site, form, fields)
    if where:
        stop_at_unused(site, form, fields, id_key)
    count = sum(len(rows) for rows in record_pages(site, form.form_id, id_key, [], where))
    told: list[Said] = [text("sources.check.records", rows=f"{count:,}")]
    if where:
        told.append(only(wanted(site.options, form)))
    remedy: Said = ""
    absent: list[Said] = list(selection.absent)
    if form.entry:
        mapped = given.entry_columns if given else {}
        if entry_key_of(EntryJob(form, form.entry, fields, id_key, "UTC", mapped)) is None:
            absent.append(text("sources.kingdee.its_entries", table=form.entry.table))
    if absent:
        told.append(text("sources.check.without", fields=absent))
        remedy = text("sources.kingdee.name_keys_if_used", table=form.table)
    entity = "targets" if form.table == "target" else entity_of(form.table)
    return finding(
        subject,
        told,
        entity=entity,
        read={key.partition("@")[0] for key in selection.keys},
        accepted=site.options.accept_missing,
        trial=tried(first_records(site, form, selection, id_key, where), entity),
        next_step=remedy,
    )


def _stages(site: Site, forms: list[Form], stages: set[str]) -> list[Finding]:
    """Won and lost have fixed names here; stages.csv must know them."""
    if not any(form.table == "opportunity" for form in forms):
        return []
    subject = text("sources.check.stages_of", name=site.name)
    if unknown := sorted({"赢单", "输单"} - stages):
        said = text("sources.stages_csv_does_not_know", unknown=list(unknown))
        return [Finding(subject, False, said, text("sources.add_row_stages_csv_each"))]
    return [Finding(subject, True, text("sources.kingdee.stages_csv_knows_phases_are"))]
