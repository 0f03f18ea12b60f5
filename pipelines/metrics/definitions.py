"""The metrics as their own yml files define them.

Add here: a key of `config.meta.metric` that Python reads. Keep out: what rules or pages do with it.

One `int_metric__<name>.sql` with its yml beside it is a metric everywhere: in the marts, in rules, in
the report and in docs/metrics.md. `marts.dim_metric` publishes the same to readers outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from pipelines.language.text import one_of
from pipelines.settings import DBT_PROJECT

Direction = Literal["below", "above"]
Kind = Literal["count", "money", "share", "days", "ratio"]

FOLDER = DBT_PROJECT / "models" / "intermediate" / "metrics"
PREFIX = "int_metric__"
# Keys that every metric must state; `parts`, `section` and `position` have defaults.
REQUIRED = (
    "label_zh", "label_en", "kind", "unit", "better", "entities", "numerator", "denominator", "tip",
)  # fmt: skip
_KINDS: dict[str, Kind] = {
    "count": "count",
    "company currency": "money",
    "share": "share",
    "days": "days",
    "ratio": "ratio",
}
_BAD: dict[str, Direction] = {"up": "below", "down": "above"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Label:
    """What a metric is called in each language, as it stands inside a sentence."""

    words: tuple[tuple[str, str], ...]

    def into(self, language: str) -> str:
        """The name in a language: from the metric's yml (`label_<language>`), else as `one_of` finds it."""
        return one_of(dict(self.words), language)

    def heading(self, language: str) -> str:
        """The name at the beginning of a line or of a column."""
        name = self.into(language)
        return name[:1].upper() + name[1:]


@dataclass(frozen=True)
class Metric:
    """One metric. `bad` is the side on which it hurts; `entities` are what it is computed from.

    `kind`: count and money add up over time; share is numerator / denominator, between 0 and 1;
    ratio is a quotient without that bound; days is a duration. `parts` tells whether numerator and
    denominator are filled, so that a share can be pooled over weeks. `section` is the table of the
    report it stands in, `position` its place there. `records` is what its events are: opportunities,
    orders, activities, leads, accounts, or credits (orders or won opportunities, by revenue_basis).
    """

    name: str
    kind: Kind
    bad: Direction
    label: Label
    entities: tuple[str, ...]
    parts: Literal["", "cases", "amounts"] = ""
    section: Literal["results", "risks", ""] = ""
    position: int = 1000
    records: str = ""

    @property
    def zh(self) -> str:
        return self.label.into("zh")

    @property
    def en(self) -> str:
        return self.label.into("en")

    @property
    def counts_cases(self) -> bool:
        """Numerator and denominator are numbers of cases, so that chance can be computed."""
        return self.parts == "cases" or (self.kind == "share" and self.parts != "amounts")

    @property
    def additive(self) -> bool:
        return self.kind in {"count", "money"}


@dataclass(frozen=True)
class MetricDefinitions:
    """All metrics by name, and what is wrong with the yml of those that cannot be used."""

    metrics: Mapping[str, Metric]
    faults: Mapping[str, str]

    @property
    def names(self) -> frozenset[str]:
        """Every metric that has a model, usable or not."""
        return frozenset({*self.metrics, *self.faults})

    def section(self, name: str) -> tuple[str, ...]:
        """The metrics of a section of the report, in their order."""
        own = [metric for metric in self.metrics.values() if metric.section == name]
        return tuple(m.name for m in sorted(own, key=lambda m: (m.position, m.name)))


def read_definitions(folder: Path) -> MetricDefinitions:
    """The metrics of a folder of models, in the order of their names.

    A model without a yml, or whose yml lacks a key of `REQUIRED` or has a word that is not known, is
    in `faults` with the reason and not in `metrics`.
    """
    metrics: dict[str, Metric] = {}
    faults: dict[str, str] = {}
    for model in sorted(folder.glob(f"{PREFIX}*.sql")):
        name = model.stem.removeprefix(PREFIX)
        told = _told(model.with_suffix(".yml"), model.stem)
        fault = fault_of(told)
        if fault:
            faults[name] = f"{model.stem}.yml {fault}"
        else:
            metrics[name] = _metric(name, told)
    return MetricDefinitions(metrics, faults)


@cache
def definitions() -> MetricDefinitions:
    """The metrics of this installation's dbt project, read once per process."""
    return read_definitions(FOLDER)


def fault_of(told: Mapping[str, Any]) -> str:
    """Why `config.meta.metric` of a model is no definition, naming the keys; empty if it is one."""
    missing = [key for key in REQUIRED if not str(told.get(key) or "").strip()]
    if missing:
        return f"lacks {', '.join(missing)} under config.meta.metric"
    for key, accepted in (
        ("unit", list(_KINDS)),
        ("better", list(_BAD)),
        ("parts", ["", "cases", "amounts"]),
        ("section", ["results", "risks", "none"]),
    ):
        if key in told and told[key] not in accepted:
            words = ", ".join(word for word in accepted if word)
            return f"says {key}: {told[key]}; accepted: {words}"
    return ""


def _told(path: Path, model: str) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
    for entry in content.get("models") or []:
        if entry.get("name") == model:
            told = entry.get("config", {}).get("meta", {}).get("metric", {})
            return told if isinstance(told, dict) else {}
    return {}


def _metric(name: str, told: Mapping[str, Any]) -> Metric:
    # Where a yml does not say it, what should rise is a result and what should fall is a risk.
    section = told.get("section", "results" if told["better"] == "up" else "risks")
    words = sorted(
        (key.removeprefix("label_"), str(value).strip())
        for key, value in told.items()
        if key.startswith("label_")
    )
    return Metric(
        name=name,
        kind=_KINDS[told["unit"]],
        bad=_BAD[told["better"]],
        label=Label(tuple(words)),
        entities=tuple(told["entities"]),
        parts=told.get("parts", ""),
        section="" if section == "none" else section,
        position=int(told.get("position", 1000)),
        records=told.get("records", ""),
    )
