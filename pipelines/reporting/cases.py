"""Cases: the open warnings of one cause, and the numbers that the whole page repeats.

Add here: how alerts stand together in a case, and what is counted over cases.
Keep out: which alert is whose symptom and what money a case adds (`pipelines/alerting/cases/causes.py`,
which writes `fct_cases`), wording and layout.
"""

from __future__ import annotations

import datetime as dt
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


@dataclass(frozen=True)
class Changes:
    """What happened to cases in a span of days, each told by the alert that speaks for it: `new` (none
    of its alerts is older), `raised` to 危险 (never before in this case), and over, `recovered` or
    `closed` otherwise.
    """

    new: tuple[Alert, ...] = ()
    raised: tuple[Alert, ...] = ()
    recovered: tuple[Alert, ...] = ()
    closed: tuple[Alert, ...] = ()


def changes_of(
    episodes: Iterable[Alert], since: dt.date, until: dt.date, urgency: Callable[[Alert], Any]
) -> Changes:
    """The changes after `since` up to `until`; `episodes` are all there ever were, open or not.

    One more alert of a case that is known is no news, and a case is over with its last alert.
    """
    new, raised, recovered, closed = list[Alert](), list[Alert](), list[Alert](), list[Alert]()
    for alerts in _by_case(episodes).values():
        standing = [a for a in alerts if a.closed_on is None or a.closed_on > until]
        lead = min(standing or alerts, key=lambda a: (a.role != "root", urgency(a)))
        dangers = [a.danger_on for a in alerts if a.danger_on is not None and a.danger_on <= until]
        if not standing:
            if max(a.closed_on for a in alerts if a.closed_on is not None) > since:
                (recovered if lead.state == "recovered" else closed).append(lead)
        elif min(a.opened_on for a in alerts) > since:
            new.append(lead)
        elif dangers and min(dangers) > since:
            grave = [a for a in standing if a.level == "danger"]
            if grave:
                raised.append(lead if lead in grave else min(grave, key=urgency))
    kinds = (new, raised, recovered, closed)
    return Changes(*(tuple(sorted(alerts, key=urgency)) for alerts in kinds))


def _by_case(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    members: dict[str, list[Alert]] = {}
    for alert in alerts:
        members.setdefault(alert.case_id or f"alert {alert.alert_id}", []).append(alert)
    return members


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
    cases = []
    for case_id, found in _by_case(alerts).items():
        lead, *symptoms = sorted(found, key=lambda alert: (alert.role != "root", urgency(alert)))
        cases.append(Case(case_id, lead, tuple(symptoms), amounts.get(case_id)))
    return tuple(sorted(cases, key=lambda case: (level_rank(case.level), urgency(case.lead)[1:])))
