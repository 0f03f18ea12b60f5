"""How a figure is written for a reader: money, shares, days and dates, in both languages.

Add here: a way of writing a figure. Keep out: what a figure means and which one is shown.

Nothing here ever writes None or NaN: what is not known is a dash. Percentages are whole, since
the figures behind them are not known better; a chance is never written as 0 % or 100 %.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

DASH = "—"
MINUS = "−"
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Writer:
    """Writes figures in one language and currency. Chinese money is in units of ten thousand."""

    language: str
    currency: str

    @property
    def money_unit(self) -> str:
        """The unit that stands in a heading over amounts."""
        if self.language == "en":
            return self.currency
        return "万元" if self.currency == "CNY" else f"万 {self.currency}"

    def money(self, amount: float | None) -> str:
        """An amount without its unit: 1,234.5 (ten thousands) or 12.3M, 340k."""
        if _unknown(amount):
            return DASH
        assert amount is not None
        if self.language == "zh":
            return self._tenth(amount / 10_000)
        size = abs(amount)
        if size >= 999_500:
            return self._signed(amount, f"{size / 1e6:,.1f}M")
        return self._signed(amount, f"{size / 1e3:,.0f}k" if size >= 999.5 else f"{size:,.0f}")

    def money_full(self, amount: float | None) -> str:
        """An amount with its unit, for sentences."""
        text = self.money(amount)
        if text == DASH:
            return text
        return f"{text} {self.money_unit}" if self.language == "zh" else f"{self.currency} {text}"

    def money_change(self, amount: float | None) -> str:
        """An amount with its sign, without unit."""
        return _plus(amount, self.money(amount))

    def percent(self, share: float | None) -> str:
        """A share as whole per cent."""
        if _unknown(share):
            return DASH
        assert share is not None
        return self._signed(share, f"{_round(abs(share) * 100):,d}%")

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
        unit = "个百分点" if self.language == "zh" else "pp"
        return f"{_plus(float(whole), self._signed(whole, str(abs(whole))))} {unit}"

    def change(self, share: float | None) -> str:
        """A relative change as whole per cent, with sign."""
        return _plus(share, self.percent(share))

    def count(self, number: float | None) -> str:
        """A count with thousands separators."""
        if _unknown(number):
            return DASH
        assert number is not None
        return self._signed(number, f"{_round(abs(number)):,d}")

    def days(self, number: float | None) -> str:
        """Days, whole from ten up, with a half below."""
        if _unknown(number):
            return DASH
        assert number is not None
        text = f"{number:.1f}".removesuffix(".0") if abs(number) < 10 else f"{_round(number):,d}"
        if self.language == "zh":
            return f"{text} 天"
        return f"{text} {'day' if text == '1' else 'days'}"

    def ratio(self, number: float | None) -> str:
        """A multiple, such as coverage: 2.4×."""
        return DASH if _unknown(number) else f"{number:.1f}×"

    def date(self, day: dt.date | None) -> str:
        """A day without its year."""
        if day is None:
            return DASH
        if self.language == "zh":
            return f"{day.month}月{day.day}日"
        return f"{day.day} {MONTHS_EN[day.month - 1]}"

    def full_date(self, day: dt.date | None) -> str:
        """A day with its year."""
        if day is None:
            return DASH
        return (
            f"{day.year}年{self.date(day)}"
            if self.language == "zh"
            else (f"{self.date(day)} {day.year}")
        )

    def month(self, day: dt.date, *, with_year: bool = False) -> str:
        """The month of a day, as a label on an axis or in a heading."""
        if self.language == "zh":
            return f"{day.year}年{day.month}月" if with_year else f"{day.month}月"
        name = MONTHS_EN[day.month - 1]
        return f"{name} {day.year}" if with_year else name

    def span(self, first: dt.date, last: dt.date) -> str:
        """First and last day of a period."""
        return f"{self.date(first)}{'至' if self.language == 'zh' else ' – '}{self.date(last)}"

    def _tenth(self, number: float) -> str:
        if number != 0 and abs(number) < 0.05:
            return self._signed(number, "<0.1") if number > 0 else f"{MINUS}0.1"
        return self._signed(number, f"{abs(number):,.1f}")

    @staticmethod
    def _signed(number: float, text: str) -> str:
        """Give the sign back to the text of an absolute value; what rounds to zero has none."""
        is_zero = not any(digit in text for digit in "123456789")
        return f"{MINUS}{text}" if number < 0 and not is_zero else text


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
