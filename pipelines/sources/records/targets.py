"""Words of a target: periods, scopes and measures as companies write them -> the canonical ones.

Add here: another way to write a period, a scope or a measure. Keep out: where a system keeps them.

What is not known stays as it is, so that it is told with its record instead of being guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

SCOPES = {
    "公司": "company",
    "全公司": "company",
    "集团": "company",
    "区域": "region",
    "大区": "region",
    "部门": "team",
    "团队": "team",
    "小组": "team",
    "个人": "rep",
    "员工": "rep",
    "人员": "rep",
    "销售": "rep",
    "业务员": "rep",
    "产品线": "product_line",
    "产品": "product_line",
}
METRICS = {
    "销售额": "revenue",
    "业绩": "revenue",
    "收入": "revenue",
    "营收": "revenue",
    "订单额": "orders",
    "订单": "orders",
    "订单金额": "orders",
    "新客户": "new_accounts",
    "新客户数": "new_accounts",
    "新增客户": "new_accounts",
}
PERIOD = re.compile(r"(?:199|20\d)\d(?:-(?:0[1-9]|1[0-2]|Q[1-4]))?", re.ASCII)
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(?:\s*[-/.]?\s*\d{1,2}\s*日?)?")
_DIGITS = re.compile(r"(\d{4})(0[1-9]|1[0-2])(?:\d{2})?")
_QUARTER = re.compile(r"(\d{4})\s*[-/年]?\s*(?:第\s*)?[Qq]?\s*([1-4一二三四])\s*(?:季度|季)?")
_YEAR = re.compile(r"(\d{4})\s*年?(?:度|全年)?")
_CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}
_MOMENT = re.compile(r"-?\d{9,14}(?:\.0)?")
_MILLISECONDS_FROM = 100_000_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def period_of(value: Any, zone: ZoneInfo) -> Any:
    """`2026-05`, `2026-Q2` or `2026` of a text, a number or a date; other values as they are.

    A date stands for its month. A number of nine digits or more is a moment since 1970 in seconds or
    milliseconds, its month that of `zone`. A week is no period, nor is a year of another age.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(int(value)) if float(value).is_integer() else str(value)
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFKC", value).strip()
    found = _period(text, zone)
    return found if found and PERIOD.fullmatch(found) else value


def _period(text: str, zone: ZoneInfo) -> str | None:
    if match := _YEAR.fullmatch(text):
        return match.group(1)
    if ("季" in text or "q" in text.lower()) and (match := _QUARTER.fullmatch(text)):
        quarter = _CHINESE.get(match.group(2), match.group(2))
        return f"{match.group(1)}-Q{quarter}"
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match.group(2)) <= 12:
        return f"{match.group(1)}-{int(match.group(2)):02}"
    if match := _DIGITS.fullmatch(text):
        return f"{match.group(1)}-{match.group(2)}"
    if _MOMENT.fullmatch(text):
        number = int(float(text))
        seconds = number / 1_000 if abs(number) >= _MILLISECONDS_FROM else number
        return f"{(_EPOCH + dt.timedelta(seconds=seconds)).astimezone(zone):%Y-%m}"
    if "w" in text.lower():
        return None  # a week is no month, though its first day lies in one
    try:
        moment = dt.datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None
    return f"{moment.astimezone(zone) if moment.tzinfo else moment:%Y-%m}"


def scope_type_of(value: Any) -> Any:
    """`rep` of 员工, and so on."""
    return SCOPES.get(value.strip(), value) if isinstance(value, str) else value


def metric_of(value: Any) -> Any:
    """`revenue` of 销售额, and so on."""
    return METRICS.get(value.strip(), value) if isinstance(value, str) else value
