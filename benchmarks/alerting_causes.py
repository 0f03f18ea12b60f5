"""Why each alert of a generated company was raised: a planted risk, its consequences, or nothing.

Add here: a kind of cause, a count of what a director is told. Keep out: building companies
(`alerting_companies.py`), printing tables (`alerting.py`).

A company has a twin without planted risks but with the same luck, so consequences can be told from
chance: what the twin is alarmed about as well was not caused by a risk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from pipelines.alerting.records.backtest import ABOVE_REP
from pipelines.alerting.records.truth import Label
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import Scope, ScopeTree

NEAR = dt.timedelta(days=28)
EXACT = "planted: its own rule and scope"
MISSED = "target really missed"
SAME = "consequence: same scope, other rule"
LINE = "consequence: scope above or below"
ELSEWHERE = "consequence: product line and team"
NONE = "no cause"
RUNNING = "period still running"
CAUSES = (EXACT, MISSED, SAME, LINE, ELSEWHERE, NONE, RUNNING)
TRUE_CAUSES = frozenset(CAUSES[:5])


def with_causes(
    judged: pd.DataFrame,
    episodes: pd.DataFrame,
    twin: pd.DataFrame,
    rules: Sequence[Rule],
    labels: Sequence[Label],
    tree: ScopeTree,
    outcomes: pd.DataFrame,
) -> pd.DataFrame:
    """`judged` (grain alert × level) of scopes above the rep with `cause` and `strict` (the label
    names the rule and the very scope). `twin`: episodes of the company without risks.
    """
    targets = {rule.name: rule.condition.period for rule in rules if rule.on_targets}  # type: ignore[union-attr]
    dimension = dict(zip(episodes["alert_id"], episodes["dimension"], strict=True))
    quiet = _spans(twin)
    ended = {
        (p, k, i, pd.Timestamp(s).date()): bool(m)
        for p, k, i, s, m in outcomes[
            ["period_type", "scope_type", "scope_id", "period_start", "missed"]
        ].itertuples(index=False)
    }
    rows = judged[judged["scope_type"].isin(ABOVE_REP)].copy()
    causes, strict = [], []
    for row in rows.to_dict("records"):
        scope: Scope = (row["scope_type"], row["scope_id"])
        missed = None
        if row["rule"] in targets:
            missed = ended.get((targets[row["rule"]], *scope, row["period_start"]))
        key = (row["rule"], *scope, dimension[row["alert_id"]], row["level"])
        by_chance = any(
            o <= row["on"] + NEAR and c >= row["on"] - NEAR for o, c in quiet.get(key, ())
        )
        near = [label for label in labels if label.explains(row["on"])]
        cause = _cause(row, scope, near, tree, missed=missed, by_chance=by_chance)
        causes.append(
            RUNNING if row["rule"] in targets and missed is None and cause == NONE else cause
        )
        strict.append(cause == EXACT)
    return rows.assign(cause=causes, strict=strict)


def _cause(
    row: dict[Hashable, Any],
    scope: Scope,
    near: Sequence[Label],
    tree: ScopeTree,
    *,
    missed: bool | None,
    by_chance: bool,
) -> str:
    own = [label for label in near if scope == label.scope or scope in label.also]
    if any({row["rule"], row["metric"]} & label.shown_by for label in own):
        return EXACT
    if missed:
        return MISSED
    if by_chance or not near:
        return NONE
    if own:
        return SAME
    if any(tree.related(s, scope) for label in near for s in (label.scope, *label.also)):
        return LINE
    crossing = {"product_line"} & {scope[0], *(label.scope[0] for label in near)}
    return ELSEWHERE if crossing else NONE


def _spans(episodes: pd.DataFrame) -> dict[tuple[str, ...], list[tuple[dt.date, dt.date]]]:
    """Open spans per rule, scope, dimension and level reached."""
    spans: dict[tuple[str, ...], list[tuple[dt.date, dt.date]]] = {}
    for entry in episodes.to_dict("records"):
        closed = dt.date.max if pd.isna(entry["closed_on"]) else entry["closed_on"]
        for level, day in (("warning", entry["opened_on"]), ("danger", entry["danger_on"])):
            if day is not None and not pd.isna(day):
                key = (entry["rule"], entry["scope_type"], entry["scope_id"], entry["dimension"])
                spans.setdefault((*key, level), []).append((day, closed))
    return spans


def urgent_notices(episodes: pd.DataFrame, tree: ScopeTree) -> pd.DataFrame:
    """Grain director × day: `notices` told at once, by the laws of `notifying/selection.py`.

    A director (owner of the company or of a region) hears of a danger in his scope or below it at
    once, and of a warning where he is the one to answer; alerts under one open parent that lies in
    his scope make one notice, and milder news below a parent he knows of make none.
    """
    heads = {e["alert_id"]: e for e in episodes.to_dict("records")}
    told: dict[tuple[str, dt.date], set[str]] = {}
    for area in (s for s in tree.name if s[0] in {"company", "region"}):
        person = f"{tree.owner_of(area)} {area[1]}"
        known: set[str] = set()
        events = []
        for entry in heads.values():
            scope = (entry["scope_type"], entry["scope_id"])
            if scope[0] == "source" or (area != scope and area not in tree.ancestors(scope)):
                continue
            mine = area == scope and tree.owner.get(area)
            if mine:
                events.append((entry["opened_on"], "warning", entry))
            if entry["danger_on"] is not None and not pd.isna(entry["danger_on"]):
                events.append((entry["danger_on"], "danger", entry))
        for day, level, entry in sorted(events, key=lambda e: (e[0], e[1])):
            top = _top(entry, heads, area, tree, day)
            if level == "warning" and top in known and top != entry["alert_id"]:
                continue
            known.add(top)
            told.setdefault((person, day), set()).add(top)
    rows = [(person, day, len(causes)) for (person, day), causes in sorted(told.items())]
    return pd.DataFrame(rows, columns=["director", "on", "notices"])


def _top(
    entry: dict[Hashable, Any],
    heads: dict[str, dict[Hashable, Any]],
    area: Scope,
    tree: ScopeTree,
    day: dt.date,
) -> str:
    top, current = entry, entry
    while (above := heads.get(str(current["parent_alert_id"] or ""))) is not None:
        if above["opened_on"] > day:
            break
        current = above
        scope = (str(above["scope_type"]), str(above["scope_id"]))
        if scope == area or area in tree.ancestors(scope):
            top = above
    return str(top["alert_id"])
