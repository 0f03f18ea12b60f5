"""How a figure is written for a reader: money, shares, days, dates and counts, in any language.

Add here: a way of writing a figure. Keep out: what a figure means and which one is shown. What
differs by language (patterns of dates, units, how large amounts are grouped) stands in the
catalogues under `figure.`; digits, separators and names of months are Babel's.

Nothing here ever writes None or NaN: what is not known is a dash. Percentages are whole, since
the figures behind them are not known better; a chance is never written as 0 % or 100 %.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from pipelines.language.catalogue import sentence
from pipelines.language.text import text as words

DASH = "—"
MINUS = "−"
# Of a metric: what its value is a number of (`share` between 0 and 1, `ratio` without that bound).
Kind = Literal["count", "money", "share", "days", "ratio"]


@dataclass(frozen=True)
class Figure:
    """A number inside a text: with the separators of the language it is read in."""

    number: float | None
    decimals: int = 0

    def into(self, language: str) -> str:
        """As `Writer.decimal` writes it."""
        return Writer(language, "").decimal(self.number, self.decimals)


def figure(number: float | None, decimals: int = 0) -> Figure:
    """A number for a text's values: `text(key, rows=figure(1234))` reads 1,234."""
    return Figure(number, decimals)


@dataclass(frozen=True)
class Writer:
    """Writes figures in one language and currency.

    Amounts stand in tables and on axes in one unit (`money`: 万元, or k and M), in sentences in
    words (`money_in_words`: 元, 万元, 亿元).
    """

    language: str
    currency: str

    @property
    def _myriads(self) -> bool:
        """Whether the language counts large amounts in ten thousands."""
        return sentence("figure.grouping", self.language) == "myriads"

    def _currency_unit(self) -> str:
        """The currency as it stands behind or before an amount: 元 in Chinese for CNY."""
        if self.currency == "CNY" or (self._myriads and not self.currency):
            return sentence("figure.renminbi", self.language)
        return self.currency

    @property
    def money_unit(self) -> str:
        """The unit that stands in a heading over amounts."""
        if not self._myriads:
            return self.currency
        unit = self._currency_unit()
        return words("figure.table_unit", unit=unit if unit != self.currency else f" {unit}").into(
            self.language
        )

    def money(self, amount: float | None) -> str:
        """An amount without its unit: 1,234.5 (ten thousands) or 12.3M, 340k."""
        if _unknown(amount):
            return DASH
        assert amount is not None
        if self._myriads:
            return self._tenth(amount / 10_000)
        size = abs(amount)
        if size >= 999_500:
            return self._signed(amount, self._in("millions", size / 1e6, 1))
        if size >= 999.5:
            return self._signed(amount, self._in("thousands", size / 1e3))
        return self._signed(amount, self.decimal(size))

    def money_full(self, amount: float | None) -> str:
        """An amount in the unit of the tables, with that unit."""
        written = self.money(amount)
        if written == DASH:
            return written
        return self._with_unit(written, self.money_unit)

    def money_in_words(self, amount: float | None) -> str:
        """An amount with the unit that suits its size: 12 元, 1.2 万元, 1.20 亿元; 12k, 1.20M."""
        if _unknown(amount):
            return DASH
        assert amount is not None
        unit, size = self._currency_unit(), abs(amount)
        if self._myriads:
            if size >= 1e8:
                key, digits = "figure.hundred_millions", self.decimal(amount / 1e8, 2)
            elif size >= 1e4:
                key, digits = "figure.ten_thousands", self.decimal(amount / 1e4, 1)
            else:
                key, digits = "figure.amount", self.decimal(amount)
            return words(key, amount=digits, unit=unit).into(self.language).strip()
        if size >= 1e6:
            return self._with_unit(self._in("millions", amount / 1e6, 2), unit)
        digits = self._in("thousands", amount / 1e3) if size >= 1e4 else self.decimal(amount)
        return self._with_unit(digits, unit)

    def _in(self, unit: str, number: float, decimals: int = 0) -> str:
        """A number of thousands or millions: 340k, 12.3M."""
        key = {"thousands": "figure.thousands", "millions": "figure.millions"}[unit]
        return words(key, digits=self.decimal(number, decimals)).into(self.language)

    def _with_unit(self, digits: str, unit: str) -> str:
        return words("figure.amount", amount=digits, unit=unit).into(self.language).strip()

    def money_change(self, amount: float | None) -> str:
        """An amount with its sign, without unit."""
        return _plus(amount, self.money(amount))

    def value(self, kind: Kind, number: float | None) -> str:
        """The value of a metric, finer than in tables: 6.2%, 62%, 12.5 days, 1.20, 12.5."""
        if _unknown(number):
            return DASH
        assert number is not None
        if kind == "share":
            return f"{self.decimal(number * 100, 1 if abs(number) < 0.1 else 0)}%"
        if kind == "money":
            return self.money_in_words(number)
        if kind == "days":
            return self._days(self.decimal(number, 1), 2.0)
        if kind == "ratio":
            return self.decimal(number, 2)
        return self.decimal(number, 0 if abs(number) >= 20 or number == int(number) else 1)

    def decimal(self, number: float | None, decimals: int = 0) -> str:
        """A number with that many decimals, in the separators of the language."""
        return (
            DASH
            if number is None or _unknown(number)
            else _decimal(round(float(number), decimals), decimals, self.language)
        )

    def percent(self, share: float | None) -> str:
        """A share as whole per cent."""
        if _unknown(share):
            return DASH
        assert share is not None
        return self._signed(share, f"{self.decimal(_round(abs(share) * 100))}%")

    def chance(self, probability: float | None) -> str:
        """A probability as whole per cent, kept within <1% and >99%."""
        if _unknown(probability):
            return DASH
        assert probability is not None
        if probability < 0.005:
            return "<1%"
        if probability > 0.995:
            return ">99%"
        return f"{_round(probability * 100)}%"

    def points(self, difference: float | None) -> str:
        """A difference of two shares in percentage points, with sign."""
        if _unknown(difference):
            return DASH
        assert difference is not None
        whole = _round(difference * 100)
        signed = _plus(float(whole), self._signed(whole, str(abs(whole))))
        return words("figure.points", points=signed).into(self.language)

    def change(self, share: float | None) -> str:
        """A relative change as whole per cent, with sign."""
        return _plus(share, self.percent(share))

    def count(self, number: float | None) -> str:
        """A count with thousands separators."""
        if _unknown(number):
            return DASH
        assert number is not None
        return self._signed(number, self.decimal(_round(abs(number))))

    def days(self, number: float | None) -> str:
        """Days, whole from ten up, with a half below."""
        if _unknown(number):
            return DASH
        assert number is not None
        if abs(number) >= 10:
            return self._days(self.decimal(_round(number)), number)
        shown = self.decimal(number, 1)
        whole = float(f"{number:.1f}")
        return (
            self._days(self.decimal(whole), whole) if whole == int(whole) else self._days(shown, 2)
        )

    def _days(self, written: str, number: float) -> str:
        return words("figure.days", count=number, days=written).into(self.language)

    def ratio(self, number: float | None) -> str:
        """A multiple, such as coverage: 2.4×."""
        return DASH if _unknown(number) else f"{self.decimal(number, 1)}×"

    def date(self, day: dt.date | None) -> str:
        """A day without its year."""
        return self._date(day, "figure.pattern.day")

    def full_date(self, day: dt.date | None) -> str:
        """A day with its year."""
        return self._date(day, "figure.pattern.full_day")

    def month(self, day: dt.date, *, with_year: bool = False) -> str:
        """The month that begins on a day, as a label on an axis or in a heading.

        A fiscal month of weeks begins up to ten days before or after the month it stands for.
        """
        return self._date(
            day + dt.timedelta(days=14),
            f"figure.pattern.{'month_of_year' if with_year else 'month'}",
        )

    def span(self, first: dt.date, last: dt.date) -> str:
        """First and last day of a period."""
        return words("figure.span", first=self.date(first), last=self.date(last)).into(
            self.language
        )

    def _date(self, day: dt.date | None, pattern: str) -> str:
        if day is None:
            return DASH
        return _day(day, sentence(pattern, self.language), self.language)

    def _tenth(self, number: float) -> str:
        if number != 0 and abs(number) < 0.05:
            return self._signed(number, "<0.1") if number > 0 else f"{MINUS}0.1"
        return self._signed(number, self.decimal(abs(number), 1))

    @staticmethod
    def _signed(number: float, text: str) -> str:
        """Give the sign back to the text of an absolute value; what rounds to zero has none."""
        is_zero = not any(digit in text for digit in "123456789")
        return f"{MINUS}{text}" if number < 0 and not is_zero else text


@cache
def _locale_pattern(decimals: int) -> str:
    return f"#,##0.{'0' * decimals}" if decimals else "#,##0"


@lru_cache(maxsize=4096)
def _decimal(number: float, decimals: int, language: str) -> str:
    from babel.numbers import format_decimal  # here: Babel's tables take a while to read

    return format_decimal(number, format=_locale_pattern(decimals), locale=language)


@lru_cache(maxsize=4096)
def _day(day: dt.date, pattern: str, language: str) -> str:
    from babel.dates import format_date

    return format_date(day, pattern, locale=language)


def _unknown(number: float | None) -> bool:
    return number is None or not math.isfinite(number)


def _round(number: float) -> int:
    # Half away from zero, as readers do it by hand.
    return int(math.floor(abs(number) + 0.5)) * (-1 if number < 0 else 1)


def _plus(number: float | None, text: str) -> str:
    is_zero = not any(digit in text for digit in "123456789")
    if number is None or _unknown(number) or number <= 0 or is_zero:
        return text
    return f"+{text}"
