"""When a figure was really off: the company with risks against its twin, which has the same luck.

Add here: another truth that the twin tells. Keep out: what alerts say (`alerting_bars.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from benchmarks.alerting_companies import Built
from pipelines.alerting.rules.rule import Rule

KEY = ["metric", "scope_type", "scope_id", "dimension"]
# A figure is off where two weeks together differ by a tenth from what they would have been.
OFF = 0.10


def truly_off(risky: Built, calm: Built, rules: list[Rule]) -> pd.DataFrame:
    """Grain metric × scope × dimension × week: `week` (its last day), `off`, on the bad side of the
    metric. Rules on targets have no weekly figure of their own and are left out.
    """
    bad = {rule.metric: rule.side for rule in rules if not rule.on_targets and rule.grain == "week"}
    sides = [_weeks(company, bad) for company in (risky, calm)]
    both = sides[0].merge(sides[1], on=[*KEY, "week"], suffixes=("", "_twin"))
    both = both.sort_values([*KEY, "week"])
    smooth = both.groupby(KEY, observed=True)
    for name in ("top", "bottom", "top_twin", "bottom_twin"):
        both[f"{name}_2"] = smooth[name].transform(lambda s: s.rolling(2, min_periods=1).sum())
    value, twin = both["top_2"] / both["bottom_2"], both["top_twin_2"] / both["bottom_twin_2"]
    ratio = value / twin
    below = both["metric"].map(bad) == "below"
    both["off"] = (ratio <= 1 - OFF).where(below, ratio >= 1 + OFF) & ratio.notna()
    return both[[*KEY, "week", "off"]]


def _weeks(company: Built, metrics: Mapping[str, str]) -> pd.DataFrame:
    rows = company.metrics
    rows = rows[(rows["grain"] == "week") & rows["metric"].isin(metrics)]
    shares = rows["numerator"].notna() & (rows["denominator"].fillna(0) > 0)
    return pd.DataFrame(
        {
            **{name: rows[name] for name in KEY[:3]},
            "dimension": rows["dimension"].fillna(""),
            "week": pd.to_datetime(rows["period_end"]),
            "top": rows["numerator"].where(shares, rows["value"]).astype(float),
            "bottom": rows["denominator"].where(shares, 1.0).astype(float),
        }
    )


def recovered_on(off: pd.DataFrame, last: dt.date) -> dt.date | None:
    """Last day of the first of two weeks on end, from the last day of a risk on, in which one series of
    `truly_off` was not off; None if there are none. (Two companies with the same luck drift apart by
    chance after a risk, so the last week that differs says little.)
    """
    weeks = off[off["week"] >= pd.Timestamp(last)].sort_values("week")
    good = ~weeks["off"].to_numpy()
    both = good[:-1] & good[1:]
    return weeks["week"].iloc[int(both.argmax())].date() if both.any() else None
