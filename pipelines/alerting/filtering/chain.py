"""A hidden chain per series: as usual, or off by one of a few factors; week by week.

Add here: another law of entering and leaving. Keep out: likelihoods of figures (`likelihoods.py`)
and what is usual (`curve.py`).

State 0 is "as usual", states 1 to 6 are "off by a factor". The filter multiplies what was believed
by the law of change and by the likelihood of the new week (Hamilton 1989; the law is that of
Shiryaev's change point with a way back). It forgets at the rate at which real troubles end, so that
it closes days after a recovery and needs no cap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.alerting.series.panel import Floats

FALLS = np.array([0.8, 0.65, 0.5, 0.3, 0.1, 0.01])
RISES = np.array([1.3, 1.7, 2.3, 3.2, 5.0, 9.0])
WEIGHTS = np.array([0.2, 0.2, 0.2, 0.15, 0.15, 0.1])
ENTER, LEAVE, RESIZE = 1 / 150, 1 / 10, 0.05
# Log-odds of being off where nothing is known.
RESTING = float(np.log(ENTER / LEAVE))


def law() -> Floats:
    """Transition matrix (7, 7) of one week; rows sum to one."""
    size = len(WEIGHTS)
    matrix = np.zeros((size + 1, size + 1))
    matrix[0, 0], matrix[0, 1:] = 1 - ENTER, ENTER * WEIGHTS
    matrix[1:, 0] = LEAVE
    matrix[1:, 1:] = RESIZE * WEIGHTS
    matrix[1:, 1:][np.diag_indices(size)] += 1 - LEAVE - RESIZE
    return matrix


LAW = law()
_LAW_T = np.ascontiguousarray(LAW.T)


@dataclass(frozen=True)
class Belief:
    """`alpha` (7, series) after a week; `log_norm` the logarithm of what it was divided by.

    States come first everywhere, since sums over them run along whole series then.
    """

    alpha: Floats
    log_norm: Floats

    @property
    def off(self) -> Floats:
        """Probability that the series is off, before calibration."""
        return 1 - self.alpha[0]


def start(series: int) -> Floats:
    """The belief before anything was seen: as usual."""
    alpha = np.zeros((len(WEIGHTS) + 1, series))
    alpha[0] = 1.0
    return alpha


def step(alpha: Floats, gains: Floats) -> Belief:
    """One week later. `gains` (6, series): log-likelihood of each factor less that of "as usual"."""
    after = _LAW_T @ alpha
    top = np.maximum(gains.max(axis=0), 0.0)
    after[0] *= np.exp(-top)
    after[1:] *= np.exp(gains - top)
    norm = after.sum(axis=0)
    after /= norm
    return Belief(after, np.log(norm) + top)


def mean_size(alpha: Floats, factors: Floats) -> Floats:
    """Geometric mean of the factor, given that the series is off; 1 where it cannot be."""
    off = alpha[1:]
    total = off.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.exp(np.log(factors) @ off / total)
    return np.where(total > 0, found, 1.0)


def evidence(alpha: Floats) -> Floats:
    """Log-odds of being off over those at rest: what this figure says, without what anybody would say."""
    off = np.clip(1 - alpha[0], 1e-9, 1 - 1e-9)
    return np.log(off / (1 - off)) - RESTING


def onset(usual: Floats, gains: Floats, log_norms: Floats) -> tuple[NDArray[np.intp], ...]:
    """(10 %, 50 %, 90 %) points of the week in which the present spell began, as row numbers.

    `usual` (weeks, n): probability of state 0 after the week before each row; `gains` (weeks, 6, n);
    `log_norms` (weeks, n). The joint probability of state and entry week is carried along
    (Adams and MacKay 2007 carry the run length likewise); rows before the window count as row 0.
    """
    weeks, size, series = gains.shape
    joint = np.zeros((weeks, size, series))
    inner = _LAW_T[1:, 1:]
    for t in range(weeks):
        joint[:t] = inner @ joint[:t]
        joint[t] = usual[t] * (ENTER * WEIGHTS)[:, None]
        joint[: t + 1] *= np.exp(gains[t] - log_norms[t])
    mass = joint.sum(axis=1)
    total = mass.sum(axis=0)
    share = np.cumsum(mass, axis=0) / np.where(total > 0, total, 1.0)
    return tuple(np.argmax(share >= point, axis=0) for point in (0.1, 0.5, 0.9))
