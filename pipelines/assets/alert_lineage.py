"""Which marts each family of alerts is judged on and explained by, as Dagster's graph shows it.

Add here: a mart that conditions, deals or customers behind an alert are read from. Keep out: reading
them (`alerts.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dagster as dg

from pipelines.alerting.cases import accounts, deals
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.catalogue import METRICS
from pipelines.metrics import definitions

# The feeds' own ages and row counts are no mart: the loads tell them.
_FEEDS = dg.AssetKey(["config", "extracts"])


def keys_of_rules(rules: Iterable[Rule]) -> set[dg.AssetKey]:
    """What must stand before these rules can be judged and their alerts told."""
    keys: set[dg.AssetKey] = set()
    for rule in rules:
        if rule.on_targets:
            keys |= {_mart("fct_target_completion_history"), _mart("fct_target_completion")}
        elif rule.metric in definitions().metrics:
            keys.add(_mart("fct_metrics"))
        elif rule.metric in METRICS:
            keys.add(_FEEDS)
        if rule.metric in deals.CHOICES:
            keys.add(_mart("fct_opportunities"))
        if rule.metric in accounts.CHOICES:
            keys.add(_mart("fct_account_health"))
    return keys


def keys_of_table(
    name: str, rules: Sequence[Rule], families: Iterable[str], gate: dg.AssetKey
) -> set[dg.AssetKey]:
    """What a table that the evaluation writes is made of; answers come from the ledger alone."""
    if name in {"fct_alerts", "fct_cases", "fct_alert_evidence"}:
        # The gate's mart as well: nothing is judged before the audit of the marts has let it pass.
        return {dg.AssetKey(["alerts", family]) for family in families} | {gate}
    if name in {"rpt_rule_records", "rpt_rule_readiness", "rpt_alert_calibration"}:
        return keys_of_rules(rules)
    if name == "wide_alerts":
        return {_mart("fct_alerts"), _mart("dim_metric"), _mart("dim_rep_current")}
    return set()


def _mart(name: str) -> dg.AssetKey:
    return dg.AssetKey(["marts", name])
