"""Probabilities that have learned from how earlier ones came true.

Add here: another correction of a probability. Keep out: how the first probability comes about.

Platt scaling, per kind of scope: logit(p') = a + b·logit(p). a and b are fitted by penalised
logistic regression on the weekly probabilities of periods that have ended; every scope × period
weighs one, however many weeks it has. Without a past a = 0 and b = 1, that is p itself.
"""

from __future__ import annotations

import numpy as np
import scipy

from pipelines.alerting.series.panel import Floats, Panel

MISSED_BELOW = 0.9
# Normal priors of a and b: with a few dozen periods the past begins to speak louder.
PRIOR_PRECISION = np.array([2.0, 6.0])
PRIOR_MEAN = np.array([0.0, 1.0])
LEAST, MOST = 0.002, 0.998


def calibrated(p: Floats, panel: Panel, early: np.ndarray) -> Floats:
    """`p` (days, series) corrected by what was known on each day: periods ended before it.

    Rows marked `early` teach nothing. The fit is renewed when a period begins.
    """
    final = panel.field("final_attainment")
    logits = scipy.special.logit(np.clip(p, LEAST, MOST))
    kinds = panel.keys["scope_type"].to_numpy()
    result = p.copy()
    begins = np.flatnonzero(np.r_[True, panel.starts[1:] != panel.starts[:-1]])
    ends = np.r_[begins[1:], len(panel.dates)]
    for kind in np.unique(kinds):
        columns = np.flatnonzero(kinds == kind)
        for begin, end in zip(begins, ends, strict=True):
            past = slice(0, begin)
            usable = (
                np.isfinite(logits[past][:, columns])
                & np.isfinite(final[past][:, columns])
                & ~early[past][:, columns]
            )
            now = logits[begin:end][:, columns]
            if usable.any():
                rows = logits[past][:, columns]
                missed = final[past][:, columns] < MISSED_BELOW
                weights = _weights(usable, panel.starts[past])
                a, b = fit(rows[usable], missed[usable], weights[usable])
                result[begin:end, columns] = scipy.special.expit(a + b * now)
    return np.where(np.isfinite(p), result, np.nan)


def _weights(usable: np.ndarray, starts: np.ndarray) -> Floats:
    """One over the number of usable weeks of each scope and period."""
    weights = np.zeros(usable.shape)
    for start in np.unique(starts):
        rows = np.flatnonzero(starts == start)
        weights[rows] = 1 / np.maximum(usable[rows].sum(axis=0), 1)
    return weights


def fit(logits: Floats, missed: np.ndarray, weights: Floats) -> tuple[float, float]:
    """(a, b) of the penalised logistic regression, by Newton steps; b is never negative."""
    design = np.column_stack([np.ones_like(logits), logits])
    beta = PRIOR_MEAN.copy()
    for _ in range(25):
        predicted = scipy.special.expit(design @ beta)
        gradient = design.T @ (weights * (missed - predicted)) - PRIOR_PRECISION * (
            beta - PRIOR_MEAN
        )
        curvature = (design * (weights * predicted * (1 - predicted))[:, None]).T @ design
        step = np.linalg.solve(curvature + np.diag(PRIOR_PRECISION), gradient)
        beta = beta + step
        if np.abs(step).max() < 1e-8:
            break
    return float(beta[0]), max(float(beta[1]), 0.0)
