"""The first records of an object, read for `forewarn check` as the load will read them.

Add here: what the first records can tell before the first night. Keep out: how a system gives them
(its own `checking.py`), and records themselves: only columns, reasons and kinds of values are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa

from pipelines.entities import SCOPE_TYPES
from pipelines.language import Said, text
from pipelines.sources.essentials import costs, missing
from pipelines.sources.protocol import Finding
from pipelines.sources.records import Converted
from pipelines.sources.records.targets import PERIOD

FIRST = 50  # records that a check reads of an object
_SHOWN = 3


@dataclass(frozen=True)
class Tried:
    """What the first records of an object showed. `ok` False: the load could not use them."""

    ok: bool
    remarks: tuple[Said, ...] = ()


def tried(page: Converted, entity: str | None = None) -> Tried:
    """Whether the first records can be read: rows that fit, targets that mean something."""
    came = page.table.num_rows + len(page.rejections)
    remarks: list[Said] = []
    faults = Counter((rejection.column or "?", rejection.reason) for rejection in page.rejections)
    for (column, reason), number in faults.most_common(_SHOWN):
        counted = {"column": column, "reason": reason, "number": number, "came": came}
        remarks.append(text("sources.trial.unfit", **counted))
    ok = not came or bool(page.table.num_rows)
    if entity == "targets" and page.table.num_rows:
        strange = unreadable_targets(page.table)
        ok, remarks = ok and not strange, [*remarks, *strange]
    return Tried(ok, tuple(remarks))


def unreadable_targets(table: pa.Table) -> list[Said]:
    """Periods and scopes that no figure could use, with the values as they came."""
    said: list[Said] = []
    for column, fits, step in (
        ("period", lambda value: PERIOD.fullmatch(value), "sources.trial.period"),
        ("scope_type", lambda value: value in SCOPE_TYPES, "sources.trial.scope_type"),
    ):
        if column not in table.column_names:
            continue
        values = [str(value) for value in table.column(column).to_pylist() if value is not None]
        strange = list(dict.fromkeys(value for value in values if not fits(value)))
        if strange:
            shown = [f"“{value[:40]}”" for value in strange[:_SHOWN]]
            said.append(text(step, values=shown))
    return said


def finding(
    subject: str,
    told: list[Said],
    *,
    entity: str | None = None,
    read: Collection[str] = (),
    accepted: Collection[str] = (),
    trial: Tried | None = None,
    next_step: Said = "",
) -> Finding:
    """One line of a check: what was found, what the first records showed, what figures it costs."""
    ok, parts = True, list(told)
    if trial is not None:
        ok, parts = trial.ok, [*parts, *trial.remarks]
        if not trial.ok:
            next_step = text("sources.trial.step")
    if gone := missing(entity, read, accepted):
        ok, next_step = False, text("sources.essential.missing.step", columns=gone)
        parts.append(text("sources.essential.check", costs=costs(gone)))
    return Finding(subject, ok, text("sources.check.parts", parts=parts), next_step)
