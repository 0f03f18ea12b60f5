"""Amounts as people and programs write them: signs, brackets, grouping, units, currencies.

Add here: another way of writing an amount. Keep out: percentages (`cells.py`), which unit a column is
in (`unit_search.py`), and what a unit is worth (`units.py`).

`1.200` is twelve hundred in a German sheet and one point two elsewhere. The other amounts of its column
say which (`decimal_style`), or an option does; without either it is a fault.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.facts.number_formats import is_own
from pipelines.sources.spreadsheet.formats.grid import Foreign
from pipelines.sources.spreadsheet.values.cells import NULLS, WORDS_FOR_NOTHING, settle
from pipelines.sources.spreadsheet.values.units import split_currency, suffix_multiplier

DecimalStyle = Literal["point", "comma"]

_CENT = Decimal("0.01")
_LARGEST = Decimal(10) ** 16
# Digits, grouped by threes or as in India by twos, then what stands behind them.
_POINT = re.compile(
    r"^(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)([^\d.,+\-()]*)$"
)
_COMMA = re.compile(r"^(\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d*)?|,\d+)([^\d.,+\-()]*)$")
_EITHER = re.compile(r"^[1-9]\d{0,2}\.\d{3}([^\d.,]*)$")
_SURELY_POINT = re.compile(
    r"\.\d{1,2}(?!\d)(?!\.)|\.\d{4,}|,\d{3}\.|,\d{2,3},\d{3}|(?<![\d.,])0\.\d|\d{4,}\.\d"
    r"|(?<![\d,.])\d{1,3},\d{3}(?![\d,])"
)
_SURELY_COMMA = re.compile(
    r",\d{1,2}(?![\d,])(?!\.)|,\d{4,}|\.\d{3},|\.\d{3}\.\d{3}|(?<![\d.,])0,\d"
)
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-", "\ufe63": "-"})
_NEGATIVE_SIGNS = ("-", "\u25b2", "\u25b3", "\u25bc", "\u8d1f")
_GROUPED_BY_QUOTE = re.compile(r"(?<=\d)['\u2019](?=\d{3})")


def decimal_style(values: Iterable[Any]) -> DecimalStyle | None:
    """What the text amounts of a column say of themselves; None if nothing, or both."""
    found: set[DecimalStyle] = set()
    for value in values:
        if isinstance(value, str) and ("." in value or "," in value):
            plain = value.replace(" ", "")
            if _SURELY_COMMA.search(plain):
                found.add("comma")
            elif _SURELY_POINT.search(plain):
                found.add("point")
    return found.pop() if len(found) == 1 else None


def parse_amount(
    value: Any,
    multiplier: Decimal | int = 1,
    *,
    currency: str = "CNY",
    nulls: Collection[str] = NULLS,
    decimal: DecimalStyle | None = None,
    exact: bool = False,
) -> Decimal | None:
    """An amount in whole units, to the cent (half up) unless `exact`.

    A suffix (万, k, 元) overrides `multiplier`. A sign, word or number format of another currency
    than `currency` is a fault: it would be summed as money of the wrong kind. So is a comma that
    does not group digits, and an amount that can be two figures.
    """
    value = settle(value)
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        raise _no_amount(value)
    if isinstance(value, Decimal):  # computed
        return _rounded(value * multiplier, value, exact)
    if isinstance(value, int | float):
        if isinstance(value, Foreign) and not is_own(value.currency, currency):
            raise CellFault(text("sheets.amount.format", currency=value.currency, own=currency))
        number = Decimal(repr(float(value)) if isinstance(value, float) else value)
        if not number.is_finite():
            raise _no_amount(value)
        return _rounded(number * multiplier, value, exact)
    if value in nulls or value.casefold() in WORDS_FOR_NOTHING:
        return None
    return _rounded(_number(value, Decimal(multiplier), currency, decimal), value, exact)


def _no_amount(value: Any) -> CellFault:
    return CellFault(text("sheets.amount.none", value=str(value)))


def _rounded(amount: Decimal, shown: Any, exact: bool) -> Decimal:
    if abs(amount) >= _LARGEST:
        raise CellFault(text("sheets.amount.too_large", value=str(shown)))
    return amount if exact else amount.quantize(_CENT, ROUND_HALF_UP)


def _bare(shown: str) -> tuple[str, bool, tuple[str, ...]]:
    """The digits with their unit, whether they are negative, and the currencies meant."""
    plain = shown.replace(" ", "").translate(_MINUS).casefold()
    plain = _GROUPED_BY_QUOTE.sub("", plain)
    signs: list[bool] = []
    meant: tuple[str, ...] = ()
    for _ in range(6):
        before = plain
        if plain.startswith("(") and (match := re.match(r"^\(([^()]*)\)([^\d()]*)$", plain)):
            signs.append(True)
            plain = match.group(1) + match.group(2)
        elif plain.startswith(_NEGATIVE_SIGNS):
            signs.append(True)
            plain = plain[1:]
        elif plain.startswith("+"):
            signs.append(False)
            plain = plain[1:]
        elif plain.endswith("-") and len(plain) > 1:
            signs.append(True)
            plain = plain[:-1]
        elif not meant:
            plain, meant = split_currency(plain)
        if plain == before:
            break
    if len(signs) > 1:
        raise CellFault(text("sheets.amount.two_signs", value=shown))
    return plain, signs == [True], meant


def _number(
    shown: str, multiplier: Decimal, currency: str, decimal: DecimalStyle | None
) -> Decimal:
    plain, negative, meant = _bare(shown)
    either = _EITHER.match(plain)
    # Nobody groups the digits of 12.345万.
    if either and decimal is None and suffix_multiplier(either.group(1)) == 1:
        raise CellFault(text("sheets.amount.either", value=shown))
    match = (_COMMA if decimal == "comma" else _POINT).match(plain)
    if match is None:
        if decimal != "comma" and _COMMA.match(plain):
            raise CellFault(text("sheets.amount.comma", value=shown))
        raise _no_amount(shown)
    digits, suffix = match.group(1), match.group(2)
    if suffix:
        rest, also = split_currency(suffix)
        meant = meant or also
        found = suffix_multiplier(rest)
        if found is None:
            raise CellFault(text("sheets.amount.unit", value=shown, unit=suffix))
        if rest:
            multiplier = found
    if meant and currency not in meant:
        raise CellFault(
            text("sheets.amount.currency", value=shown, meant=" / ".join(meant), own=currency)
        )
    if decimal == "comma":
        digits = digits.replace(".", "").replace(",", ".")
    amount = Decimal(digits.replace(",", "")) * multiplier
    return -amount if negative else amount
