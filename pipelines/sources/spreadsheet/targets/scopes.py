"""Whom and when targets are for, where the sheet says it only by its headings, title or name.

Add here: another way in which sheets say scope or period. Keep out: who a name is (staging
resolves names to users).
"""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from pipelines.configuration.sources import FileMapping
from pipelines.language import Text
from pipelines.language.text import Joined
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import CellFault, FileRejected
from pipelines.sources.spreadsheet.layout.aliases import SCOPE_WORDS
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import Heading, key
from pipelines.sources.spreadsheet.places.mail_text import given_name
from pipelines.sources.spreadsheet.values.cells import has_cjk, person_name
from pipelines.sources.spreadsheet.values.months import parse_month, parse_period, years_in

_STATUS = re.compile(r"\((已?离职|已?调岗|已?转岗|新人|新入职|试用|兼职|代|休假)[^)]*\)$")
_SEVERAL = re.compile(r"[、,;/&+和与]")
# What lists and sheets with months as columns are both refused for.
NOBODY = text_("sheets.scopes.no_type")
SAY_WHOM = text_("sheets.scopes.add_type")


def scope_of_heading(heading: Heading | None) -> str | None:
    """The kind of scope: rep for 姓名, team for 部门, region for 大区 …; None if the heading says no scope."""
    if heading is None:
        return None
    for kind, words in SCOPE_WORDS.items():
        if {key(word) for word in words} & set(heading.keys):
            return kind
    return None


def rep_name(text: str) -> str:
    """A rep as named in a sheet: no inner spaces, no `(离职)` behind; `CellFault` for two reps."""
    name = person_name(_STATUS.sub("", text))
    if has_cjk(name) and _SEVERAL.search(name):
        raise CellFault(text_("sheets.scopes.several_people", text=text))
    return name


def tidy_reps(scope_id: pa.Array, scope_type: pa.Array) -> tuple[pa.Array, dict[int, Text]]:
    """Names of reps made comparable; other scopes stay as they are. Faults by row position."""
    found: list[str | None] = []
    faults: dict[int, Text] = {}
    for row, (name, kind) in enumerate(
        zip(scope_id.to_pylist(), scope_type.to_pylist(), strict=True)
    ):
        if name and kind == "rep":
            try:
                name = rep_name(name)
            except CellFault as fault:
                faults[row] = fault.told
        found.append(name)
    return pa.array(found, pa.string()), faults


def year_of(body: Body, mapping: FileMapping, file: str) -> int | None:
    """The year of headings that do not say theirs.

    The mapping decides if it names one; else sheet name, title and file name must agree.
    Raises `FileRejected` if they do not: a title left from last year shifts every target.
    """
    if mapping.year:
        return mapping.year
    told: dict[int, Text] = {}
    for place, text in (
        (text_("sheets.scopes.sheet_name"), body.sheet),
        (text_("sheets.scopes.title"), " ".join(body.title)),
        (text_("sheets.scopes.file_name"), Path(given_name(file.partition("#")[0])).stem),
    ):
        years = years_in(text)
        if len(years) == 1:
            told.setdefault(years.pop(), place)
    if len(told) > 1:
        said = Joined(
            [
                text_("sheets.scopes.year_in_place", place=place, year=year)
                for year, place in told.items()
            ],
            "clauses",
        )
        raise FileRejected(
            text_("sheets.scopes.years_differ", said=said),
            where=body.where,
            next_step=text_("sheets.scopes.correct_year"),
        )
    return next(iter(told), None)


def sheet_period(body: Body, mapping: FileMapping, file: str) -> tuple[int | None, str | None]:
    """(year, period) that the sheet as a whole is for, by its name; None for what is not said."""
    year = year_of(body, mapping, file)
    period = parse_period(body.sheet)
    if period is None and year and (month := parse_month(body.sheet)):
        period = f"{month.year or year}-{month.number:02d}"
    return year, period
