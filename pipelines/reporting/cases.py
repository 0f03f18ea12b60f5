"""Cases: the open warnings of one cause, and the numbers that the whole page repeats.

Add here: how alerts stand together in a case, and what is counted over cases.
Keep out: which alert is whose symptom and what money a case adds (`pipelines/alerting/cases.py`,
which writes `fct_cases`), wording and layout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pipelines.reporting.alert_records import Alert
from pipelines.reporting.marts import Marts
from pipelines.reporting.records import level_rank


@dataclass(frozen=True)
class Case:
    """One open case: the alert that speaks for it, and the other open ones.

    `lead` is the root, or the gravest open alert where the root has ended. `counted` is the part of
    the money at risk that no other open case holds (`fct_cases.amount_counted`); None: not known.
    """

    case_id: str
    lead: Alert
    symptoms: tuple[Alert, ...] = ()
    counted: float | None = None

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All its open alerts, the lead first."""
        return (self.lead, *self.symptoms)

    @property
    def level(self) -> str:
        """The highest level of its open alerts."""
        return min((alert.level for alert in self.alerts), key=level_rank)

    @property
    def is_answered(self) -> bool:
        """Whether anybody has answered one of its open alerts."""
        return any(alert.last_action for alert in self.alerts)


@dataclass(frozen=True)
class Counts:
    """The numbers of a page: open cases by level, open alerts, money counted once (None: no case
    states any).
    """

    cases: int
    danger: int
    warning: int
    alerts: int
    money: float | None


def counted(cases: Iterable[Case]) -> Counts:
    """Header, list, agenda, workbook and terminal all take their numbers from here."""
    found = list(cases)
    known = [case.counted for case in found if case.counted is not None]
    return Counts(
        cases=len(found),
        danger=sum(case.level == "danger" for case in found),
        warning=sum(case.level == "warning" for case in found),
        alerts=sum(len(case.alerts) for case in found),
        money=sum(known) if known else None,
    )


def cases_of(
    marts: Marts, alerts: Iterable[Alert], urgency: Callable[[Alert], Any]
) -> tuple[Case, ...]:
    """The open alerts by case, by level, then by `urgency` of the alert that leads.

    An alert without a case (reported by hand, or from marts before there were cases) stands alone;
    its money is in no sum, since nobody knows what of it another case holds.
    """
    amounts = {
        row["case_id"]: row["amount_counted"]
        for row in marts.rows("fct_cases", "case_id amount_counted")
    }
    members: dict[str, list[Alert]] = {}
    for alert in alerts:
        members.setdefault(alert.case_id or f"alert {alert.alert_id}", []).append(alert)
    cases = []
    for case_id, found in members.items():
        lead, *symptoms = sorted(found, key=lambda alert: (alert.role != "root", urgency(alert)))
        cases.append(Case(case_id, lead, tuple(symptoms), amounts.get(case_id)))
    return tuple(sorted(cases, key=lambda case: (level_rank(case.level), urgency(case.lead)[1:])))
