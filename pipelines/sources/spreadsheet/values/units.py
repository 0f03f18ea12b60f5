"""Units of money and counts as sheets write them: 万元, 千元, 亿, k, and what is none.

Add here: another way of writing a unit.
Keep out: words for currencies (`currency_words.py`), where in a sheet a unit is looked for
(`headings.py`), and exchange rates.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from pipelines.sources.spreadsheet.formats.facts.number_formats import SIGNS
from pipelines.sources.spreadsheet.values.currency_words import CURRENCIES

_PLAIN = {
    "": 1,
    "元": 1,
    "圆": 1,
    "块": 1,
    "unit": 1,
    "units": 1,
    "千": 1_000,
    "千元": 1_000,
    "k": 1_000,
    "thousand": 1_000,
    "thousands": 1_000,
    "tsd": 1_000,
    "tausend": 1_000,
    "lakh": 100_000,
    "lakhs": 100_000,
    "lac": 100_000,
    "lacs": 100_000,
    "crore": 10_000_000,
    "crores": 10_000_000,
    "万": 10_000,
    "万元": 10_000,
    "w": 10_000,
    "十万": 100_000,
    "十万元": 100_000,
    "百万": 1_000_000,
    "百万元": 1_000_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "mio": 1_000_000,
    "million": 1_000_000,
    "millions": 1_000_000,
    "千万": 10_000_000,
    "千万元": 10_000_000,
    "亿": 100_000_000,
    "亿元": 100_000_000,
    "bn": 1_000_000_000,
    "billion": 1_000_000_000,
    "mrd": 1_000_000_000,
}
# In a heading; behind a number they are its digits, or mean credit.
_HEADED = {**_PLAIN, "000": 1_000, "000s": 1_000, "cr": 10_000_000}
_SHORT = {**_HEADED, "t": 1_000}  # beside a currency: T€; alone it would be tons
_COUNTS = ("个", "家", "户", "人", "单", "份", "次", "位", "笔", "pcs", "count")
_WORDS = sorted(CURRENCIES, key=len, reverse=True)
_LOOKS_LIKE_UNIT = re.compile(
    r"^(?=.{1,8}$)(.*(元|圆|万|千|亿|美金|币|镑)|[kmw]|.{0,3}(lakhs?|crores?|tsd)\.?|cr|.{0,3}(million|thousand|bn|usd|eur|rmb|cny)"
    r"|[万千亿].{1,3}|[台套吨件箱]|kg|[€£$¥].*)$"
)


@dataclass(frozen=True)
class Unit:
    """A unit as written, its multiplier, the currency it names (or none), and if it counts heads."""

    text: str
    multiplier: Decimal = Decimal(1)
    currency: str | None = None
    is_count: bool = False


def parse_unit(text: str) -> Unit | None:
    """The unit that a piece of text names, None if it names none: `万元`, `万美元`, `k EUR`."""
    shown = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s+", "", shown).casefold()
    if plain in _COUNTS:
        return Unit(shown, is_count=True)
    plain = plain.removeprefix("in") if shown[:3].casefold() == "in " else plain
    if plain and plain.strip("'.") in _HEADED:
        return Unit(shown, Decimal(_HEADED[plain.strip("'.")]))  # 元 is any company's own unit
    if plain in ("1", "1000", "10000", "1000000"):  # in a mapping: what amounts are multiplied by
        return Unit(shown, Decimal(plain))
    for word in _WORDS:
        rest = _without(plain, word)
        if rest != plain and rest in _SHORT:
            return Unit(shown, Decimal(_SHORT[rest]), CURRENCIES[word])
    return None


def signed_unit(text: str, own: str) -> Unit | None:
    """The unit of `$`, `$k` or `¥000` for a company whose own currency has this sign; else None."""
    shown = unicodedata.normalize("NFKC", text).strip()
    plain = re.sub(r"\s+", "", shown).casefold()
    for sign, codes in SIGNS.items():
        rest = _without(plain, sign)
        if rest != plain and rest in _SHORT and own in codes:
            return Unit(shown, Decimal(_SHORT[rest]), own)
    return None


def _without(plain: str, word: str) -> str:
    rest = plain.removeprefix(word) if plain.startswith(word) else plain.removesuffix(word)
    return rest.strip("'.") if rest != plain else plain


def currency_word(plain: str) -> str | None:
    """The code that a lower-case word without spaces stands for; None if it is no currency."""
    return CURRENCIES.get(plain)


def looks_like_unit(text: str) -> bool:
    """True for text in brackets that is meant as a unit, known or not: `万吨`, `万泰铢`, `kg`."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return bool(_LOOKS_LIKE_UNIT.match(plain))


def split_currency(text: str) -> tuple[str, tuple[str, ...]]:
    """Strip one currency word or sign from either end: (the rest, currencies it can mean)."""
    for word in _WORDS:
        if text.startswith(word):
            return text[len(word) :], (CURRENCIES[word],)
        if text.endswith(word):
            return text[: -len(word)], (CURRENCIES[word],)
    for sign in ("¥", "$"):
        if text.startswith(sign):
            return text[1:], SIGNS[sign]
        if text.endswith(sign):
            return text[:-1], SIGNS[sign]
    return text, ()


def suffix_multiplier(text: str) -> Decimal | None:
    """Multiplier of the suffix behind a number (`万`, `k`, `元`), None if it is not a unit."""
    plain = text.casefold()
    return Decimal(_PLAIN[plain]) if plain in _PLAIN else None
