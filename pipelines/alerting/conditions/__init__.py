"""One module per family of conditions; `AnyCondition` is what a rule's `condition` may be.

Add here: a kind of condition: a model with `prepare`, in the module of its family, and its name in the union below. Keep out:
keys that every rule has (`rules/rule.py`), and when a level opens or ends (`judging/states.py`).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipelines.alerting.conditions.charts import Cusum, Ewma
from pipelines.alerting.conditions.count_filter import CountFilter
from pipelines.alerting.conditions.counts import PChart, Poisson
from pipelines.alerting.conditions.evidence import CountShift, RateShift
from pipelines.alerting.conditions.limits import AgainstPast, Change, Limit
from pipelines.alerting.conditions.persons import Collapse, NoTrace
from pipelines.alerting.conditions.pooled import Pooled
from pipelines.alerting.conditions.rate_filter import RateFilter
from pipelines.alerting.conditions.rates import RateFall
from pipelines.alerting.conditions.runs import Consecutive, Trend
from pipelines.alerting.conditions.target import Burn, Pace, Probability
from pipelines.alerting.conditions.together import AllOf, AnyOf

AnyCondition = Annotated[
    Limit
    | Change
    | AgainstPast
    | Consecutive
    | Trend
    | Ewma
    | Cusum
    | PChart
    | Poisson
    | RateFall
    | RateShift
    | CountShift
    | CountFilter
    | RateFilter
    | Collapse
    | NoTrace
    | Probability
    | Pace
    | Burn
    | AllOf
    | AnyOf
    | Pooled,
    Field(discriminator="type"),
]

ON_TARGETS = (Probability, Pace, Burn)
"""Conditions judged on `fct_target_completion_history`; all others on `fct_metrics`."""

ON_PARTS = (PChart, RateFall, RateShift, RateFilter)
"""Conditions that need numerator and denominator."""

ON_PERSONS = (Collapse, NoTrace)
"""Questions about one person, asked of the manager; never danger."""

TOGETHER = (AllOf, AnyOf)
"""Conditions made of the levels of other rules on the same scope."""

FILTERS = (CountFilter, RateFilter)
"""Conditions that say how likely it is that a figure is off now."""

__all__ = [
    "FILTERS",
    "ON_PARTS",
    "ON_PERSONS",
    "ON_TARGETS",
    "TOGETHER",
    "AgainstPast",
    "AllOf",
    "AnyCondition",
    "AnyOf",
    "Burn",
    "Collapse",
    "Change",
    "Consecutive",
    "CountFilter",
    "CountShift",
    "Cusum",
    "Ewma",
    "Limit",
    "NoTrace",
    "PChart",
    "Pace",
    "Poisson",
    "Pooled",
    "Probability",
    "RateFall",
    "RateFilter",
    "RateShift",
    "Trend",
]
