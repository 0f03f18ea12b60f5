"""Loads whose clock was wrong: made, by their stamp, on a day that had not come.

Add here: a judgement on the time of a load. Keep out: how such a load is ordered
(`pipelines/raw_zone/load_order.py`), the age of records (`freshness.py`).
"""

from __future__ import annotations

import pandas as pd

from pipelines.language import text
from quality.results import CheckResult

CHECK = "load_clock"


def check_clock(history: pd.DataFrame) -> list[CheckResult]:
    """One warning per source with loads that count from another moment than their stamp.

    `history` is `config.extract_history`: source, loaded_at (counts from), stamped_at.
    """
    wrong = history[history["loaded_at"] != history["stamped_at"]]
    results = []
    for source, loads in wrong.groupby("source", sort=True):
        stamps = sorted({str(stamp)[:16] for stamp in loads["stamped_at"]})
        said = text("quality.clock.ahead", source=source, stamps=stamps, count=len(stamps))
        results.append(
            CheckResult(
                check=CHECK,
                subject=str(source),
                severity="warning",
                passed=False,
                failed_rows=len(stamps),
                sample=tuple(stamps[:5]),
                told=said,
                source=str(source),
            )
        )
    return results
