"""One cause, one case: a root, and the alerts that are only its symptoms.

Add here: what joins alerts to one cause. Keep out: how likely a single figure is off
(`conditions/filters.py`), and telling (`pipelines/notifying`).

The root is the scope whose own evidence is greatest, weighed with how often a cause sits in a scope of
that kind. Evidence of a scope is corrected for what its siblings did in the same weeks, so a team that
falls with all the others carries little, the company then carries it; a product line that falls shows
weakly in every team and strongly in itself. The other alerts belong to the case if rules of both can
be raised by one kind of risk (`detects`), their scopes lie on one line (or one is a product line) and
they began within the same weeks. A person's target goes with the team's of the same period. Greedy: the strongest alert that is left is the root of the next case.

A fall of the whole company is seen by several figures, which close and open again while its parts flicker.
What another alert of the whole company explains, itself explained by the root, is part of the case; of several
roots of the whole company the one that stood nearest counts; and a part, which has few cases, cannot say that it
began before the company's fall unless all days on which it may have begun lie before. A part with more
evidence than the company's alert is a root as everywhere.

A case is named after the alert that opened it first, so a night that finds a better root keeps the case.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.alerting.cases.habit import Habit
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import ScopeTree

# How often a cause sits in one of the scopes of a kind, spread evenly over these.
PRIOR = {"company": 0.20, "region": 0.20, "team": 0.35, "product_line": 0.25, "rep": 0.05}
# What an alert counts that states no evidence of its own, by its highest level.
PLAIN = {"warning": 2.0, "danger": 4.0}
BEFORE, AFTER = dt.timedelta(days=28), dt.timedelta(days=56)


def joined_to_cases(
    episodes: pd.DataFrame,
    rules: Sequence[Rule],
    tree: ScopeTree,
    habits: Mapping[str, Habit] | None = None,
) -> pd.DataFrame:
    """The episodes with `case_id` and `role` (root, symptom); one without a fellow is a case by itself.

    `parent_alert_id` of a symptom is its root's id, None of a root. `habits`: alerts on targets of a level
    that is missed by habit; those of one level are one case.
    """
    if episodes.empty:
        return episodes
    kinds = {rule.name: frozenset(rule.detects) for rule in rules}
    targets = {rule.name for rule in rules if rule.on_targets}
    among = Counter(kind for kind, _ in tree.name)
    alerts = [_Alert(row, kinds, targets, among) for row in episodes.to_dict("records")]
    for alert in alerts:
        habit = (habits or {}).get(alert.ident)
        alert.habit = habit.key if habit else ""
    root_of = _roots(alerts, tree)
    _persons_with_their_team(alerts, root_of, tree)
    members: dict[str, list[_Alert]] = {}
    for alert in alerts:
        members.setdefault(root_of[alert.ident].ident, []).append(alert)
    named = {
        root: "C" + hashlib.sha256(min((a.opened, a.ident) for a in found)[1].encode()).hexdigest()[:11]
        for root, found in members.items()
    }  # fmt: skip
    ids = [a.ident for a in alerts]
    roots = [root_of[i].ident for i in ids]
    return episodes.assign(
        case_id=[named[r] for r in roots],
        role=["root" if r == i else "symptom" for r, i in zip(roots, ids, strict=True)],
        parent_alert_id=pd.Series(
            [None if r == i else r for r, i in zip(roots, ids, strict=True)],
            index=episodes.index,
            dtype=object,
        ),
    )


def _roots(alerts: Sequence[_Alert], tree: ScopeTree) -> dict[str, _Alert]:
    """By alert the root of its case, the strongest alerts first."""
    left = sorted(alerts, key=lambda a: (-a.strength, a.opened, a.ident))
    near = _Near(left)
    taken = np.zeros(len(left), bool)
    root_of: dict[str, _Alert] = {}
    of_company: list[_Alert] = []
    for n, alert in enumerate(left):
        root = root_of.get(alert.ident, alert)
        if root is alert and alert.whole:
            of_company.append(alert)
        elif root.whole:
            able = (r for r in of_company if r is root or r.explains(alert, tree))
            root = min(able, key=lambda r: r.days_from(alert))
        root_of[alert.ident] = root
        # One step and no more: alerts that follow each other for years would be one case.
        speaks = root.whole and alert.whole and root.explains(alert, tree)
        if root is not alert and not speaks:
            continue
        taken[n] = True
        for m in np.flatnonzero(near.of(n) & ~taken):
            if alert.explains(left[m], tree):
                taken[m] = True
                root_of[left[m].ident] = root
    return root_of


def _persons_with_their_team(
    alerts: Sequence[_Alert], root_of: dict[str, _Alert], tree: ScopeTree
) -> None:
    """A person's target belongs to the case of the team's own target of that period, whatever began first:
    what the team misses its people miss, and nobody needs to be told both. Alters `root_of`.
    """
    above: dict[tuple[str, Any, Any], list[_Alert]] = {}
    persons = [a for a in alerts if a.target and a.scope[0] == "rep"]
    for alert in alerts if persons else ():
        if alert.target and alert.scope[0] != "rep":
            key = (alert.rule, alert.scope, alert.row["period_start"])
            above.setdefault(key, []).append(alert)
    joined: dict[str, _Alert] = {}
    for alert in persons:
        parent = next(tree.ancestors(alert.scope), None)
        for team in above.get((alert.rule, parent, alert.row["period_start"]), ()):
            if team.opened <= alert.closed and team.closed >= alert.opened:
                joined[alert.ident] = root_of[team.ident]
                break
    for alert in alerts:
        # What was the symptom of a person's target follows it.
        found = joined.get(alert.ident) or joined.get(root_of[alert.ident].ident)
        if found is not None:
            root_of[alert.ident] = found


class _Alert:
    """One alert as far as grouping needs it."""

    def __init__(
        self,
        row: dict[Any, Any],
        kinds: Mapping[str, frozenset[str]],
        targets: set[str],
        among: Mapping[str, int],
    ) -> None:
        self.row = row
        self.ident, self.rule = str(row["alert_id"]), str(row["rule"])
        self.scope = (str(row["scope_type"]), str(row["scope_id"]))
        self.whole = self.scope[0] == "company"
        self.kinds = kinds.get(self.rule, frozenset())
        self.habit = ""
        self.target = self.rule in targets
        self.opened: dt.date = _date(row["opened_on"]) or dt.date.max
        self.began: dt.date = _date(row["since"]) or self.opened
        # The last day on which it may have begun.
        self.began_last = max(self.began, _date(row.get("onset_last")) or self.began)
        self.closed: dt.date = _date(row["closed_on"]) or dt.date.max
        evidence = row.get("evidence")
        known = isinstance(evidence, float) and math.isfinite(evidence)
        # A target missed is the consequence of something else, wherever something else is known.
        base = float(evidence) if known else PLAIN[str(row["peak_level"])] - 4.0 * self.target  # type: ignore[arg-type]
        spread = max(among[self.scope[0]], 1)
        self.strength = base + math.log(PRIOR.get(self.scope[0], 0.05) / spread)

    def days_from(self, other: _Alert) -> dt.timedelta:
        """From the opening of the other alert to the nearest day on which this one stood."""
        return max(self.opened - other.opened, other.opened - self.closed, dt.timedelta(0))

    def explains(self, other: _Alert, tree: ScopeTree) -> bool:
        """Whether the other alert can be a symptom of this one's cause."""
        if self.rule != other.rule and not (self.kinds & other.kinds):
            return False
        if (
            self.habit
            and self.habit == other.habit
            and self.row["period_start"] == other.row["period_start"]
        ):
            return True
        last = min(self.closed, dt.date.max - AFTER) + BEFORE
        since = other.began_last if self.whole else other.began
        if since < self.began - BEFORE or other.began > last:
            return False
        if other.opened > last or other.closed < self.opened - BEFORE:
            return False
        if tree.related(self.scope, other.scope):
            return True
        return "product_line" in {self.scope[0], other.scope[0]} and self._crosses(other)

    def _crosses(self, other: _Alert) -> bool:
        """A product line and a part of the sales force: the same figure, in the same weeks."""
        same = self.row["metric"] == other.row["metric"]
        return same and self.scope[0] != other.scope[0] and abs(self.began - other.began) <= AFTER


class _Near:
    """Which alerts may belong to a root by their rule and days, for all alerts at once: thousands of alerts
    are millions of pairs. Whatever `_Alert.explains` says yes to is among them.
    """

    def __init__(self, alerts: Sequence[_Alert]) -> None:
        def numbers(values: Iterable[Any]) -> NDArray[np.int64]:
            return pd.factorize(np.array([*values, ""], dtype=object))[0][:-1]

        kinds = sorted({kind for alert in alerts for kind in alert.kinds})
        self.kinds = np.array([[kind in a.kinds for kind in kinds] for a in alerts], bool)
        self.rule = numbers(a.rule for a in alerts)
        self.has_habit = np.array([bool(a.habit) for a in alerts])
        self.habit = numbers(a.habit for a in alerts)
        self.began, self.began_last, self.opened, self.closed = (
            np.array([getattr(a, name).toordinal() for a in alerts])
            for name in ("began", "began_last", "opened", "closed")
        )

    def of(self, n: int) -> NDArray[np.bool_]:
        """A flag for each alert."""
        alike = (self.rule == self.rule[n]) | self.kinds[:, self.kinds[n]].any(axis=1)
        last = min(self.closed[n], dt.date.max.toordinal() - AFTER.days) + BEFORE.days
        timely = (self.began_last >= self.began[n] - BEFORE.days) & (self.began <= last)
        timely &= (self.opened <= last) & (self.closed >= self.opened[n] - BEFORE.days)
        return alike & (timely | (self.has_habit & (self.habit == self.habit[n])))


def _date(value: Any) -> dt.date | None:
    return None if value is None or pd.isna(value) else pd.Timestamp(value).date()
