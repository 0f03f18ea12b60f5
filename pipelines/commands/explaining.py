"""`forewarn explain FIGURE`: definition, numerator and denominator, records, and what was left out.

Add here: how an explanation is shown. Keep out: how it is found (`pipelines/explaining/`).
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any

from pipelines.commands.analysing import built_warehouse
from pipelines.explaining.figure import find_figure
from pipelines.explaining.records import Explanation, Record, explain, needed_by
from pipelines.language import spoken, text
from pipelines.language.figures import Writer
from pipelines.metrics.definitions import PREFIX, definitions
from pipelines.settings import load_settings
from pipelines.warehouse.dbt_command import company_program, prepared_manifest
from pipelines.warehouse.private.made_again import with_models


def explain_figure(
    metric: str,
    *,
    scope: str,
    period: str | None,
    dimension: str,
    most: int,
    file: Path | None,
    as_json: bool,
) -> int:
    """Print one figure with what made it, or write every record to a CSV; always 0."""
    settings = load_settings()
    nodes = json.loads(prepared_manifest(settings).read_bytes())["nodes"].values()
    meaning = {node["name"]: node.get("description") or "" for node in nodes}
    program = company_program(settings)
    with with_models(built_warehouse(settings), program, needed_by(program, metric)) as connection:
        figure = find_figure(connection, metric, scope=scope, period=period, dimension=dimension)
        compiled = {model.name: model.sql for model in program.models.values()}
        found = explain(connection, compiled, figure, revenue_basis=settings.company.revenue_basis)
    if file is not None:
        _write(file, found)
    if as_json:
        sys.stdout.write(json.dumps(_content(found), ensure_ascii=False, default=str) + "\n")
        return 0
    writer = Writer(spoken(), settings.company.currency)
    sys.stdout.write(
        "\n".join(_lines(found, writer, " ".join(meaning[f"{PREFIX}{metric}"].split()), most))
        + "\n"
    )
    return 0


def _lines(found: Explanation, writer: Writer, meaning: str, most: int) -> list[str]:
    figure, metric = found.figure, definitions().metrics[found.figure.metric]
    money = metric.kind == "money" or metric.parts == "amounts"

    def number(value: float | None) -> str:
        if money:
            return writer.money_in_words(value)
        whole = value is None or value == int(value)
        return writer.decimal(value, 0 if whole else 2)

    value = {"share": writer.percent, "money": writer.money_in_words}.get(metric.kind)
    lines = [
        str(
            text(
                "explain.head",
                metric=metric.label, name=figure.metric, scope=f"{figure.scope_type}:{figure.scope_id}",
                start=figure.period_start, end=figure.period_end, closed=figure.closed_on,
            )
        ),
        meaning,
        str(
            text(
                "explain.value",
                value=value(figure.value) if value else writer.decimal(figure.value, 2),
                numerator=number(figure.numerator), denominator=number(figure.denominator),
                count=len(found.records),
            )
        ),
    ]  # fmt: skip
    lines += [f"  {_record(record, number)}" for record in found.records[:most]]
    if len(found.records) > most:
        lines.append(f"  {text('explain.more', count=len(found.records) - most)}")
    if found.targets:
        lines.append(str(text("explain.targets", count=len(found.targets))))
        lines += [
            f"  {row['scope_type']}:{row['scope_id']}  {row['period_start']}  "
            f"{writer.money_in_words(float(row['target_amount']))}"
            for row in found.targets[:most]
        ]
    if found.left_out:
        lines.append(str(text("explain.left_out", count=len(found.left_out))))
        lines += [f"  {one.record_id}  {one.origin}  {one.reason}" for one in found.left_out[:most]]
    if found.adds_up is not None:
        lines.append(str(text("explain.adds_up" if found.adds_up else "explain.adds_up_not")))
    return lines


def _record(record: Record, number: Any) -> str:
    parts = [
        number(record.numerator),
        str(record.event_on or ""),
        record.owner_id or "",
        record.name,
    ]
    return "  ".join(part for part in [record.record_id, *parts, f"[{record.origin}]"] if part)


def _write(file: Path, found: Explanation) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(Record.__dataclass_fields__))
        writer.writeheader()
        writer.writerows(vars(record) for record in found.records)


def _content(found: Explanation) -> dict[str, Any]:
    return {
        "figure": vars(found.figure),
        "records": [vars(record) for record in found.records],
        "left_out": [{**vars(one), "reason": str(one.reason)} for one in found.left_out],
        "targets": found.targets,
        "adds_up": found.adds_up,
    }
