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

from pipelines.sources.spreadsheet.faults import CellFault
from pipelines.sources.spreadsheet.formats.grid import ErrorCell, UncachedFormula

NULLS = frozenset(
    ("", "-", "--", "---", "—", "——", "–", "/", "\\", "无", "待定", "暂无", "未定", "N/A", "n/a")
)
# Database words for "nothing", which could be someone's name in a text column.
WORDS_FOR_NOTHING = frozenset(("null", "none", "nan", "nil", "na", "tbd", "<null>", "nat"))
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
                f"the text has {len(value)} characters; at most {LONGEST_TEXT} are read",
                f"文本有 {len(value)} 个字符，最多读取 {LONGEST_TEXT} 个",
            )
        text = clean_text(value)
        if text.startswith("#") and _ERROR_TEXT.match(text):
            raise CellFault(f"the cell holds the error {text}", f"单元格里是错误值 {text}")
        return text
    if isinstance(value, ErrorCell):
        raise CellFault(f"the cell holds the error {value.code}", f"单元格里是错误值 {value.code}")
    if isinstance(value, UncachedFormula):
        raise CellFault(
            "the cell holds a formula without a value; open the file in Excel and save it",
            "单元格里的公式没有计算结果，请用 Excel 打开文件并保存",
        )
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
                raise CellFault(
                    f"{value!r} is a long number that Excel has shortened: digits are lost; "
                    "export again with the column formatted as text",
                    f"“{value}”是被 Excel 缩短的长数字，已丢失部分数位；"
                    "请把这一列设为文本格式后重新导出",
                )
            if _EXCEL_DATE.match(value):
                raise CellFault(
                    f"{value!r} is a code that Excel has turned into a date",
                    f"“{value}”原是编号，被 Excel 变成了日期",
                )
        text = value
    elif isinstance(value, bool):
        text = "TRUE" if value else "FALSE"
    elif isinstance(value, int | float):
        text = _number_text(value, is_code)
    elif isinstance(value, dt.datetime | dt.date):
        if is_code:
            raise CellFault(
                f"the cell holds a date ({value}) where a code is wanted; "
                "format the column as text and type the code again",
                f"这里应是编号，单元格里却是日期（{value}）；请把这一列设为文本格式后重新输入",
            )
        text = value.isoformat()
    else:
        text = str(value)
    return text.zfill(pad) if pad and text.isdigit() else text


def _number_text(value: float, is_code: bool) -> str:
    if is_code and abs(value) >= 1e15:
        raise CellFault(
            f"{value:.0f} is a number of 16 or more digits, and Excel keeps only 15: the end is "
            "lost; format the column as text and enter it again",
            f"“{value:.0f}”有 16 位或更多数字，而 Excel 只保留 15 位，末尾已丢失；"
            "请把这一列设为文本格式后重新输入",
        )
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
        raise CellFault(
            f"{value!s} can be a share or percentage points; write 12.5%",
            f"“{value!s}”可能是比例，也可能是百分点；请写成 12.5%",
        )
    return number


def _no_percentage(quoted: str, value: Any) -> CellFault:
    return CellFault(f"{quoted} is not a percentage", f"“{value!s}”不是百分比")


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
        raise CellFault(f"{value!s} is neither yes nor no", f"“{value!s}”既不是“是”也不是“否”")
    if value in nulls or value.casefold() in WORDS_FOR_NOTHING:
        return None
    if value.casefold() not in _FLAGS:
        raise CellFault(
            f"{value!r} is neither yes nor no (accepted: true/false, 1/0, 是/否)",
            f"“{value}”既不是“是”也不是“否”（可填：true/false、1/0、是/否）",
        )
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
        raise CellFault(
            f"{text!r} is not known; accepted: {', '.join(choices)}",
            f"不认识“{text}”，可填：{'、'.join(choices)}",
        )
    return found
