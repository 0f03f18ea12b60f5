"""What each alert was judged on, week by week: `fct_alert_evidence`.

Add here: a figure of a period that an alert stands on. Keep out: judging (`evaluation.py`), drawing.

The rows are the levels that the one evaluation gave, cut to the series that ever had an alert and to the
time round it: half a year before it began, two months after it closed. So a chart, a table and the sentence
of an alert cannot show another usual or another limit.
"""

from __future__ import annotations

import pandas as pd

KEY = ["rule", "scope_type", "scope_id", "dimension"]
EVIDENCE_COLUMNS = [
    *KEY,
    "metric",
    "period_start",
    "known_until",
    "is_complete",
    "value",
    "usual",
    "limit_value",
    "probability",
    "level",
]
BEFORE, AFTER = pd.Timedelta(weeks=26), pd.Timedelta(weeks=8)
# Shorter than a week is only the period that still runs.
WHOLE = pd.Timedelta(days=6)


def evidence_rows(episodes: pd.DataFrame, levels: pd.DataFrame) -> pd.DataFrame:
    """`EVIDENCE_COLUMNS`, grain rule × scope × dimension × period, from `Evaluation.levels`.

    Rules on targets are left out (`fct_target_completion_history` has their course), feeds as well.
    """
    mine = episodes[
        (episodes["metric"] != "target_attainment") & (episodes["scope_type"] != "source")
    ]
    if mine.empty or levels.empty:
        return pd.DataFrame(columns=EVIDENCE_COLUMNS)
    began = mine[["since", "opened_on"]].apply(pd.to_datetime).min(axis=1)
    closed = pd.to_datetime(mine["closed_on"]).fillna(pd.Timestamp.max - AFTER)
    spans = mine[KEY].astype(str).assign(low=began - BEFORE, high=closed + AFTER)
    known = levels[levels["value"].notna() & levels["rule"].isin(mine["rule"].unique())]
    known = known.assign(known_until=pd.to_datetime(known["as_of"]))
    both = known.merge(spans, on=KEY)
    both = both[(both["known_until"] >= both["low"]) & (both["known_until"] <= both["high"])]
    both = both.drop_duplicates([*KEY, "known_until"])
    start = pd.to_datetime(both["period_start"])
    rows = both.assign(
        period_start=start.dt.date,
        is_complete=both["known_until"] - start >= WHOLE,
        usual=both["expected"],
        known_until=both["known_until"].dt.date,
    )
    return rows.sort_values([*KEY, "period_start"])[EVIDENCE_COLUMNS].reset_index(drop=True)
