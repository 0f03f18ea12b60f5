"""Scopes with too few cases take the level of the nearest scope above that has one, and say so.

Add here: another way to borrow. Keep out: opening episodes: an inherited level opens none, since
the episode of the scope above already speaks for it.
"""

from __future__ import annotations

import pandas as pd

from pipelines.alerting.scope_tree import ScopeTree

JUDGED = {"normal", "warning", "danger"}


def inherit(levels: pd.DataFrame, tree: ScopeTree) -> pd.DataFrame:
    """`levels` of one rule with `inherited_from` ('' or 'team:T1') and the borrowed level.

    Grain as before: scope × dimension × as_of. Where nobody above was judged, 'too_few' stays.
    """
    levels = levels.assign(inherited_from="")
    short = levels["level"] == "too_few"
    if not short.any():
        return levels
    judged = levels[levels["level"].isin(JUDGED)]
    known = {
        (kind, ident, dimension, day): level
        for kind, ident, dimension, day, level in zip(
            judged["scope_type"],
            judged["scope_id"],
            judged["dimension"],
            judged["as_of"],
            judged["level"],
            strict=True,
        )
    }
    rows = levels[short]
    taken, origin = [], []
    for kind, ident, dimension, day in zip(
        rows["scope_type"], rows["scope_id"], rows["dimension"], rows["as_of"], strict=True
    ):
        for above in tree.ancestors((str(kind), str(ident))):
            level = known.get((*above, dimension, day))
            if level is not None:
                taken.append(level)
                origin.append(f"{above[0]}:{above[1]}")
                break
        else:
            taken.append("too_few")
            origin.append("")
    levels.loc[short, "level"] = taken
    levels.loc[short, "inherited_from"] = origin
    return levels
