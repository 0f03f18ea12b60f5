"""Which unit a column of amounts is in: heading, then title, then sheet name, then mapping.

(A suffix in a cell overrides all of them; `cells.py` sees to that.)

Add here: another place where sheets state a unit. Keep out: what a unit is worth (`units.py`).
A missed 万元 is a factor of 10,000, so a stated unit that is not understood rejects the file.
"""

from __future__ import annotations

from decimal import Decimal

from pipelines.configuration.sources import FileMapping
from pipelines.sources.protocol import Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.body import Body
from pipelines.sources.spreadsheet.layout.headings import Heading, read_heading, said_unit
from pipelines.sources.spreadsheet.values.units import Unit, parse_unit

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
    found = stated_unit(body.headings[place], body.title, body.sheet, mapping.unit, body.where)
    if found is None:
        if needed and not counts:
            raise FileRejected(
                Told(
                    "no unit is stated for the amounts (neither in a heading, the title, the "
                    "sheet's name nor the mapping)",
                    "金额没有写明单位（表头、标题、工作表名称和映射里都没有写）",
                ),
                where=body.where,
                next_step=Told(
                    "write 单位：万元 (or 元) above the table, or add `unit:` to the mapping in "
                    "sources.yml",
                    "请在表格上方写“单位：万元”（或“元”），或在 sources.yml 的映射中添加 `unit:`",
                ),
            )
        return PLAIN
    if found.is_count and not counts:
        raise FileRejected(
            Told(
                f"the unit {found.text!r} counts things, but the column holds money",
                f"单位“{found.text}”是计数单位，而这一列是金额",
            ),
            where=where,
            next_step=Told(
                "correct the unit, or add `values: {metric: new_accounts}` to the mapping",
                "请改正单位，或在映射中添加 `values: {metric: new_accounts}`",
            ),
        )
    if found.currency and found.currency != currency and not counts and not any_currency:
        raise FileRejected(
            Told(
                f"the unit {found.text!r} is in {found.currency}, but the company's currency is "
                f"{currency}",
                f"单位“{found.text}”的币种是 {found.currency}，而公司的币种是 {currency}",
            ),
            where=where,
            next_step=Told(f"give the amounts in {currency}", f"请用 {currency} 填写金额"),
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
        Told(
            f"the unit {words!r} is not known (known units: {', '.join(_KNOWN)})",
            f"不认识单位“{words}”（认识的单位：{'、'.join(_KNOWN)}）",
        ),
        where=where,
        next_step=Told("correct the unit in the sheet", "请改正工作表中的单位"),
    )
