"""What other rules found for the same scope, brought to a panel's own days and series.

Add here: another way in which two panels meet. Keep out: what is made of the cells (`judging/voices.py`,
`rules/seconds.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SCOPE = ["scope_type", "scope_id"]
# An evaluation older than a week says nothing of today.
MAX_AGE = np.timedelta64(7, "D")


def scopes_of(keys: pd.DataFrame) -> pd.MultiIndex:
    """Scope type and id of every series, as text."""
    return pd.MultiIndex.from_frame(keys[SCOPE].astype(str))


class Place(NamedTuple):
    """Where the series of one dimension stand in the arrays of a panel, and whose they are."""

    dimension: str
    series: NDArray[np.intp]
    scopes: pd.MultiIndex


def places_of(keys: pd.DataFrame) -> tuple[Place, ...]:
    """The series of a panel by dimension: made once, asked by every rule that listens."""
    found = []
    for dimension in keys["dimension"].unique():
        mine = np.flatnonzero((keys["dimension"] == dimension).to_numpy())
        found.append(Place(str(dimension), mine, scopes_of(keys.iloc[mine])))
    return tuple(found)


def cells_beside(
    days: NDArray[np.datetime64],
    scopes: pd.MultiIndex,
    theirs: NDArray[np.datetime64],
    places: Sequence[Place],
) -> Iterator[tuple[str, NDArray[np.bool_], tuple[NDArray[np.intp], ...]]]:
    """By dimension of the other panel (its days `theirs`, its series `places`): dimension, whether it has a cell
    for each of our days and scopes, and where that stands in its arrays (days, series).

    The newest evaluation up to each day, at most `MAX_AGE` old: nothing that comes later is looked at.
    """
    rows = np.searchsorted(theirs, days, side="right") - 1
    fresh = rows >= 0
    fresh[fresh] &= days[fresh] - theirs[rows[fresh]] <= MAX_AGE
    rows = np.maximum(rows, 0)
    for dimension, mine, there_too in places:
        at = there_too.get_indexer(scopes)
        there = fresh[:, None] & (at >= 0)
        yield dimension, there, np.ix_(rows, mine[np.maximum(at, 0)])
