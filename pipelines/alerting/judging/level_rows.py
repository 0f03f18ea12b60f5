"""Levels as rows, with what scopes with too few cases take from the nearest scope above that has a level.

Add here: another column of a level, another way to borrow. Keep out: how a level comes about
(`running.py`) and opening episodes: an inherited level opens none, since the episode of the scope above
already speaks for it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.conditions.base import Flags
from pipelines.alerting.judging.episodes import LEVEL_NAMES
from pipelines.alerting.judging.running import History, Status
from pipelines.alerting.series.panel import Panel
from pipelines.alerting.series.scope_tree import ScopeTree

NAMES = np.array([*LEVEL_NAMES, "too_few", "too_early", "untrusted", "paused"], dtype=object)
TOO_FEW = len(LEVEL_NAMES)
# How far before its beginning and after its end an alert is shown on what it was judged on.
BEFORE, AFTER = dt.timedelta(weeks=26), dt.timedelta(weeks=8)


def stood_on(history: History, found: Sequence[Mapping[str, Any]]) -> Flags:
    """(days, series): what a mart is made of. For rules on targets every probability that was said, for
    others that tell the time round each of their episodes (`found`: of `episodes_of`).
    """
    if history.rule.on_targets:
        return np.isfinite(history.fields["probability"])
    wanted = np.zeros(history.panel.shape, bool)
    days = history.panel.dates
    for episode in found if history.rule.mode == "alert" else ():
        first = np.datetime64(min(episode["since"], episode["opened_on"]) - BEFORE, "D")
        closed = episode["closed_on"]
        last = days[-1] if closed is None else np.datetime64(closed + AFTER, "D")
        wanted[(days >= first) & (days <= last), episode["_series"]] = True
    return wanted


def level_rows(
    history: History,
    scopes: set[str],
    first: dt.date | None,
    tree: ScopeTree,
    wanted: Flags | None = None,
) -> pd.DataFrame:
    """Level of each scope × dimension × day from `first` on, also where there is no verdict; `wanted`,
    in the panel's shape: only of these.

    `level`: normal, warning, danger, too_few, too_early, untrusted or paused. A night between two
    evaluations carries the level of the last one. `inherited_from`: '' or 'team:T1', whose level a scope
    with too few cases takes if the rule says so; where nobody above was judged, too_few stays.
    """
    panel = history.panel
    # A series says nothing before it first had a figure.
    shown = np.maximum.accumulate(np.isfinite(history.fields["value"]), axis=0)
    shown &= np.isin(panel.keys["scope_type"].to_numpy(), list(scopes))
    if first is not None:
        shown[panel.dates < np.datetime64(first, "D")] = False
    t, s = np.nonzero(shown if wanted is None else shown & wanted)
    status, level = history.status, history.level
    judged = (status == Status.JUDGED) | (status == Status.BETWEEN)
    code = np.where(judged, level, status + len(LEVEL_NAMES) - 1).astype(np.int8)
    own = code[t, s]
    origin = np.full(len(t), "", dtype=object)
    if history.rule.inherit:
        code[~shown] = -1
        _borrow(own, origin, code, t, s, panel, tree)
    fields = history.fields
    limit = np.where(level[t, s] == 2, fields["danger_limit"][t, s], fields["warning_limit"][t, s])
    frame = panel.keys.iloc[s].reset_index(drop=True)
    rule = history.rule
    return frame.assign(
        rule=rule.name,
        family=rule.family,
        metric=rule.metric,
        as_of=panel.dates[t].astype("datetime64[s]"),
        period_start=panel.starts[t].astype("datetime64[s]"),
        level=pd.array(NAMES[own], dtype="str"),
        inherited_from=pd.array(origin, dtype="str"),
        limit_value=limit,
        value=fields["value"][t, s],
        expected=fields["expected"][t, s],
        sample_size=fields["sample"][t, s],
        probability=fields["probability"][t, s],
    )


def _borrow(
    own: NDArray[np.int8],
    origin: NDArray[np.object_],
    code: NDArray[np.int8],
    t: NDArray[np.intp],
    s: NDArray[np.intp],
    panel: Panel,
    tree: ScopeTree,
) -> None:
    """Fill in what rows (`t`, `s`) that are too few take from above; `code` is -1 where nothing is shown."""
    short = np.flatnonzero(own == TOO_FEW)
    keys = list(zip(*(panel.keys[name] for name in panel.keys), strict=True))
    column = {key: n for n, key in enumerate(keys)}
    order = short[np.argsort(s[short], kind="stable")]
    starts = np.flatnonzero(np.r_[True, np.diff(s[order]) > 0]) if len(order) else ()
    for rows in np.split(order, starts[1:]) if len(order) else ():
        kind, ident, dimension = keys[int(s[rows[0]])]
        for above in tree.ancestors((str(kind), str(ident))):
            there = column.get((*above, dimension))
            if there is None:
                continue
            found = code[t[rows], there]
            taken = (found >= 0) & (found < TOO_FEW)
            own[rows[taken]] = found[taken]
            origin[rows[taken]] = f"{above[0]}:{above[1]}"
            rows = rows[~taken]
            if not len(rows):
                break
