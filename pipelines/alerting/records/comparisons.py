"""What any rule must beat: always warn, a straight line, and "as in the last period".

Add here: another simple forecaster. Keep out: real rules.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipelines.alerting.records.backtest import AT_LEAST_BEFORE
from pipelines.alerting.records.target_units import unit_figures

STRAIGHT_LINE = 0.8
FROM_SHARE = 0.15


def comparisons(outcomes: pd.DataFrame, completion: pd.DataFrame) -> pd.DataFrame:
    """Grain period_type × forecaster, with the figures of `unit_figures`.

    straight line < 80 %: attainment below 0.8 of the share of workdays elapsed in two successive
    weekly evaluations, from 15 % of the period. Units are all ended periods of `outcomes`.
    """
    rows = []
    for period, units in outcomes.groupby("period_type", sort=True):
        length = (
            pd.to_datetime(units["period_end"]) - pd.to_datetime(units["period_start"])
        ).dt.days
        forecasters = {
            "always": length.astype(float),
            "straight_line": _straight(units, completion, str(period)),
            "as_last_period": _as_last(units, length.astype(float)),
        }
        for name, leads in forecasters.items():
            rows.append({"period_type": period, "forecaster": name, **unit_figures(units, leads)})
    return pd.DataFrame(rows)


def _straight(units: pd.DataFrame, completion: pd.DataFrame, period: str) -> pd.Series:
    rows = completion[(completion["period_type"] == period) & (completion["metric"] == "revenue")]
    rows = rows.assign(
        as_of=pd.to_datetime(rows["as_of"]),
        period_start=pd.to_datetime(rows["period_start"]),
        period_end=pd.to_datetime(rows["period_end"]),
    ).sort_values("as_of")
    share = rows["workdays_elapsed"].astype(float) / rows["workdays_total"].astype(float)
    low = (rows["attainment"].astype(float) < STRAIGHT_LINE * share) & (share >= FROM_SHARE)
    key = ["scope_type", "scope_id", "period_start"]
    before = low.groupby([rows[k] for k in key], observed=True).shift(1).eq(True)
    lead = (rows["period_end"] - rows["as_of"]).dt.days.astype(float)
    fired = rows.assign(lead=lead)[low & before & (lead >= AT_LEAST_BEFORE)]
    first = fired.groupby(key, observed=True)["lead"].max()
    index = pd.MultiIndex.from_arrays(
        [units["scope_type"], units["scope_id"], pd.to_datetime(units["period_start"])], names=key
    )
    return pd.Series(first.reindex(index).to_numpy(dtype=float), index=units.index)


def _as_last(units: pd.DataFrame, length: pd.Series) -> pd.Series:
    ordered = units.sort_values("period_start")
    last = ordered.groupby(["scope_type", "scope_id"], observed=True)["missed"].shift(1)
    return length.where(last.reindex(units.index).eq(True), np.nan)
