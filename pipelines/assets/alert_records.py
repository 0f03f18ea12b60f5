"""The record of the rules on the company's own past, as the night writes it.

Add here: another figure of quality that the night must bring together. Keep out: how it is counted
(`pipelines/alerting`), and writing tables (`alerts.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipelines.alerting.cases.habit import base_rates
from pipelines.alerting.evaluation import Evaluation
from pipelines.alerting.judging.panels import Panels
from pipelines.alerting.records.calm_past import calm_rates
from pipelines.alerting.records.false_alarms import expected_false_alarms
from pipelines.alerting.records.record import RuleRecord, judged_past, rule_records
from pipelines.alerting.records.reliability import reliability
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.assets.alert_past import Past
from pipelines.settings import Settings

# Simulated false alarms of the rules, kept from night to night in the data folder.
FALSE_ALARMS = "rule_false_alarms.json"
CALM_RATES = "rule_calm_rates.json"
SUNDAY = 6
OF_USE = {"useful": "accepted", "false": "false_alarm"}


def records_and_calibration(
    settings: Settings,
    rules: Sequence[Rule],
    past: Past,
    found: Evaluation,
    alerts: pd.DataFrame,
) -> tuple[dict[tuple[str, str], RuleRecord], pd.DataFrame]:
    """How often each rule was right so far, and each said probability; people's outcomes count."""
    # Whoever resolved an alert looked into it; else the word on whether it was of use counts.
    said = alerts["outcome"].combine_first(alerts["feedback"].map(OF_USE))
    answered = alerts.assign(outcome=said).dropna(subset=["outcome"])
    episodes = [frame for frame in (found.episodes, found.watched) if len(frame)]
    outcomes = past.rows.outcomes(past.as_of)
    judged = judged_past(
        pd.concat(episodes, ignore_index=True) if episodes else found.episodes,
        rules,
        ScopeTree(past.scopes),
        metrics=past.rows,
        as_of=past.as_of,
        answers=dict(zip(answered["alert_id"], answered["outcome"], strict=True)),
        outcomes=outcomes,
    )
    records = rule_records(
        rules,
        judged,
        as_of=past.as_of,
        expected_false=expected_false_alarms(rules, settings.data_dir / FALSE_ALARMS)
        | calm_rates(
            rules,
            lambda: Panels(past.rows, past.as_of, past.calendar),
            cache=settings.data_dir / CALM_RATES,
            # Seconds, so once a week.
            renew=past.as_of.weekday() == SUNDAY,
        ),
        base=base_rates(rules, outcomes),
    )
    return records, reliability(found.levels, found.episodes, judged, outcomes, rules)
