"""Currencies as a column names them: RMB, 人民币, Yuan, 元/CNY, €, Euro and US$ are CNY, EUR and USD.

Add here: what a word in a currency column means. Keep out: the words themselves (`currency_words.py`),
and exchange rates.
"""

from __future__ import annotations

import re
import unicodedata

from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.facts.number_formats import SIGNS
from pipelines.sources.spreadsheet.values.units import currency_word

_OWN = ("元", "圆", "本币", "本位币", "local")
_DOLLAR = ("dollar", "dollars")
_BETWEEN = re.compile(r"[\s/|,;:()\[\]\-–—]+")


def iso_code(written: str | None, own: str) -> str | None:
    """The ISO 4217 code that a cell means; a bare sign is the company's where it can be.

    Several words for one currency are that currency (`元/CNY`, `USD - US Dollar`). Raises `CellFault` for a
    word that is no currency, for a sign that can be several, and for words of two currencies.
    """
    if written is None:
        return None
    plain = unicodedata.normalize("NFKC", written).casefold().replace(".", "").strip()
    if found := _one(re.sub(r"\s+", "", plain), own):
        return found
    words = [word for word in _BETWEEN.split(plain) if word]
    if len(words) > 1:
        # A sign or 元 beside a code says nothing more.
        named = {
            code for word in words if word not in (*_OWN, *SIGNS) and (code := _one(word, own))
        }
        joined = _one("".join(words), own)
        if joined or len(named) == 1:
            return joined or named.pop()
        if len(named) > 1:
            raise CellFault(text("sheets.currency.several", value=written, codes=sorted(named)))
    sign = "$" if plain in _DOLLAR else plain
    if sign in SIGNS:
        raise CellFault(text("sheets.currency.several", value=written, codes=list(SIGNS[sign])))
    raise CellFault(text("sheets.currency.unknown", value=written))


def _one(plain: str, own: str) -> str | None:
    """The code of one word without blanks; None if it is no currency, or may be several."""
    if plain in _OWN:
        return own
    sign = "$" if plain in _DOLLAR else plain
    if sign in SIGNS:
        if own in SIGNS[sign] or len(SIGNS[sign]) == 1:
            return own
        return "CNY" if sign == "¥" else None
    return currency_word(plain) or (plain.upper() if re.fullmatch(r"[a-z]{3}", plain) else None)
