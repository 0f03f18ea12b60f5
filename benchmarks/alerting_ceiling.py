"""How well warnings could do at best: by a forecast that is exactly right about its probabilities.

A target that is missed with probability 0.6 is met four times in ten, and no rule can know which
times. With few units chance alone decides whether a bar is met; this says how often.

Add here: another bound on what a rule can reach. Keep out: what it did reach (`alerting_deals.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

DRAWS = 20_000


def ceiling(
    probability: np.ndarray, limits: Sequence[float], *, precision: float, recall: float
) -> pd.DataFrame:
    """Per limit: units fired, expected precision and recall, and the chance to meet both bars.

    `probability` of each unit to be missed, taken as the truth; outcomes are drawn from it. The last
    row lets the limit be chosen after the outcome is known: more than any rule may do.
    """
    missed = np.random.default_rng(0).random((DRAWS, len(probability))) < probability
    rows, any_limit = [], np.zeros(DRAWS, bool)
    for limit in sorted({*limits, *probability}):
        fired = probability >= limit
        hits = missed[:, fired].sum(axis=1)
        right = hits / max(fired.sum(), 1)
        found = hits / np.maximum(missed.sum(axis=1), 1)
        both = (right >= precision) & (found >= recall)
        any_limit |= both
        if limit in limits:
            rows.append(
                {
                    "limit": f"{limit:g}",
                    "fired": int(fired.sum()),
                    "precision": right.mean(),
                    "recall": found.mean(),
                    "meets_both": both.mean(),
                }
            )
    rows.append({"limit": "chosen afterwards", "meets_both": any_limit.mean()})
    return pd.DataFrame(rows)
