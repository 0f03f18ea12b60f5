"""Sums that a sheet states itself: totals rows and totals columns against their parts.

Add here: another check of a sheet against itself. Keep out: checks against other files
(`connector.py`) and against other tables (the quality gate).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# Chinese, Japanese and Korean words stand at the end of a label (华东区合计), after which a count may
# follow (共计 8 单); words of other languages stand alone or at either end of it (Total 2026, Summe Nord).
_CJK_TOTALS = "合计|小计|总计|共计|汇总|累计|总和|合計|小計|總計|総計|累計|共計|彙總|합계|소계|총계"
_TOTALS = (
    "sub-?total|grand-?total|total(?:e|s|en|ite)?|sum|sums|summe|zwischensumme|gesamt(?:summe|betrag)?"
    "|insgesamt|somme|sous-?total|ensemble|suma|soma|totaal|totalt|toplam|итого|всего|ytd|cumulative"
)
# What every such label has in it, full-width letters too: for a first look over long columns.
LIKELY_TOTAL = rf"{_CJK_TOTALS}|{_TOTALS}|[计計総총합]|[ｔＴｓＳ]"
_TOTAL_CJK = re.compile(
    rf"^.{{0,10}}(?:{_CJK_TOTALS})[数额]?:?(?:[\d,.]+(?:万|亿)?(?:元|单|家|个|条|笔|项|人|行|件)?)?:?$"
)
_TOTAL_WORD = re.compile(
    rf"^(?:.{{0,16}}[\s\-:/])?(?:{_TOTALS})(?:[\s\-:/(].{{0,16}})?:?$", re.IGNORECASE
)
_BRACKETS = re.compile(r"[(\[【{][^)\]】}]*[)\]】}]")
TOLERANCE = Decimal("0.01")  # per added cell, in the unit of the sheet


def is_total(value: Any) -> bool:
    """True for the label of a totals row: 合计, 小计：, 华东区合计, 共计 8 单, 合计（万元）, Total, Sum."""
    if not isinstance(value, str) or not value or len(value) > 40:
        return False
    plain = " ".join(_BRACKETS.sub("", unicodedata.normalize("NFKC", value)).split())
    return bool(_TOTAL_CJK.match(plain.replace(" ", "")) or _TOTAL_WORD.match(plain))


@dataclass(frozen=True)
class Line:
    """One row of a table: its amounts by column (in the sheet's unit), and whether it totals."""

    row: int
    amounts: dict[int, Decimal]
    is_total: bool = False
    label: str = ""


@dataclass(frozen=True)
class Mismatch:
    """A stated sum that its parts do not make: where it stands, both figures, and the rows added."""

    row: int
    column: int
    stated: Decimal
    added: Decimal
    label: str
    first: int
    last: int


def check_totals(lines: Sequence[Line]) -> list[Mismatch]:
    """Every totals row against its parts; at most one mismatch per totals row.

    The parts are the detail rows between two totals rows, or from an earlier totals row (or the
    start) to this one, or, for totals that stand above their parts, those that follow. One range
    must explain every column of the row.
    """
    return [
        mismatch
        for position, line in enumerate(lines)
        if line.is_total and line.amounts and (mismatch := _check(lines, position))
    ]


def _check(lines: Sequence[Line], position: int) -> Mismatch | None:
    line = lines[position]
    totals = [index for index, other in enumerate(lines) if other.is_total]
    starts = [0, *(index + 1 for index in totals if index < position)]
    ends = [*(index for index in totals if index > position), len(lines)]
    ranges = [(start, position) for start in starts] + [(position + 1, end) for end in ends]
    best: tuple[int, Mismatch] | None = None
    for start, end in ranges:
        parts = [other for other in lines[start:end] if not other.is_total]
        if not parts:
            continue
        wrong = []
        for column, stated in line.amounts.items():
            added = sum((part.amounts.get(column, Decimal(0)) for part in parts), Decimal(0))
            if abs(added - stated) > TOLERANCE * len(parts):
                wrong.append((column, stated, added))
        if not wrong:
            return None
        column, stated, added = wrong[0]
        rows = parts[0].row, parts[-1].row
        mismatch = Mismatch(line.row, column, stated, added, line.label, *rows)
        if best is None or len(wrong) < best[0]:
            best = (len(wrong), mismatch)
    return best[1] if best else None


def plain(amount: Decimal) -> str:
    """An amount for a message: thousands grouped, no superfluous zeros."""
    text = f"{amount:,.4f}".rstrip("0").rstrip(".")
    return text or "0"


def adds_up(stated: Decimal, parts: Iterable[Decimal]) -> bool:
    """True if the parts make the stated sum within the tolerance."""
    values = list(parts)
    return abs(sum(values, Decimal(0)) - stated) <= TOLERANCE * max(len(values), 1)
