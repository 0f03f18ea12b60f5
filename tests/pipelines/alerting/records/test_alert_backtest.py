import datetime as dt

import numpy as np
import pandas as pd
import pytest
from alerting_frames import completion, no_metrics, rule, scopes, weekly

from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.records.backtest import (
    Span,
    by_label,
    by_rule,
    directors,
    judge,
)
from pipelines.alerting.records.comparisons import comparisons
from pipelines.alerting.records.intervals import wilson
from pipelines.alerting.records.target_units import by_target_unit
from pipelines.alerting.records.truth import period_outcomes, read_labels
from pipelines.alerting.series.scope_tree import ScopeTree

TREE = ScopeTree(scopes(4))
SPAN = Span(dt.date(2024, 1, 1), dt.date(2024, 12, 31), 2)
LATE = rule("late_order_share", {"type": "limit", "warning": 0.1, "danger": 0.2}, detects=["late"])
LABELS = read_labels(
    [
        {
            "kind": "late",
            "scope_type": "team",
            "scope_id": "T1",
            "first_day": "2024-03-01",
            "last_day": "2024-04-01",
        },
        {
            "kind": "other",
            "scope_type": "team",
            "scope_id": "T2",
            "first_day": "2024-03-01",
            "last_day": "2024-04-01",
            "expected_rules": ["win_rate"],
        },
    ]
)
NO_OUTCOMES = pd.DataFrame(
    columns=["period_type", "scope_type", "scope_id", "period_start", "period_end", "missed"]
)


def episode(
    scope: tuple[str, str], on: dt.date, danger: dt.date | None = None
) -> dict[str, object]:
    return {
        "alert_id": f"{scope}{on}",
        "rule": LATE.name,
        "scope_type": scope[0],
        "scope_id": scope[1],
        "period_start": on,
        "opened_on": on,
        "danger_on": danger,
    }


def test_wilson_by_hand() -> None:
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.490, abs=1e-3), pytest.approx(0.943, abs=1e-3))
    assert wilson(0, 5)[0] == 0
    assert np.isnan(wilson(0, 0)[0])


@pytest.mark.parametrize(
    ("scope", "on", "hit"),
    [
        (("team", "T1"), dt.date(2024, 3, 10), True),
        (("region", "华东"), dt.date(2024, 3, 10), True),  # above the label's scope
        (("team", "T3"), dt.date(2024, 3, 10), False),  # beside it
        (("team", "T1"), dt.date(2024, 2, 28), False),  # before it
        (("team", "T1"), dt.date(2024, 4, 29), True),  # within the grace
        (("team", "T1"), dt.date(2024, 4, 30), False),
        (("team", "T2"), dt.date(2024, 3, 10), False),  # another kind of risk
    ],
)
def test_a_label_explains_in_time_in_line_and_in_kind(
    scope: tuple[str, str], on: dt.date, hit: bool
) -> None:
    judged = judge(
        pd.DataFrame([episode(scope, on)]), [LATE], TREE, labels=LABELS, outcomes=NO_OUTCOMES
    )
    assert judged["hit"].tolist() == [hit]


@pytest.mark.parametrize(
    ("named", "hit"), [("late_order_share", True), (LATE.name, True), ("another_rule", False)]
)
def test_a_label_may_name_rules_or_metrics(named: str, hit: bool) -> None:
    entry = {
        "kind": "strange",
        "scope_type": "team",
        "scope_id": "T1",
        "first_day": "2024-03-01",
        "last_day": "2024-04-01",
        "expected_rules": [named],
    }
    judged = judge(
        pd.DataFrame([episode(("team", "T1"), dt.date(2024, 3, 10))]),
        [LATE],
        TREE,
        labels=read_labels([entry]),
        outcomes=NO_OUTCOMES,
    )
    assert judged["hit"].tolist() == [hit]


def test_figures_per_rule() -> None:
    rows = [
        episode(("team", "T1"), dt.date(2024, 3, 11), dt.date(2024, 3, 18)),
        episode(("team", "T3"), dt.date(2024, 5, 5)),
        episode(("rep", "R1"), dt.date(2024, 5, 5)),
        episode(("team", "T3"), dt.date(2023, 5, 5)),  # before the span
    ]
    judged = judge(pd.DataFrame(rows), [LATE], TREE, labels=LABELS, outcomes=NO_OUTCOMES)
    table = by_rule(judged, SPAN).set_index(["rule", "level"])
    own = table.loc[(LATE.name, "warning")]
    assert (own["judged"], own["hits"], own["median_delay_days"]) == (3, 1, 10)
    assert own["precision"] == pytest.approx(1 / 3)
    assert own["false_per_director_month"] == pytest.approx(2 / (2 * 366 / 30.44))
    # `all` leaves single reps out.
    assert table.loc[("all", "warning"), "judged"] == 2
    danger = table.loc[(LATE.name, "danger")]
    assert (danger["judged"], danger["precision"], danger["median_delay_days"]) == (1, 1, 17)


def test_labels_found_and_missed() -> None:
    judged = judge(
        pd.DataFrame([episode(("team", "T1"), dt.date(2024, 3, 11))]),
        [LATE],
        TREE,
        labels=LABELS,
        outcomes=NO_OUTCOMES,
    )
    table = by_label(judged, LABELS, TREE)
    assert table["found"].tolist() == [True, False]
    assert table["delay_days"].tolist()[0] == 10


def quarters(ends: dict[str, float], p: float = 0.9) -> tuple[pd.DataFrame, pd.DataFrame]:
    """First quarter of 2024 for some teams: final attainment, and p the same every week."""
    done = np.arange(1, 14) / 13
    history = pd.concat(
        [
            completion(done * end, probability=p if end < 1.05 else 0.1, scope=("team", team))
            for team, end in ends.items()
        ]
    )
    final = pd.concat(
        [
            weekly("target_attainment", [end], scope=("team", team), grain="quarter", step=91)
            for team, end in ends.items()
        ]
    )
    return final, history


TARGET = rule(
    "target_attainment",
    {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False},
    confirm={"warning": 2, "danger": 2, "clear": 2},
)


def test_target_units_against_how_the_quarter_ended() -> None:
    final, history = quarters({"T1": 0.7, "T2": 0.85, "T3": 1.0, "T4": 1.2})
    as_of = dt.date(2024, 4, 7)
    outcomes = period_outcomes(final, history, as_of=as_of)
    assert outcomes.set_index("scope_id")["missed"].to_dict() == {
        "T1": True,
        "T2": True,
        "T3": False,
        "T4": False,
    }
    found = evaluate(final, history, [TARGET], scopes(4), as_of=as_of)
    judged = judge(found.episodes, [TARGET], TREE, labels=None, outcomes=outcomes)
    assert judged.groupby("level")["hit"].agg(list).to_dict() == {
        "warning": [True, True, False],
        "danger": [True, True, False],
    }
    units = by_target_unit(judged, outcomes, [TARGET], SPAN).iloc[0]
    assert (units["units"], units["missed"], units["fired"], units["hits"]) == (4, 2, 3, 2)
    assert units["recall"] == 1
    # Confirmed on the third Sunday, 21 January.
    assert units["median_lead_days"] == 70


def test_an_unfinished_period_is_not_judged() -> None:
    final, history = quarters({"T1": 0.7})
    as_of = dt.date(2024, 3, 10)
    outcomes = period_outcomes(final, history, as_of=as_of)
    assert outcomes.empty
    found = evaluate(final, history, [TARGET], scopes(4), as_of=as_of)
    judged = judge(found.episodes, [TARGET], TREE, labels=None, outcomes=outcomes)
    assert judged["hit"].tolist() == [None, None]
    assert by_rule(judged, SPAN)["judged"].sum() == 0


def test_simple_forecasters() -> None:
    final, history = quarters({"T1": 0.7, "T2": 0.95})
    outcomes = period_outcomes(final, history, as_of=dt.date(2024, 4, 7))
    table = comparisons(outcomes, history).set_index("forecaster")
    assert table.loc["always", ["fired", "hits", "precision"]].tolist() == [2, 1, 0.5]
    # T1 runs at 0.7 of the straight line all along, T2 at 0.95.
    assert table.loc["straight_line", ["fired", "hits"]].tolist() == [1, 1]
    assert table.loc["as_last_period", "fired"] == 0


def test_targets_of_other_metrics_do_not_mix_in() -> None:
    final, history = quarters({"T1": 0.7})
    other = final.assign(dimension="new_accounts", value=1.5)
    outcomes = period_outcomes(pd.concat([final, other]), history, as_of=dt.date(2024, 4, 7))
    assert outcomes["missed"].tolist() == [True]


def test_directors_are_owners_of_company_and_regions() -> None:
    assert directors(TREE) == 2
    assert directors(ScopeTree(scopes().assign(owner_id=None))) == 2


def test_no_metrics_no_outcomes() -> None:
    _, history = quarters({"T1": 0.7})
    outcomes = period_outcomes(no_metrics(), history, as_of=dt.date(2024, 4, 7))
    # Without the final figure the last row of the last week stands in.
    assert outcomes["missed"].tolist() == [True]
