"""The raw tables of 简道云: which columns each has, of which kinds.

Add here: a raw column. Keep out: where its value comes from (`forms.py`, `cells.py`).

Raw columns are those of the form's rules: a reference `account_id` gives `account_id` (the link's own
id, if it has one) and `account_name`; a day gives the moment as it came (`…_at`) and the day.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.sources.jiandaoyun.forms import FORMS, MONTHS, ColumnKind, Rule
from pipelines.sources.records import Field, RowShape
from pipelines.sources.records.fields import Kind

LIVE = "live_ids"
_KINDS: dict[ColumnKind, Kind] = {"number": "decimal", "moment": "timestamp"}
# Of a target these come from other columns of the form (`periods.py`).
_DERIVED = {*MONTHS, "year"}
_REQUIRED = {"targets": ("period", "scope_type", "scope_id", "target_amount")}


def raw_columns(column: str, rule: Rule) -> list[tuple[str, str]]:
    """(raw column, part) pairs of one rule; parts are `value`, `id`, `name`, `kind`, `moment`, `day`."""
    if rule.kind == "reference":
        return [(column, "id"), (column.removesuffix("_id") + "_name", "name")]
    if rule.kind == "day":
        return [(column.removesuffix("_date") + "_at", "moment"), (column, "day")]
    if rule.kind == "scope":
        return [(column, "value"), (f"{column}_kind", "kind")]
    return [(column, "value")]


def _fields(entity: str) -> Iterator[Field]:
    form = FORMS[entity]
    yield Field(form.key, required=True)
    if entity == "targets":
        yield Field("record_id", required=True)
    for column, rule in form.columns.items():
        if column in _DERIVED:
            continue
        for name, part in raw_columns(column, rule):
            kind: Kind = _KINDS.get(rule.kind, "text")
            if part in ("moment", "day"):
                kind = "timestamp" if part == "moment" else "date"
            if part == "kind":
                continue
            # Of a linked record one of id and name is enough, which `loading.py` sees to.
            required = rule.required and rule.kind != "reference"
            required = required or column in _REQUIRED.get(entity, ())
            yield Field(name, kind, required=required)
    yield Field("flow_state", "integer")
    yield Field("_deleted", "boolean", required=True)


USERS = RowShape(
    "users",
    [
        Field("user_id", required=True),
        Field("user_name", required=True),
        Field("team_id"),
        Field("departments", "json"),
        Field("member_type", "integer"),
        Field("status", "integer"),
        Field("integrate_id"),
        Field("in_directory", "boolean", required=True),
    ],
    key="user_id",
)
TEAMS = RowShape(
    "teams",
    [
        Field("team_id", required=True),
        Field("team_name", required=True),
        Field("parent_team_id"),
        Field("region"),
        Field("department_type", "integer"),
        Field("status", "integer"),
        Field("is_team", "boolean", required=True),
    ],
    key="team_id",
)
# Ids that a form, or the directory, had at a load: what is missing in the newest list is deleted.
LIVE_IDS = RowShape(
    LIVE,
    [Field("entity", required=True), Field("record_id", required=True)],
    key="record_id",
)
SHAPES: dict[str, RowShape] = {
    "users": USERS,
    "teams": TEAMS,
    **{entity: RowShape(entity, _fields(entity), key=FORMS[entity].key) for entity in FORMS},
    LIVE: LIVE_IDS,
}
TABLES: tuple[str, ...] = tuple(SHAPES)
