"""Which unit a column of amounts is in: heading, then title, then sheet name, then mapping.

(A suffix in a cell overrides all of them; `cells.py` sees to that.)

Add here: another place where sheets state a unit. Keep out: what a unit is worth (`units.py`).
A missed 万元 is a factor of 10,000, so a stated unit that is not understood rejects the file.
"""

from __future__ import annotations

from decimal import Decimal

from pipelines.configuration.sources import FileMapping
from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import Heading, read_heading, said_unit
from pipelines.sources.spreadsheet.values.units import Unit, parse_unit, signed_unit

PLAIN = Unit("", Decimal(1))
_KNOWN = ("元", "千元", "万元", "百万元", "亿元", "k", "million")


def unit_of(
    body: Body,
    place: int,
    mapping: FileMapping,
    currency: str,
    *,
    needed: bool,
    counts: bool = False,
    any_currency: bool = False,
) -> Unit:
    """The unit of the column under one heading.

    `needed`: reject the file if no unit is stated anywhere; else plain units are taken. `counts`:
    the column counts things, so that 家 and 个 are units; `any_currency`: rows can say theirs. Raises `FileRejected`.
    """
    where = body.address(0, place) if len(body.rows) else body.where
    found = stated_unit(
        body.headings[place], body.title, body.sheet, mapping.unit, body.where, currency
    )
    if found is None:
        if needed and not counts:
            raise FileRejected(
                text_("sheets.unit_search.none_stated"),
                where=body.where,
                next_step=text_("sheets.unit_search.write_above"),
            )
        return PLAIN
    if found.is_count and not counts:
        raise FileRejected(
            text_("sheets.unit_search.count_for_money", text=found.text),
            where=where,
            next_step=text_("sheets.unit_search.correct_or_metric"),
        )
    if found.currency and found.currency != currency and not counts and not any_currency:
        raise FileRejected(
            text_(
                "sheets.unit_search.other_currency",
                unit=found.text,
                currency=found.currency,
                own=currency,
            ),
            where=where,
            next_step=text_("sheets.unit_search.give_amounts", currency=currency),
        )
    return found


def stated_unit(
    heading: Heading,
    title: list[str],
    sheet: str,
    configured: str | None,
    where: str,
    currency: str,
) -> Unit | None:
    """The first unit stated, None if there is none; `FileRejected` for one nobody knows.

    A bare sign (`$k`) is that of the company's `currency`, where this has it.
    """
    if heading.unit:
        return heading.unit
    if heading.unknown_unit:
        if signed := signed_unit(heading.unknown_unit, currency):
            return signed
        raise _unknown(heading.unknown_unit, where)
    found, words = said_unit(title)
    if found is None and words:
        if signed := signed_unit(words, currency):
            return signed
        raise _unknown(words, where)
    if found:
        return found
    in_name = read_heading(sheet)
    if in_name.unit:
        return in_name.unit
    return parse_unit(configured) if configured else None


def _unknown(words: str, where: str) -> FileRejected:
    return FileRejected(
        text_("sheets.unit_search.unknown", words=words, known=[*_KNOWN]),
        where=where,
        next_step=text_("sheets.unit_search.correct"),
    )
