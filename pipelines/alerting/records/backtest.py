"""How good the rules were: precision, recall, lead and delay, false alarms, with intervals.

Add here: a figure of quality. Keep out: running the rules (`evaluation.py`), what is true
(`truth.py`), and choosing limits (`rules/tuning.py`).

An alert is a hit when a label explains it, or, for rules on targets, when the period ended below
90 % of its target. The first opening of each level counts once. A hit on a target must come at
least seven days before the end. Alerts nobody can judge (a period still running, no label file)
are left out of precision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.records.truth import Label, explained_by
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import ScopeTree

AT_LEAST_BEFORE = 7
LEADERS = {"company", "region"}
ABOVE_REP = {"company", "region", "team", "product_line"}


@dataclass(frozen=True)
class Span:
    """The days under judgement, both inclusive, and how many people are told."""

    first: dt.date
    last: dt.date
    directors: int

    @property
    def director_months(self) -> float:
        return max(self.directors, 1) * max((self.last - self.first).days + 1, 1) / 30.44


def directors(tree: ScopeTree) -> int:
    """People who own the company or a region; at least one."""
    scopes = [s for s in tree.name if s[0] in LEADERS]
    owners = {tree.owner.get(s) or s for s in scopes}
    return max(len(owners), 1)


def judge(
    episodes: pd.DataFrame,
    rules: Sequence[Rule],
    tree: ScopeTree,
    *,
    labels: Sequence[Label] | None,
    outcomes: pd.DataFrame,
) -> pd.DataFrame:
    """One row per episode and level reached, with `hit` (True, False, None), `lead_days` (to the
    end of the period), `delay_days` (from the first day of the risk) and `label` (its position).

    `on` is the day on which that level was first confirmed.
    """
    by_name = {rule.name: rule for rule in rules}
    ended = {
        (k, i, pd.Timestamp(s).date(), p): (bool(m), pd.Timestamp(e).date())
        for k, i, s, p, m, e in zip(
            outcomes["scope_type"],
            outcomes["scope_id"],
            outcomes["period_start"],
            outcomes["period_type"],
            outcomes["missed"],
            outcomes["period_end"],
            strict=True,
        )
    }
    rows = []
    for entry in episodes.to_dict("records"):
        rule = by_name[str(entry["rule"])]
        scope = (str(entry["scope_type"]), str(entry["scope_id"]))
        for level, day in (("warning", entry["opened_on"]), ("danger", entry["danger_on"])):
            if day is None or pd.isna(day):
                continue
            label, delay = _label(rule, scope, day, labels, tree)
            hit: bool | None = None if labels is None else label is not None
            lead = np.nan
            if rule.on_targets:
                key = (*scope, entry["period_start"], rule.condition.period)  # type: ignore[union-attr]
                if key in ended:
                    missed, end = ended[key]
                    lead = float((end - day).days)
                    hit = bool(hit) or (missed and lead >= AT_LEAST_BEFORE)
                elif not hit:
                    hit = None  # the period is still running
            rows.append(
                {
                    "alert_id": entry["alert_id"],
                    "rule": rule.name,
                    "metric": rule.metric,
                    "scope_type": scope[0],
                    "scope_id": scope[1],
                    "period_start": entry["period_start"],
                    "level": level,
                    "on": day,
                    "hit": hit,
                    "label": label,
                    "delay_days": delay,
                    "lead_days": lead,
                }
            )
    columns = [
        "alert_id",
        "rule",
        "metric",
        "scope_type",
        "scope_id",
        "period_start",
        "level",
        "on",
        "hit",
        "label",
        "delay_days",
        "lead_days",
    ]
    return pd.DataFrame(rows, columns=columns)


def _label(
    rule: Rule,
    scope: tuple[str, str],
    day: dt.date,
    labels: Sequence[Label] | None,
    tree: ScopeTree,
) -> tuple[int | None, float]:
    """The label that explains an alert: the nearest in scope, then the latest to begin."""
    best: tuple[int, dt.date, int] | None = None
    for number, label in enumerate(labels or ()):
        if explained_by(
            label,
            scope=scope,
            rule=rule.name,
            metric=rule.metric,
            detects=rule.detects,
            day=day,
            tree=tree,
        ):
            rank = (int(label.scope == scope), label.first_day, number)
            best = rank if best is None or rank > best else best
    if best is None:
        return None, np.nan
    return best[2], float((day - best[1]).days)


def by_rule(judged: pd.DataFrame, span: Span) -> pd.DataFrame:
    """Grain rule × level, and a row `all` per level over scopes above the single rep.

    judged, hits, precision with its 95 % interval, median and P20 lead, median delay, false
    alarms per director and month.
    """
    inside = judged[(judged["on"] >= span.first) & (judged["on"] <= span.last)]
    above = inside[inside["scope_type"].isin(ABOVE_REP)]
    groups = [*((name, rows) for name, rows in inside.groupby("rule", sort=True)), ("all", above)]
    result = []
    for name, rows in groups:
        for level in ("warning", "danger"):
            result.append({"rule": name, "level": level, **_figures(rows, level, span)})
    return pd.DataFrame(result)


def _figures(rows: pd.DataFrame, level: str, span: Span) -> dict[str, float]:
    own = rows[(rows["level"] == level) & rows["hit"].notna()]
    hits, cases = int(own["hit"].astype(bool).sum()), len(own)
    low, high = wilson(hits, cases)
    good = own[own["hit"].astype(bool)]
    leads, delays = good["lead_days"].dropna(), good["delay_days"].dropna()
    return {
        "judged": cases,
        "hits": hits,
        "precision": hits / cases if cases else np.nan,
        "precision_low": low,
        "precision_high": high,
        "median_lead_days": float(leads.median()) if len(leads) else np.nan,
        "p20_lead_days": float(leads.quantile(0.2)) if len(leads) else np.nan,
        "median_delay_days": float(delays.median()) if len(delays) else np.nan,
        "false_per_director_month": (cases - hits) / span.director_months,
    }


def by_label(judged: pd.DataFrame, labels: Sequence[Label], tree: ScopeTree) -> pd.DataFrame:
    """Grain label: found (by an alert that it explains in its own scope or one above or below),
    first_alert, delay_days, rules that found it.
    """
    rows = []
    named = judged[judged["level"] == "warning"]
    for number, label in enumerate(labels):
        mine = named[named["label"] == number]
        first = min(mine["on"]) if len(mine) else None
        rows.append(
            {
                "kind": label.kind,
                "scope_type": label.scope[0],
                "scope_id": label.scope[1],
                "first_day": label.first_day,
                "last_day": label.last_day,
                "found": first is not None,
                "first_alert": first,
                "delay_days": float((first - label.first_day).days) if first else np.nan,
                "rules": ", ".join(sorted(set(mine["rule"]))),
            }
        )
    return pd.DataFrame(rows)
