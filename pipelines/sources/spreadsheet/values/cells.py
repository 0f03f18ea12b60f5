"""One cell to one value: text, codes, names, percentages, flags, choices.

Add here: the parser of another kind of cell. Keep out: money (`amounts.py`), dates (`moments.py`), periods
(`months.py`), and whole columns (`columns.py`). A cell that is not certain is a `CellFault`.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from pipelines.language.text import text as text_
from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.grid import ErrorCell, UncachedFormula

NULLS = frozenset(
    ("", "-", "--", "---", "—", "——", "–", "/", "\\", "无", "待定", "暂无", "未定", "N/A", "n/a")
)
# Database words for "nothing", which could be someone's name in a text column.
WORDS_FOR_NOTHING = frozenset(("null", "none", "nan", "nil", "na", "tbd", "<null>", "nat"))
NO_ID = frozenset(("NULL", "null", "Null", "<null>", "(null)", "None", "nan", "NaN"))
LONGEST_TEXT = 32_767  # Excel's own limit

_INVISIBLE = re.compile(r"[\ufeff\u200b-\u200f\u2060\u00ad\u202a-\u202e\x00-\x08\x0b\x0c\x0e-\x1f]")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ERROR_TEXT = re.compile(r"^#(N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!|GETTING_DATA)$")
_SCIENTIFIC = re.compile(r"^[+-]?\d(?:\.\d+)?[eE]\+?\d+$")
_EXCEL_TEXT = re.compile(r'^="(.*)"$')
_EXCEL_DATE = re.compile(r"^(\d{1,2}月\d{1,2}日|\d{1,2}-[A-Z][a-z]{2}|[A-Z][a-z]{2}-\d{2})$")


def clean_text(text: str) -> str:
    """NFKC, no invisible characters, runs of space as one, none at the ends."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return " ".join(text.split())


def person_name(text: str) -> str:
    """A person's name as it is compared: no space at all if it is Chinese."""
    return text.replace(" ", "") if _CJK.search(text) else text


def has_cjk(text: str) -> bool:
    """True if the text has a Chinese character."""
    return bool(_CJK.search(text))


def settle(value: Any) -> Any:
    """A cell's value with text cleaned; raises `CellFault` for error cells and dead formulas."""
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise CellFault(
                text_(
                    "sheets.cells.text_too_long",
                    characters=len(value),
                    most=LONGEST_TEXT,
                )
            )
        text = clean_text(value)
        if text.startswith("#") and _ERROR_TEXT.match(text):
            raise CellFault(text_("sheets.cells.holds_error_text", code=text))
        return text
    if isinstance(value, ErrorCell):
        raise CellFault(text_("sheets.cells.holds_error", code=value.code))
    if isinstance(value, UncachedFormula):
        raise CellFault(text_("sheets.cells.formula_without_value"))
    return value


def parse_text(
    value: Any, nulls: Collection[str] = NULLS, *, is_code: bool = False, pad: int = 0
) -> str | None:
    """Text; numbers without `.0`. For codes also: what a spreadsheet has damaged is a fault.

    `pad` fills a code of digits with zeros on the left to that width.
    """
    value = settle(value)
    if isinstance(value, str):
        if value in nulls:
            return None
        if match := _EXCEL_TEXT.match(value):
            value = match.group(1)
        if is_code:
            if _SCIENTIFIC.match(value):
                raise CellFault(text_("sheets.cells.number_shortened", value=value))
            if _EXCEL_DATE.match(value):
                raise CellFault(text_("sheets.cells.code_made_date", value=value))
        text = value
    elif isinstance(value, bool):
        text = "TRUE" if value else "FALSE"
    elif isinstance(value, int | float):
        text = _number_text(value, is_code)
    elif isinstance(value, dt.datetime | dt.date):
        if is_code:
            raise CellFault(text_("sheets.cells.date_for_code", value=value))
        text = value.isoformat()
    else:
        text = str(value)
    return text.zfill(pad) if pad and text.isdigit() else text


def _number_text(value: float, is_code: bool) -> str:
    if is_code and abs(value) >= 1e15:
        raise CellFault(text_("sheets.cells.number_too_long", value=f"{value:.0f}"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return repr(value)


def parse_percent(
    value: Any, *, points: bool = False, nulls: Collection[str] = NULLS
) -> Decimal | None:
    """A share: `12.5%` and 0.125 are 0.125. A bare number above 1.5 is a fault unless `points`
    says that the column counts percentage points.
    """
    value = settle(value)
    if isinstance(value, str):
        if value in nulls or value.casefold() in WORDS_FOR_NOTHING:
            return None
        text = value.replace(" ", "")
        if text.endswith("%"):
            try:
                return Decimal(text[:-1].replace(",", "")) / 100
            except ArithmeticError:
                raise _no_percentage(repr(value), value) from None
        try:
            number = Decimal(text)
        except ArithmeticError:
            raise _no_percentage(repr(value), value) from None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
    else:
        raise _no_percentage(str(value), value)
    if not number.is_finite():
        raise _no_percentage(str(value), value)
    if points:
        return number / 100
    if abs(number) > Decimal("1.5"):
        raise CellFault(text_("sheets.cells.share_or_points", value=value))
    return number


def _no_percentage(quoted: str, value: Any) -> CellFault:
    return CellFault(text_("sheets.cells.no_percentage", quoted=quoted, value=value))


_FLAGS = {
    **dict.fromkeys(("true", "t", "1", "yes", "y", "是", "√", "✓", "在职", "启用", "有效"), True),
    **dict.fromkeys(("active", "enabled", "正常"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n", "否", "×", "x", "离职", "停用"), False),
    **dict.fromkeys(("inactive", "disabled", "无效", "已离职"), False),
}


def parse_flag(value: Any, nulls: Collection[str] = NULLS) -> bool | None:
    """Yes or no: true/false, 1/0, 是/否, 在职/离职 and the like."""
    value = settle(value)
    if isinstance(value, float | int):
        value = _number_text(value, False) if not isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        raise CellFault(text_("sheets.cells.no_yes_or_no", value=value))
    if value in nulls or value.casefold() in WORDS_FOR_NOTHING:
        return None
    if value.casefold() not in _FLAGS:
        raise CellFault(text_("sheets.cells.no_yes_or_no_accepted", value=value))
    return _FLAGS[value.casefold()]


def parse_choice(
    value: Any,
    choices: Collection[str],
    words: Mapping[str, str],
    nulls: Collection[str] = NULLS,
) -> str | None:
    """One of `choices`, or a word that `words` translates to one."""
    text = parse_text(value, nulls)
    if text is None:
        return None
    plain = text.casefold()
    found = plain if plain in choices else words.get(plain)
    if found is None:
        raise CellFault(text_("sheets.cells.not_a_choice", value=text, choices=[*choices]))
    return found
