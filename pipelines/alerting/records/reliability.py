"""How probabilities that were said came true in this company: `rpt_alert_calibration`.

Add here: another outcome that a said probability may be held against. Keep out: changing what is said
(`calibration.py`, `filtering/said.py`), and the precision of rules (`record.py`).

Rules on targets are held against how the period ended: every evaluation of an ended period, each scope and
period weighing one. Filters are held against the figure's own course after an alert opened, and people's
answers: what was said on the day it opened, whether it proved right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.rules.rule import Rule

BINS = np.linspace(0, 1, 11)
COLUMNS = [
    "family",
    "scope_type",
    "basis",
    "bin_low",
    "bin_high",
    "said",
    "seen",
    "n",
    "seen_low",
    "seen_high",
    "brier",
    "base_rate",
]


def reliability(
    levels: pd.DataFrame,
    episodes: pd.DataFrame,
    judged: pd.DataFrame,
    outcomes: pd.DataFrame,
    rules: Sequence[Rule],
) -> pd.DataFrame:
    """Grain family × scope type × tenth of the said probability; `COLUMNS`.

    `levels`: grain rule × scope × dimension × day with `probability`; `judged`: of `judged_past`;
    `outcomes`: of `period_outcomes`. `n` counts scopes × periods, or alerts. `brier` and `base_rate` are
    those of the family and scope type as a whole. Empty where nothing has ended yet.
    """
    said = levels[levels["probability"].notna()]
    pairs = [_of_targets(said, outcomes, rules), _of_filters(said, episodes, judged, rules)]
    every = pd.concat([p for p in pairs if len(p)] or [pd.DataFrame(columns=["family"])])
    rows = []
    for (family, kind, basis), found in every.groupby(
        [c for c in ("family", "scope_type", "basis") if c in every], observed=True
    ):
        weight = found["weight"].to_numpy()
        p, hit = found["said"].to_numpy(), found["hit"].to_numpy(dtype=float)
        whole = {
            "brier": float(np.average((p - hit) ** 2, weights=weight)),
            "base_rate": float(np.average(hit, weights=weight)),
        }
        at = np.clip(np.digitize(p, BINS) - 1, 0, 9)
        for b in np.unique(at):
            mine = at == b
            # A period weighs one over all its evaluations, of which a bin may hold a few.
            n = max(float(weight[mine].sum()), 1.0)
            seen = float(np.average(hit[mine], weights=weight[mine]))
            low, high = wilson(seen * n, n)
            rows.append(
                {
                    "family": family, "scope_type": kind, "basis": basis,
                    "bin_low": float(BINS[b]), "bin_high": float(BINS[b + 1]),
                    "said": float(np.average(p[mine], weights=weight[mine])), "seen": seen,
                    "n": int(round(n)), "seen_low": low, "seen_high": high, **whole,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_targets(said: pd.DataFrame, outcomes: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    parts = []
    key = ["scope_type", "scope_id", "period_start"]
    for rule in (r for r in rules if r.on_targets):
        ended = outcomes[outcomes["period_type"] == rule.condition.period]  # type: ignore[union-attr]
        mine = said[said["rule"] == rule.name]
        if ended.empty or mine.empty:
            continue
        ends = ended[[*key, "missed"]].assign(period_start=pd.to_datetime(ended["period_start"]))
        both = mine.assign(period_start=pd.to_datetime(mine["period_start"])).merge(ends, on=key)
        times = both.groupby(key, observed=True)["rule"].transform("size")
        parts.append(
            pd.DataFrame(
                {
                    "family": rule.family,
                    "scope_type": both["scope_type"],
                    "basis": "period_end",
                    "said": both["probability"].astype(float),
                    "hit": both["missed"].astype(bool),
                    "weight": 1.0 / times,
                }
            )
        )
    return pd.concat(parts) if parts else pd.DataFrame()


def _of_filters(
    said: pd.DataFrame, episodes: pd.DataFrame, judged: pd.DataFrame, rules: Sequence[Rule]
) -> pd.DataFrame:
    families = {rule.name: rule.family for rule in rules if rule.filters}
    known = judged[(judged["level"] == "warning") & judged["hit"].notna()]
    hits = dict(zip(known["alert_id"], known["hit"].astype(bool), strict=True))
    mine = episodes[episodes["rule"].isin(families) & episodes["alert_id"].isin(hits)]
    if mine.empty:
        return pd.DataFrame()
    key = ["rule", "scope_type", "scope_id", "dimension", "as_of"]
    opened = mine.assign(as_of=pd.to_datetime(mine["opened_on"]))[[*key, "alert_id"]]
    both = opened.merge(
        said.assign(as_of=pd.to_datetime(said["as_of"]))[[*key, "probability"]], on=key
    )
    return pd.DataFrame(
        {
            "family": both["rule"].map(families),
            "scope_type": both["scope_type"],
            "basis": "own_course",
            "said": both["probability"].astype(float),
            "hit": both["alert_id"].map(hits),
            "weight": 1.0,
        }
    )
