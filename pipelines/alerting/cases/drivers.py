"""Why: which part of the scope contributes how much to the distance from the usual.

Add here: another way to split a distance. Keep out: deals and customers behind a part, which need
the marts of their own.

Additive metrics: part now − part usual, by working week (effect "volume"). Shares R = K/N: the
change is Σ w·r − Σ W·R over the parts, split exactly into rate w(r − R_i) and mix
(w − W)(R_i − R), w and W being the parts of the denominator now and before.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.alerting.series.panel import Floats, Panel
from pipelines.alerting.series.scope_tree import Scope, ScopeTree

MOST = 3
BASE_WEEKS = 26


@dataclass(frozen=True)
class Driver:
    """One part. `share` of the scope's distance; negative when it works the other way.

    For shares (`effect` rate or mix) it is the sum of `rate_share` and `mix_share`.
    """

    kind: str
    ident: str
    name: str
    effect: str
    share: float
    value: float
    expected: float
    rate_share: float = math.nan
    mix_share: float = math.nan

    def record(self) -> dict[str, object]:
        figures = {"share": self.share, "value": self.value, "expected": self.expected}
        if math.isfinite(self.rate_share):
            figures |= {"rate_share": self.rate_share, "mix_share": self.mix_share}
        return {
            "kind": self.kind,
            "id": self.ident,
            "name": self.name,
            "effect": self.effect,
            **{k: round(v, 6) if math.isfinite(v) else None for k, v in figures.items()},
        }


def as_json(drivers: Sequence[Driver]) -> str:
    """The column `drivers`: a JSON list, largest contribution first."""
    return json.dumps([driver.record() for driver in drivers], ensure_ascii=False)


class Parts:
    """Finds the series of a scope's parts in one panel: child scopes, else its dimensions."""

    def __init__(self, panel: Panel, tree: ScopeTree) -> None:
        self.panel, self.tree = panel, tree
        keys = panel.keys
        self.column = {
            (str(k), str(i), str(d)): n
            for n, (k, i, d) in enumerate(
                zip(keys["scope_type"], keys["scope_id"], keys["dimension"], strict=True)
            )
        }
        self.dimensions: dict[Scope, list[str]] = {}
        for kind, ident, dimension in self.column:
            if dimension:
                self.dimensions.setdefault((kind, ident), []).append(dimension)

    def of(self, scope: Scope, dimension: str) -> list[tuple[str, str, str, int]]:
        """(kind, id, name, column) of every part that has a series, one kind of child at most.

        The company has regions and product lines below it: the first kind that is there counts,
        so that parts add up to the whole once.
        """
        found: list[tuple[str, str, str, int]] = []
        children = [
            (c, self.column[(*c, dimension)])
            for c in self.tree.children(scope)
            if (*c, dimension) in self.column
        ]
        order = ("region", "team", "rep", "product_line")
        kinds = sorted(
            {c[0] for c, _ in children}, key=lambda k: order.index(k) if k in order else 9
        )
        if kinds:
            found = [
                (c[0], c[1], self.tree.name.get(c, c[1]), column)
                for c, column in children
                if c[0] == kinds[0]
            ]
        elif not dimension:
            found = [
                ("dimension", d, d, self.column[(*scope, d)])
                for d in self.dimensions.get(scope, [])
            ]
        return found


def additive_drivers(parts: Parts, scope: Scope, dimension: str, now: slice) -> list[Driver]:
    """Parts of a count or an amount; `now` are the rows of the episode, at most the last weeks."""
    members = parts.of(scope, dimension)
    if not members:
        return []
    value = parts.panel.field("value")
    before = slice(max(0, now.start - BASE_WEEKS), now.start)
    columns = [m[3] for m in members]
    with np.errstate(invalid="ignore"):
        current, usual = _mean(value[now][:, columns]), _mean(value[before][:, columns])
    delta = np.nan_to_num(current) - np.nan_to_num(usual)
    return _largest(members, delta, "volume", current, usual)


def share_drivers(parts: Parts, scope: Scope, dimension: str, now: slice) -> list[Driver]:
    """Parts of a share with numerator and denominator: rate and mix, the larger one named."""
    members = parts.of(scope, dimension)
    if not members:
        return []
    columns = [m[3] for m in members]
    before = slice(max(0, now.start - BASE_WEEKS), now.start)
    k, n = parts.panel.field("numerator")[:, columns], parts.panel.field("denominator")[:, columns]
    k1, n1 = np.nansum(k[now], axis=0), np.nansum(n[now], axis=0)
    k0, n0 = np.nansum(k[before], axis=0), np.nansum(n[before], axis=0)
    if n1.sum() <= 0 or n0.sum() <= 0:
        return []
    with np.errstate(divide="ignore", invalid="ignore"):
        r1, r0 = k1 / n1, k0 / n0
    whole = k0.sum() / n0.sum()
    w1, w0 = n1 / n1.sum(), n0 / n0.sum()
    r0_filled = np.where(n0 > 0, r0, whole)
    rate = w1 * (np.where(n1 > 0, r1, r0_filled) - r0_filled)
    mix = (w1 - w0) * (r0_filled - whole)
    effect = np.where(np.abs(rate) >= np.abs(mix), "rate", "mix")
    return _largest(members, rate + mix, effect, r1, r0, rate)


def target_drivers(parts: Parts, scope: Scope, row: int) -> list[Driver]:
    """Parts of a gap to the phased target on one day."""
    members = parts.of(scope, "")
    if not members:
        return []
    columns = [m[3] for m in members]
    actual = parts.panel.field("actual_amount")[row, columns]
    expected = parts.panel.field("expected_amount")[row, columns]
    return _largest(
        members, np.nan_to_num(actual) - np.nan_to_num(expected), "volume", actual, expected
    )


def _mean(rows: Floats) -> Floats:
    seen = np.isfinite(rows)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(seen, rows, 0.0).sum(axis=0) / seen.sum(axis=0)


def _largest(
    members: list[tuple[str, str, str, int]],
    delta: Floats,
    effect: str | np.ndarray,
    current: Floats,
    usual: Floats,
    rate: Floats | None = None,
) -> list[Driver]:
    """The parts that pull the same way as the whole, the largest first; `rate` is its part of `delta`."""
    whole = float(delta.sum())
    if not whole or not math.isfinite(whole):
        return []
    # Of what pulls the same way as the whole: parts that work against it would make 159 %.
    total = float(delta[delta * whole > 0].sum())
    shares = delta / total
    order = np.argsort(-shares, kind="stable")[:MOST]
    effects = np.broadcast_to(np.asarray(effect), delta.shape)
    rates = np.full(delta.shape, np.nan) if rate is None else rate / total
    return [
        Driver(
            members[i][0],
            members[i][1],
            members[i][2],
            str(effects[i]),
            float(shares[i]),
            float(current[i]),
            float(usual[i]),
            float(rates[i]),
            float(shares[i] - rates[i]),
        )
        for i in order
        if shares[i] > 0
    ]
