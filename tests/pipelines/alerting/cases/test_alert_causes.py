"""Which alerts are one cause: a fall of the whole company, its parts, and a part with trouble of its own.

Add here: another law of the search for roots. Keep out: its short cuts (`test_alert_cost.py`).
"""

import datetime as dt

import pandas as pd
from alerting_frames import rule, scopes

from pipelines.alerting.cases.causes import joined_to_cases
from pipelines.alerting.series.scope_tree import ScopeTree

RULES = [
    rule("win_rate", {"type": "limit", "warning": 0.2, "danger": 0.1}, detects=["win_rate_fall"])
]
MARCH, APRIL, JULY, NOVEMBER = (dt.date(2024, m, 3) for m in (3, 4, 7, 11))


def alert(
    ident: str,
    scope: tuple[str, str],
    evidence: float,
    since: dt.date,
    opened: dt.date,
    closed: dt.date,
    began_last: dt.date | None = None,
) -> dict[str, object]:
    return {
        "alert_id": ident, "rule": RULES[0].name, "metric": "win_rate", "scope_type": scope[0],
        "scope_id": scope[1], "evidence": evidence, "since": since, "opened_on": opened,
        "closed_on": closed, "onset_last": began_last, "peak_level": "danger", "period_start": None,
    }  # fmt: skip


def roots(*alerts: dict[str, object]) -> dict[str, str]:
    found = joined_to_cases(pd.DataFrame(alerts), RULES, ScopeTree(scopes()))
    return dict(zip(found["alert_id"], found["parent_alert_id"].fillna(""), strict=True))


COMPANY, TEAM = ("company", "company"), ("team", "T1")
FIRST = alert("first", COMPANY, 120.0, MARCH, APRIL, dt.date(2024, 7, 7))
AGAIN = alert("again", COMPANY, 190.0, MARCH, JULY, dt.date(2024, 9, 29))
THIRD = alert("third", COMPANY, 240.0, MARCH, NOVEMBER, dt.date(2024, 12, 29))
MAY = dt.date(2024, 5, 5)


def test_parts_of_a_companys_fall_stay_with_it_when_it_falls_again() -> None:
    # Long closed when the company's strongest alerts opened; the company's first one explains it.
    part = alert("part", TEAM, 20.0, MARCH, APRIL, MAY)
    long = alert("long", TEAM, 20.0, MARCH, APRIL, dt.date(2024, 12, 1))
    assert roots(FIRST, AGAIN, THIRD, part, long) == {
        "first": "again", "again": "", "third": "", "part": "again", "long": "again",
    }  # fmt: skip


def test_a_part_joins_its_company_unless_it_surely_began_before_or_has_more_evidence() -> None:
    early = dt.date(2024, 1, 7)
    vague = alert("vague", TEAM, 20.0, early, APRIL, MAY, MARCH)
    before = alert("before", TEAM, 20.0, early, APRIL, MAY, dt.date(2024, 1, 28))
    worse = alert("worse", TEAM, 130.0, MARCH, APRIL, MAY)
    assert roots(FIRST, vague) == {"first": "", "vague": "first"}
    assert roots(FIRST, before) == {"first": "", "before": ""}
    # The company's is then the consequence.
    assert roots(FIRST, worse) == {"first": "worse", "worse": ""}
    # And so it stays where the company falls again with more evidence, long after.
    later = alert("later", COMPANY, 190.0, JULY, JULY, dt.date(2024, 9, 29))
    assert roots(FIRST, worse, later)["worse"] == ""
