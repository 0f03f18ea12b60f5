"""The currency that a number format shows: `[$$-409]#,##0` is dollars, whatever the workbook's own.

Add here: another way in which formats name a currency. Keep out: words in cells (`values/units.py`).

The part behind the dash is a locale id ([MS-LCID]); a sign that several countries use is settled by
it. Formats that leave the sign to the reader's own system (ids 5 to 8) say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TAGGED = re.compile(r"\[\$([^\]\-]*)(?:-([0-9A-Fa-f]{1,8}))?\]")
_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_BY_LOCALE = {
    ("$", 0x0409): "USD",
    ("$", 0x540A): "USD",
    ("$", 0x1004): "SGD",
    ("$", 0x4809): "SGD",
    ("$", 0x0C09): "AUD",
    ("$", 0x1009): "CAD",
    ("$", 0x0C0C): "CAD",
    ("$", 0x0C04): "HKD",
    ("$", 0x3C09): "HKD",
    ("$", 0x1409): "NZD",
    ("$", 0x0404): "TWD",
    ("¥", 0x0804): "CNY",
    ("¥", 0x0411): "JPY",
}
_WORDS = {
    "us$": "USD",
    "hk$": "HKD",
    "nt$": "TWD",
    "a$": "AUD",
    "s$": "SGD",
    "c$": "CAD",
    "€": "EUR",
    "£": "GBP",
    "₩": "KRW",
    "₹": "INR",
    "人民币": "CNY",
    "rmb": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "日元": "JPY",
    "円": "JPY",
    "港币": "HKD",
}
_ISO = re.compile(r"^(CNY|USD|EUR|GBP|HKD|JPY|TWD|SGD|AUD|CAD|NZD|KRW|INR|CHF|MYR|THB|VND)$")
# A bare sign stands for several; the company's own among them is what it means.
SIGNS = {
    "$": ("USD", "HKD", "SGD", "AUD", "CAD", "NZD", "TWD", "MXN"),
    "¥": ("CNY", "JPY"),
}


def currency_of(code: str) -> str:
    """An ISO code, a bare sign (`$`, `¥`) where the format does not settle it, or empty."""
    for sign, locale in _TAGGED.findall(code):
        if found := _named(sign, int(locale, 16) & 0xFFFF if locale else 0):
            return found
    bare = _TAGGED.sub("", code)
    for text, single in _QUOTED.findall(bare):
        if found := _named(text or single, 0):
            return found
    rest = _QUOTED.sub("", bare)
    signs = (sign for sign in ("$", "¥", "€", "£") if sign in rest.replace("￥", "¥"))
    return next((_named(sign, 0) for sign in signs), "")


def _named(text: str, locale: int) -> str:
    plain = text.strip().replace("￥", "¥")
    if _ISO.match(plain.upper()):
        return plain.upper()
    if plain.casefold() in _WORDS:
        return _WORDS[plain.casefold()]
    return _BY_LOCALE.get((plain, locale), plain) if plain in SIGNS else ""


def foreign(styles: Iterable[str], own: str) -> list[str]:
    """The currency of each style of cells as far as it cannot be the company's, else empty."""
    return [one if one and not is_own(one, own) else "" for one in styles]


def is_own(currency: str, own: str) -> bool:
    """True if a format's currency can be the company's."""
    return currency == own or own in SIGNS.get(currency, ())
