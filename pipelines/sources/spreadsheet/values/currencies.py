"""Currencies as a column names them: RMB, 人民币, €, Euro and US$ are CNY, EUR and USD.

Add here: what a word in a currency column means. Keep out: the words themselves (`units.py`), and
exchange rates.
"""

from __future__ import annotations

import re

from pipelines.language import text
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.facts.number_formats import SIGNS
from pipelines.sources.spreadsheet.values.units import currency_word

_OWN = ("元", "圆", "本币", "本位币", "local")


def iso_code(written: str | None, own: str) -> str | None:
    """The ISO 4217 code that a cell means; a bare sign is the company's where it can be.

    Raises `CellFault` for a word that is no currency and for a sign that can be several.
    """
    if written is None:
        return None
    plain = re.sub(r"[\s.]+", "", written).casefold()
    if plain in _OWN:
        return own
    if plain in SIGNS:
        if own in SIGNS[plain] or len(SIGNS[plain]) == 1:
            return own
        if plain == "¥":
            return "CNY"
        raise CellFault(text("sheets.currency.several", value=written, codes=list(SIGNS[plain])))
    if found := currency_word(plain):
        return found
    if re.fullmatch(r"[a-z]{3}", plain):
        return plain.upper()
    raise CellFault(text("sheets.currency.unknown", value=written))
