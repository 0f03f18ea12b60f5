"""Sums that a sheet states itself: totals rows and totals columns against their parts.

Add here: another check of a sheet against itself. Keep out: checks against other files
(`connector.py`) and against other tables (the quality gate).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
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
    sums = _Sums(lines)
    return [
        mismatch
        for position, line in enumerate(lines)
        if line.is_total and line.amounts and (mismatch := _check(line, position, sums))
    ]


class _Sums:
    """Sums of detail rows over any range of lines, each from two sums since the start.

    A sheet of a thousand people by teams has ten thousand ranges to try.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self.totals = [index for index, line in enumerate(lines) if line.is_total]
        self.details = [index for index, line in enumerate(lines) if not line.is_total]
        self.rows = [lines[index].row for index in self.details]
        self._amounts = [lines[index].amounts for index in self.details]
        self._until: dict[int, list[Decimal]] = {}
        self.end = len(lines)

    def added(self, column: int, first: int, last: int) -> Decimal:
        """The sum of a column over the details first to last - 1."""
        if column not in self._until:
            amounts = (each.get(column, Decimal(0)) for each in self._amounts)
            self._until[column] = list(accumulate(amounts, initial=Decimal(0)))
        return self._until[column][last] - self._until[column][first]


def _check(line: Line, position: int, sums: _Sums) -> Mismatch | None:
    starts = [0, *(index + 1 for index in sums.totals if index < position)]
    ends = [*(index for index in sums.totals if index > position), sums.end]
    ranges = [(start, position) for start in starts] + [(position + 1, end) for end in ends]
    best: tuple[int, Mismatch] | None = None
    for start, end in ranges:
        first, last = bisect_left(sums.details, start), bisect_left(sums.details, end)
        if first == last:
            continue
        wrong = []
        for column, stated in line.amounts.items():
            added = sums.added(column, first, last)
            if abs(added - stated) > TOLERANCE * (last - first):
                wrong.append((column, stated, added))
        if not wrong:
            return None
        column, stated, added = wrong[0]
        rows = sums.rows[first], sums.rows[last - 1]
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
