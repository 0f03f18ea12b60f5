"""A record of a form of targets -> one or twelve targets: periods and scopes in canonical words.

Add here: another way to write a period, a scope or a measure. Keep out: widgets (`mapping.py`).

A form holds either one target per record (`target_amount` with `period`), or a year per record with
twelve numbers (`month_01` to `month_12` with `year`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sources.jiandaoyun.cells import day
from pipelines.sources.jiandaoyun.forms import MONTHS

_SCOPES = {
    "公司": "company",
    "全公司": "company",
    "区域": "region",
    "大区": "region",
    "部门": "team",
    "团队": "team",
    "个人": "rep",
    "员工": "rep",
    "销售": "rep",
    "产品线": "product_line",
    "产品": "product_line",
}
_METRICS = {
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
_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?(?:\s*[-/.]\s*\d{1,2}\s*日?)?")
_QUARTER = re.compile(r"(\d{4})\s*[-/年]?\s*(?:第\s*)?[Qq]?\s*([1-4一二三四])\s*(?:季度|季)?")
_YEAR = re.compile(r"(\d{4})\s*年?(?:度|全年)?")
_CHINESE = {"一": "1", "二": "2", "三": "3", "四": "4"}


def period_of(value: Any, zone: ZoneInfo) -> Any:
    """`2026-05`, `2026-Q2` or `2026` of a text or a date widget; other values as they are.

    A date stands for its month, in the tenant's zone.
    """
    if not isinstance(value, str):
        return value
    if "T" in value:
        found = str(day(zone)(value))
        return found[:7] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", found) else value
    text = value.strip()
    if match := _YEAR.fullmatch(text):
        return match.group(1)
    if ("季" in text or "q" in text.lower()) and (match := _QUARTER.fullmatch(text)):
        quarter = _CHINESE.get(match.group(2), match.group(2))
        return f"{match.group(1)}-Q{quarter}"
    if (match := _MONTH.fullmatch(text)) and 1 <= int(match.group(2)) <= 12:
        return f"{match.group(1)}-{int(match.group(2)):02}"
    return text


def targets_of(record: dict[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The targets of a record with the columns of the form's rule, as rows of the raw table.

    The id of a month's target is the record's with `/01` and so on; months without a number have
    no target.
    """
    kind = record.pop("scope_id_kind", None)
    scope = record.get("scope_type")
    record["scope_type"] = _SCOPES.get(str(scope), scope) if scope else kind
    metric = record.get("metric")
    record["metric"] = _METRICS.get(str(metric), metric) if metric else "revenue"
    record["record_id"] = record["target_id"]
    months = [record.pop(name, None) for name in MONTHS]
    year = period_of(record.pop("year", None), zone)
    if record.get("target_amount") is not None or year is None:
        record["period"] = period_of(record.get("period") or year, zone)
        yield record
        return
    if all(amount is None for amount in months):
        record["period"] = period_of(record.get("period") or year, zone)
        yield record  # without an amount: it goes to the quarantine, not out of sight
        return
    for number, amount in enumerate(months, 1):
        if amount is not None:
            yield {
                **record,
                "target_id": f"{record['record_id']}/{number:02}",
                "period": f"{year}-{number:02}",
                "target_amount": amount,
            }
