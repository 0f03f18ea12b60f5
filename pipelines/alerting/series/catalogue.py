"""The metrics a rule may name.

Add here: a figure of the data feeds that a rule may watch. Keep out: what a metric is called, its unit
and which side hurts (its own yml, read by `pipelines/metrics`), and limits (`alert_rules.yml`).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.language import text
from pipelines.metrics import Direction, Kind, Label, Metric, definitions

__all__ = [
    "METRICS",
    "SCOPE_TYPES",
    "Direction",
    "Kind",
    "Metric",
    "untrusted_metrics",
]


@dataclass(frozen=True)
class _FeedLabel(Label):
    """A feed has no yml: its figures are called what the catalogues say."""

    key: str = ""

    def into(self, language: str) -> str:
        return text(self.key).into(language)


def _feed(name: str, bad: Direction) -> Metric:
    return Metric(name, "ratio", bad, _FeedLabel((), f"alerts.feed.{name}"), ())


# Every metric of the dbt project, and what `feeds.py` makes of the loads themselves.
METRICS: dict[str, Metric] = {
    **definitions().metrics,
    "feed_age_ratio": _feed("feed_age_ratio", "above"),
    "feed_row_share": _feed("feed_row_share", "below"),
}

SCOPE_TYPES = ("company", "region", "team", "rep", "product_line", "source")


def untrusted_metrics(entities: set[str]) -> set[str]:
    """The metrics that depend on any of these entities, when those are stale, failed or partial."""
    return {name for name, metric in METRICS.items() if entities & set(metric.entities)}
