"""What the dbt project says about its metrics: name, unit, which side hurts, what it is made from.

Add here: how something that a metric's own yml says is read by Python. Keep out: what a metric means
and is called (`dbt_project/models/intermediate/metrics/int_metric__<name>.yml`), and limits
(`alert_rules.yml`).
"""

from pipelines.metrics.definitions import (
    Direction,
    Kind,
    Label,
    Metric,
    MetricDefinitions,
    definitions,
)

__all__ = ["Direction", "Kind", "Label", "Metric", "MetricDefinitions", "definitions"]
