"""What of tonight's rules decides which alerts of the ledger still stand.

Add here: another state of a rule that keeps its alerts, or ends them. Keep out: what then becomes of them
(`pipelines/ledger/leftovers.py`).
"""

from collections.abc import Sequence

from pipelines.alerting.evaluation import Evaluation
from pipelines.alerting.rules.rule import Rule
from pipelines.configuration.problems import Problem
from pipelines.ledger.leftovers import RulesTonight


def names_of(refused: Sequence[Problem]) -> set[str]:
    """The rules that the problems of a rule file are about."""
    return {str(problem.key).rpartition("rule ")[2].partition(",")[0] for problem in refused}


def rules_tonight(
    rules: Sequence[Rule], refused: Sequence[Problem], found: Evaluation
) -> RulesTonight:
    """The rules that tell, those that cannot be used, and those without a figure."""
    return RulesTonight(
        versions={rule.name: rule.judged_as for rule in rules if rule.mode == "alert"},
        refused=names_of(refused),
        unfed={one.rule.name for one in found.readiness if one.state in ("no_data", "no_target")},
        titles={rule.name: {"zh": rule.title.zh, "en": rule.title.en} for rule in rules},
        renamed={rule.known_as: rule.name for rule in rules if rule.renamed_from},
    )
