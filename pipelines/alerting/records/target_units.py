"""How good a forecast of missed targets was, unit by unit: one scope in one period.

Add here: a figure of such a forecast. Keep out: alerts that are not about targets
(`backtest.py`), and the forecasters that any rule must beat (`comparisons.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.alerting.records.backtest import AT_LEAST_BEFORE, Span
from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.rules.rule import Rule


def by_target_unit(
    judged: pd.DataFrame, outcomes: pd.DataFrame, rules: Sequence[Rule], span: Span
) -> pd.DataFrame:
    """Rules on targets per unit scope × period: fired, precision, recall, leads, with intervals.

    Units are the ended periods inside the span in scope types the rule covers; a unit fires with
    the first opening at least seven days before its end.
    """
    rows = []
    for rule in (r for r in rules if r.on_targets):
        units = _units(outcomes, rule, span)
        for level in ("warning", "danger"):
            own = judged[(judged["rule"] == rule.name) & (judged["level"] == level)]
            fired = {
                (k, i, pd.Timestamp(s)): lead
                for k, i, s, lead in zip(
                    own["scope_type"],
                    own["scope_id"],
                    own["period_start"],
                    own["lead_days"],
                    strict=True,
                )
                if lead >= AT_LEAST_BEFORE
            }
            leads = pd.Series(
                [
                    fired.get((k, i, s), np.nan)
                    for k, i, s in zip(
                        units["scope_type"], units["scope_id"], units["period_start"], strict=True
                    )
                ],
                index=units.index,
                dtype=float,
            )
            rows.append({"rule": rule.name, "level": level, **unit_figures(units, leads)})
    return pd.DataFrame(rows)


def _units(outcomes: pd.DataFrame, rule: Rule, span: Span) -> pd.DataFrame:
    ends = pd.to_datetime(outcomes["period_end"])
    return outcomes[
        (outcomes["period_type"] == rule.condition.period)  # type: ignore[union-attr]
        & outcomes["scope_type"].isin(rule.scopes)
        & (pd.to_datetime(outcomes["period_start"]) >= pd.Timestamp(span.first))
        & (ends <= pd.Timestamp(span.last))
    ]


def unit_figures(units: pd.DataFrame, leads: pd.Series) -> dict[str, float]:
    """Figures of one forecaster: `leads` are days before the end, NaN where it did not fire."""
    fired, missed = leads.notna(), units["missed"].astype(bool)
    hits = int((fired & missed).sum())
    low, high = wilson(hits, int(fired.sum()))
    good = leads[fired & missed]
    return {
        "units": len(units),
        "missed": int(missed.sum()),
        "fired": int(fired.sum()),
        "hits": hits,
        "precision": hits / int(fired.sum()) if fired.any() else np.nan,
        "precision_low": low,
        "precision_high": high,
        "recall": hits / int(missed.sum()) if missed.any() else np.nan,
        "median_lead_days": float(good.median()) if len(good) else np.nan,
        "p20_lead_days": float(good.quantile(0.2)) if len(good) else np.nan,
    }
