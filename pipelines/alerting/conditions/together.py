"""Several rules on one scope: all of them at once, or any of them.

Add here: another way in which rules of one scope make one level. Keep out: how a partner's level comes
about (its own condition), and bringing histories to one grid of days (`rules/compound.py`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from pipelines.alerting.conditions.base import Condition, Context, Flags, Judge, Row
from pipelines.alerting.series.panel import Panel


class _Together(Condition):
    """`of`: names of rules of this file; their level in the same scope on the same day counts,
    whatever their `mode` (but for off).
    """

    of: tuple[str, ...] = Field(min_length=2)

    def prepare(self, panel: Panel, context: Context) -> Judge:
        return _TogetherJudge(self, panel, context)


class AllOf(_Together):
    """警戒 while every rule of `of` stands at 警戒 or worse, 危险 while every one is 危险."""

    type: Literal["all"] = "all"


class AnyOf(_Together):
    """警戒 while one rule of `of` stands at 警戒, 危险 while one is 危险."""

    type: Literal["any"] = "any"


class _TogetherJudge(Judge):
    def __init__(self, condition: _Together, panel: Panel, context: Context) -> None:
        self.value = panel.field("value")
        self.known: Flags
        nothing = np.zeros(panel.shape, np.int8), np.zeros(panel.shape, bool)
        parts = [context.parts.get(name, nothing) for name in condition.of]
        levels = np.stack([level for level, _ in parts])
        known: Flags = np.stack([seen for _, seen in parts])
        if isinstance(condition, AllOf):
            # One that is normal settles it; one that is not known leaves it open.
            self.known = known.all(axis=0) | (known & (levels == 0)).any(axis=0)
            self.level = np.where(known, levels, 0).min(axis=0)
        else:
            self.known = known.max(axis=0)
            self.level = np.where(known, levels, 0).max(axis=0)

    def at(self, t: int, clean: Flags) -> Row:
        level = np.where(self.known[t], self.level[t], 0).astype(np.int8)
        nothing = np.full(len(level), np.nan)
        return Row(
            raw=level,
            held=level,
            known=self.known[t],
            value=self.value[t],
            expected=nothing,
            warning_limit=nothing,
            danger_limit=nothing,
            sample=nothing,
            probability=nothing,
            early=np.zeros(len(level), bool),
        )
