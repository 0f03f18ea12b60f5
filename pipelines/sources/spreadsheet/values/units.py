"""Units of money and counts as sheets write them: 万元, 千元, 亿, k, and what is none.

Add here: another way of writing a unit or a currency.
Keep out: where in a sheet a unit is looked for (`headings.py`), and exchange rates.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from pipelines.sources.spreadsheet.formats.number_formats import SIGNS

_PLAIN = {
    "": 1,
    "元": 1,
    "圆": 1,
    "块": 1,
    "yuan": 1,
    "unit": 1,
    "units": 1,
    "千": 1_000,
    "千元": 1_000,
    "k": 1_000,
    "thousand": 1_000,
    "thousands": 1_000,
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
}
# `$` alone is taken as the company's currency where that is a dollar, `¥` where it is yuan or yen.
_CURRENCIES = {
    **dict.fromkeys(
        (
            "人民币",
            "人民币元",
            "rmb",
            "cny",
            "renminbi",
            "chineseyuan",
            "cn¥",
        ),
        "CNY",
    ),
    **dict.fromkeys(
        (
            "美元",
            "美金",
            "us$",
            "usd",
            "$us",
            "usdollar",
            "usdollars",
        ),
        "USD",
    ),
    **dict.fromkeys(
        (
            "欧元",
            "eur",
            "€",
            "euro",
            "euros",
        ),
        "EUR",
    ),
    **dict.fromkeys(
        (
            "英镑",
            "gbp",
            "£",
            "poundsterling",
        ),
        "GBP",
    ),
    **dict.fromkeys(
        (
            "港元",
            "港币",
            "港幣",
            "hk$",
            "hkd",
        ),
        "HKD",
    ),
    **dict.fromkeys(
        (
            "日元",
            "日圆",
            "円",
            "jpy",
            "jp¥",
        ),
        "JPY",
    ),
    **dict.fromkeys(
        (
            "新台币",
            "台币",
            "新臺幣",
            "twd",
            "ntd",
            "nt$",
        ),
        "TWD",
    ),
    **dict.fromkeys(
        (
            "新加坡元",
            "新币",
            "sgd",
            "s$",
        ),
        "SGD",
    ),
    **dict.fromkeys(
        (
            "澳元",
            "澳币",
            "aud",
            "a$",
            "au$",
        ),
        "AUD",
    ),
    **dict.fromkeys(
        (
            "加元",
            "加币",
            "cad",
            "c$",
            "ca$",
        ),
        "CAD",
    ),
    **dict.fromkeys(
        (
            "韩元",
            "krw",
            "₩",
        ),
        "KRW",
    ),
    **dict.fromkeys(
        (
            "卢比",
            "印度卢比",
            "inr",
            "₹",
        ),
        "INR",
    ),
    **dict.fromkeys(
        (
            "瑞士法郎",
            "瑞郎",
            "chf",
            "sfr",
        ),
        "CHF",
    ),
    **dict.fromkeys(
        (
            "泰铢",
            "thb",
            "฿",
        ),
        "THB",
    ),
    **dict.fromkeys(
        (
            "林吉特",
            "马币",
            "myr",
        ),
        "MYR",
    ),
    **dict.fromkeys(
        (
            "越南盾",
            "vnd",
            "₫",
        ),
        "VND",
    ),
}
_COUNTS = ("个", "家", "户", "人", "单", "份", "次", "位", "笔", "pcs", "count")
_WORDS = sorted(_CURRENCIES, key=len, reverse=True)
_LOOKS_LIKE_UNIT = re.compile(
    r"^(?=.{1,8}$)(.*(元|圆|万|千|亿|美金|币|镑)|[kmw]|.{0,3}(million|thousand|bn|usd|eur|rmb|cny)"
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
    if plain and plain in _PLAIN:
        return Unit(shown, Decimal(_PLAIN[plain]))  # 元 is any company's own unit
    if plain in ("1", "1000", "10000", "1000000"):  # in a mapping: what amounts are multiplied by
        return Unit(shown, Decimal(plain))
    for word in _WORDS:
        rest = plain.removeprefix(word) if plain.startswith(word) else plain.removesuffix(word)
        if rest != plain and rest in _PLAIN:
            return Unit(shown, Decimal(_PLAIN[rest]), _CURRENCIES[word])
    return None


def currency_word(plain: str) -> str | None:
    """The code that a lower-case word without spaces stands for; None if it is no currency."""
    return _CURRENCIES.get(plain)


def looks_like_unit(text: str) -> bool:
    """True for text in brackets that is meant as a unit, known or not: `万吨`, `万泰铢`, `kg`."""
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()
    return bool(_LOOKS_LIKE_UNIT.match(plain))


def split_currency(text: str) -> tuple[str, tuple[str, ...]]:
    """Strip one currency word or sign from either end: (the rest, currencies it can mean)."""
    for word in _WORDS:
        if text.startswith(word):
            return text[len(word) :], (_CURRENCIES[word],)
        if text.endswith(word):
            return text[: -len(word)], (_CURRENCIES[word],)
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
