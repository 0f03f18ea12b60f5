"""Which alert of the same rule lies above which.

Add here: another way in which one alert contains another of its rule. Keep out: causes that join alerts
of several rules (`cases/causes.py`).
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from pipelines.alerting.series.scope_tree import Scope, ScopeTree


def joined_to_parents(episodes: pd.DataFrame, tree: ScopeTree) -> pd.DataFrame:
    """`parent_alert_id`: the nearest scope above with an episode of the same rule and dimension
    that overlaps in time; the first such one.
    """
    if episodes.empty:
        return episodes
    far = dt.date.max
    index: dict[tuple[str, str, Scope], list[tuple[dt.date, dt.date, str]]] = {}
    rows = list(
        zip(
            episodes["rule"],
            episodes["dimension"],
            episodes["scope_type"],
            episodes["scope_id"],
            episodes["opened_on"],
            [far if pd.isna(c) else c for c in episodes["closed_on"]],
            episodes["alert_id"],
            strict=True,
        )
    )
    for rule, dimension, kind, ident, opened, closed, alert in rows:
        index.setdefault((rule, dimension, (kind, ident)), []).append((opened, closed, alert))
    parents: list[str | None] = []
    for rule, dimension, kind, ident, opened, closed, _ in rows:
        found = None
        for above in tree.ancestors((kind, ident)):
            spans = index.get((rule, dimension, above), [])
            found = next((a for o, c, a in spans if o <= closed and c >= opened), None)
            if found:
                break
        parents.append(found)
    return episodes.assign(parent_alert_id=pd.Series(parents, index=episodes.index, dtype=object))
