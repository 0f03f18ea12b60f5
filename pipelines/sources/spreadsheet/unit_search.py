"""Which unit a column of amounts is in: heading, then title, then sheet name, then mapping.

(A suffix in a cell overrides all of them; `cells.py` sees to that.)

Add here: another place where sheets state a unit. Keep out: what a unit is worth (`units.py`).
A missed 万元 is a factor of 10,000, so a stated unit that is not understood rejects the file.
"""

from __future__ import annotations

from decimal import Decimal

from pipelines.configuration.sources import FileMapping
from pipelines.sources.spreadsheet.body import Body
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.headings import Heading, read_heading, said_unit
from pipelines.sources.spreadsheet.units import Unit, parse_unit

PLAIN = Unit("", Decimal(1))
_KNOWN = "known units: 元, 千元, 万元, 百万元, 亿元, k, million"


def unit_of(
    body: Body,
    place: int,
    mapping: FileMapping,
    currency: str,
    *,
    needed: bool,
    counts: bool = False,
) -> Unit:
    """The unit of the column under one heading.

    `needed`: reject the file if no unit is stated anywhere; else plain units are taken. `counts`:
    the column counts things, so that 家 and 个 are units. Raises `FileRejected`.
    """
    where = body.address(0, place) if len(body.rows) else body.where
    found = stated_unit(body.headings[place], body.title, body.sheet, mapping.unit, body.where)
    if found is None:
        if needed and not counts:
            raise FileRejected(
                "no unit is stated for the amounts (neither in a heading, the title, the sheet's "
                "name nor the mapping)",
                where=body.where,
                next_step="write 单位：万元 (or 元) above the table, or add `unit:` to the mapping in "
                "sources.yml",
            )
        return PLAIN
    if found.is_count and not counts:
        raise FileRejected(
            f"the unit {found.text!r} counts things, but the column holds money",
            where=where,
            next_step="correct the unit, or add `values: {metric: new_accounts}` to the mapping",
        )
    if found.currency and found.currency != currency and not counts:
        raise FileRejected(
            f"the unit {found.text!r} is in {found.currency}, but the company's currency is "
            f"{currency}",
            where=where,
            next_step=f"give the amounts in {currency}",
        )
    return found


def stated_unit(
    heading: Heading, title: list[str], sheet: str, configured: str | None, where: str
) -> Unit | None:
    """The first unit stated, None if there is none; `FileRejected` for one nobody knows."""
    if heading.unit:
        return heading.unit
    if heading.unknown_unit:
        raise _unknown(heading.unknown_unit, where)
    found, words = said_unit(title)
    if found is None and words:
        raise _unknown(words, where)
    if found:
        return found
    in_name = read_heading(sheet)
    if in_name.unit:
        return in_name.unit
    return parse_unit(configured) if configured else None


def _unknown(words: str, where: str) -> FileRejected:
    return FileRejected(
        f"the unit {words!r} is not known ({_KNOWN})",
        where=where,
        next_step="correct the unit in the sheet",
    )
