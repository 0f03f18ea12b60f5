"""A second voice: what one figure says of a small scope by itself may be chance, two figures are not.

Add here: another way in which a 警戒 is backed before anybody is told. Keep out: figures that make a level
together (`conditions/pooled.py`), and rules that raise a level (`compound.py`).

A level stands inside as before, so that its weeks are no yardstick; it is told from the first day on which
another figure of the scope is likely enough to be off, or it is sure enough by itself, or 危险. Where no other
figure of the scope is judged, nobody can back it, and it is told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.judging.episodes import spells
from pipelines.alerting.judging.running import History
from pipelines.alerting.series.beside import Place, cells_beside, places_of, scopes_of
from pipelines.alerting.series.panel import Floats, Panel

# The many are not small: what is off in all of them together is seen by itself.
SMALL = ("team", "product_line", "rep")


@dataclass(frozen=True)
class Said:
    """How likely the figure of a filter is off, by day and series; NaN where it was not judged."""

    rule: str
    keys: pd.DataFrame
    dates: NDArray[np.datetime64]
    probability: NDArray[np.float32]

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Where its series stand, by dimension."""
        return places_of(self.keys)


def said_of(history: History) -> Said:
    """What is kept of the history of a filter."""
    panel = history.panel
    kept = history.fields["probability"].astype(np.float32)
    return Said(history.rule.name, panel.keys, panel.dates, kept)


def second_of(panel: Panel, which: NDArray[np.intp], rule: str, others: Sequence[Said]) -> Floats:
    """(days, series `which`): how likely the likeliest figure of another rule is off in the same scope, by the
    newest evaluation up to that day, at most a week old; NaN where there is none.
    """
    best = np.full((len(panel.dates), len(which)), np.nan)
    scopes = scopes_of(panel.keys.iloc[which])
    for said in others:
        if said.rule == rule:
            continue
        for _, there, grid in cells_beside(panel.dates, scopes, said.dates, said.places):
            best = np.fmax(best, np.where(there, said.probability[grid], np.nan))
    return best


def told(history: History, others: Sequence[Said]) -> History:
    """The history as it is told: every episode from its first backed day on, one that never was not at all."""
    asked, panel = history.rule.seconded, history.panel
    if asked is None:
        return history
    small = np.isin(panel.keys["scope_type"].to_numpy(), SMALL)
    which = np.flatnonzero(small & (history.episode > 0).any(axis=0))
    if not len(which):
        return history
    second = second_of(panel, which, history.rule.name, others)
    with np.errstate(invalid="ignore"):
        backed: Flags = ~(second < asked.by - 1e-6) | (history.level[:, which] == 2)
        if asked.unless is not None:
            backed |= history.fields["probability"][:, which] >= asked.unless - 1e-6
    level, episode = history.level.copy(), history.episode.copy()
    since, ending = history.since.copy(), history.ending.copy()
    for column, s in enumerate(which):
        for rows in spells(history.episode[:, s]):
            known = rows[backed[rows, column]]
            quiet = rows if not len(known) else rows[rows < known[0]]
            level[quiet, s], episode[quiet, s], since[quiet, s] = 0, 0, -1
            if not len(known):
                # Nobody was told that it began, so nobody is told that it ended.
                ending[rows[0] : rows[-1] + 2, s] = 0
    return replace(history, level=level, episode=episode, since=since, ending=ending)
