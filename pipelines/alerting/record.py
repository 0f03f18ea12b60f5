"""The record of a rule: its past precision and usual lead time, to stand beside each alert.

Add here: what a reader should know of a rule's past. Keep out: computing it (`backtest.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd

from pipelines.alerting.rules import Rule

# With fewer judged alerts a rule carries no figure of quality.
ENOUGH = 20


@dataclass(frozen=True)
class RuleRecord:
    """One rule's past, valid for `rule_version` only. Figures are None below `ENOUGH` cases."""

    rule: str
    rule_version: str
    cases: int
    hits: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    median_lead_days: float | None
    expected_false_per_100: float | None

    def sentence(self, language: str) -> str:
        """The line under an alert."""
        if self.precision is None:
            return (
                f"历史样本不足({self.cases} 次),暂无准确率"
                if language == "zh"
                else f"Too few past cases ({self.cases}) for a record"
            )
        spread = f"{self.precision_low:.0%}–{self.precision_high:.0%}"
        if language == "zh":
            text = f"历史准确率 {self.precision:.0%}（{spread}，{self.cases} 次）"
            lead = f"，通常提前 {self.median_lead_days:.0f} 天" if self.median_lead_days else ""
            return text + lead
        text = f"Right in {self.precision:.0%} of {self.cases} past cases ({spread})"
        lead = f", usually {self.median_lead_days:.0f} days ahead" if self.median_lead_days else ""
        return text + lead

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def records(
    rules: Sequence[Rule], scores: pd.DataFrame, expected: dict[str, float] | None = None
) -> dict[str, RuleRecord]:
    """One record per rule from the frame of `by_rule` (level warning: every opening)."""
    found = {
        str(row["rule"]): row for row in scores.to_dict("records") if row["level"] == "warning"
    }
    result = {}
    for rule in rules:
        row = found.get(rule.name, {})
        cases = int(row.get("judged", 0))
        enough = cases >= ENOUGH

        def figure(name: str, row: dict = row, enough: bool = enough) -> float | None:  # type: ignore[type-arg]
            value = row.get(name)
            usable = enough and value is not None and math.isfinite(value)
            return float(value) if usable else None  # type: ignore[arg-type]

        false = (expected or {}).get(rule.name, math.nan)
        result[rule.name] = RuleRecord(
            rule=rule.name,
            rule_version=rule.version,
            cases=cases,
            hits=int(row.get("hits", 0)),
            precision=figure("precision"),
            precision_low=figure("precision_low"),
            precision_high=figure("precision_high"),
            median_lead_days=figure("median_lead_days"),
            expected_false_per_100=false if math.isfinite(false) else None,
        )
    return result
