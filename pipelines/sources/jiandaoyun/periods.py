"""A record of a form of targets -> one or twelve targets: periods and scopes in canonical words.

Add here: another way in which a form lays out its targets. Keep out: widgets (`mapping.py`), words
(`records/targets.py`).

A form holds either one target per record (`target_amount` with `period`), or a year per record with
twelve numbers (`month_01` to `month_12` with `year`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sources.jiandaoyun.forms import MONTHS
from pipelines.sources.records.targets import metric_of, period_of, scope_type_of


def targets_of(record: dict[str, Any], zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    """The targets of a record with the columns of the form's rule, as rows of the raw table.

    The id of a month's target is the record's with `/01` and so on; months without a number have
    no target.
    """
    kind = record.pop("scope_id_kind", None)
    scope = record.get("scope_type")
    record["scope_type"] = scope_type_of(scope) if scope else kind
    metric = record.get("metric")
    record["metric"] = metric_of(metric) if metric else "revenue"
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
