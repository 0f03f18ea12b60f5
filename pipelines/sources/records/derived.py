"""Columns that need more than one field of a system, or other words than it holds.

Add here: a way in which several fields make one column. Keep out: the conversion to a column's type
(`columns.py`), and which fields a company names (`connector_options.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.sources.connector_options import FieldRule
from pipelines.sources.records.targets import metric_of, period_of, scope_type_of

_WORDS = ("period", "scope_type", "metric")


@dataclass(frozen=True)
class Derived:
    """A column made of the values at `paths`. `key`: where the result stands in the record."""

    column: str
    paths: tuple[str, ...]
    joined: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    of_targets: bool = False

    @property
    def key(self) -> str:
        return f"@{self.column}"

    def of(self, found: Sequence[Any]) -> Any:
        """The column's value of the values at `paths`, in their order."""
        plain = [_plain(value) for value in found]
        if self.joined:
            parts = [_written(value) for value in plain]
            value: Any = "-".join(parts) if all(parts) else None
        else:
            value = next((item for item in plain if item not in (None, "")), None)
        if value is None:
            return None
        if self.values:
            value = self.values.get(_written(value).strip(), value)
        if self.of_targets and self.column in _WORDS:
            if self.column == "period":
                return period_of(value, ZoneInfo(self.zone))
            return scope_type_of(value) if self.column == "scope_type" else metric_of(value)
        return value


def rule_of(column: str, rule: FieldRule, *, entity: str, zone: str) -> Derived | None:
    """What has to be derived for a column; None if it is simply read from one field."""
    of_targets = entity == "targets"
    if rule.plain and not (of_targets and column in _WORDS):
        return None
    return Derived(column, rule.paths, bool(rule.join), rule.values, zone, of_targets)


def derive(
    records: Iterable[dict[str, Any]],
    derived: Sequence[Derived],
    value_of: Callable[[dict[str, Any], str], Any],
) -> None:
    """Put the derived values into the records. `value_of(record, path)` reads one of theirs."""
    if not derived:
        return
    for record in records:
        for item in derived:
            record[item.key] = item.of([value_of(record, path) for path in item.paths])


def at(record: dict[str, Any], path: str) -> Any:
    """The value at a path such as `Owner.Name`."""
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _plain(value: Any) -> Any:
    """A list of one is that one: many systems write even single choices as lists."""
    if isinstance(value, list):
        return _plain(value[0]) if len(value) == 1 else (value or None)
    return value.strip() if isinstance(value, str) else value


def _written(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
