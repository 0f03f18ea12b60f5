"""Why an alert is there: the opportunities behind it, parts whose contributions add up, and one figure for a case."""

import datetime as dt
import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from alerting_frames import last_day, no_completion, rule, scopes, share, weekly

from pipelines.alerting.cases.behind import MOST
from pipelines.alerting.cases.case_money import with_case_money
from pipelines.alerting.cases.case_rows import case_rows
from pipelines.alerting.cases.deals import CHOICES, IDLE_WORKDAYS, with_deals
from pipelines.alerting.cases.drivers import Parts, share_drivers
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.series.catalogue import METRICS
from pipelines.alerting.series.panel import metric_panel
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.settings import DBT_PROJECT

QUARTER_END = dt.date(2026, 12, 31)


def deal(ident: str, amount: float, **values: Any) -> dict[str, Any]:
    return {
        "opportunity_id": ident,
        "opportunity_name": f"项目{ident}",
        "owner_id": "R1",
        "team_id": "T1",
        "region": "华东",
        "product_line": "P1",
        "stage": "方案报价",
        "outcome": "open",
        "amount": amount,
        "expected_close_on": dt.date(2026, 11, 20),
        "closed_on": None,
        "idle_workdays": 2,
        "push_count": 0,
        "is_stalled": False,
        "is_overdue": False,
        **values,
    }


def ids_behind(metric: str, deals: list[dict[str, Any]], **values: Any) -> list[str]:
    alert = {
        "metric": metric, "scope_type": "team", "scope_id": "T1", "dimension": "",
        "state": "open", "period_end": None, "since": dt.date(2026, 10, 4), **values,
    }  # fmt: skip
    shown = with_deals(pd.DataFrame([alert]), pd.DataFrame(deals), quarter_end=QUARTER_END)
    text = shown.loc[0, "deals"]
    return [row["id"] for row in json.loads(text)] if text else []


def test_the_largest_five_of_the_scope_with_what_a_director_asks() -> None:
    deals = [deal(f"O{i}", 100.0 * i) for i in range(1, 8)]
    deals += [deal("other", 9e9, team_id="T2"), deal("won", 9e9, outcome="won")]
    alert = {
        "metric": "target_attainment", "scope_type": "team", "scope_id": "T1", "dimension": "",
        "state": "open", "period_end": QUARTER_END, "since": dt.date(2026, 10, 4),
    }  # fmt: skip
    shown = with_deals(pd.DataFrame([alert]), pd.DataFrame(deals), quarter_end=QUARTER_END)
    rows = json.loads(shown.loc[0, "deals"])
    assert [row["id"] for row in rows] == ["O7", "O6", "O5", "O4", "O3"]
    assert len(rows) == MOST
    assert rows[0] == {
        "id": "O7", "name": "项目O7", "owner_id": "R1", "stage": "方案报价", "amount": 700.0,
        "idle_workdays": 2, "expected_close_on": "2026-11-20",
    }  # fmt: skip


def test_only_deals_due_in_the_period_count_for_a_target_overdue_ones_included() -> None:
    deals = [
        deal("late", 3.0, expected_close_on=dt.date(2026, 9, 1), is_overdue=True),
        deal("next", 9.0, expected_close_on=dt.date(2027, 2, 1)),
        deal("now", 2.0),
        deal("undated", 8.0, expected_close_on=None),
    ]
    for metric in ("target_attainment", "pipeline_coverage", "concentration"):
        assert ids_behind(metric, deals) == ["late", "now"], metric


@pytest.mark.parametrize(
    ("metric", "values", "more"),
    [
        ("slippage_share", {"push_count": 2}, {}),
        ("slippage_share", {"is_overdue": True}, {}),
        ("stalled_share", {"is_stalled": True}, {}),
        ("idle_share", {"idle_workdays": IDLE_WORKDAYS + 1}, {}),
        ("activities", {"idle_workdays": 40}, {}),
        ("overdue_close_share", {"is_overdue": True}, {}),
        ("stage_conversion", {"stage": "商务谈判"}, {"dimension": "商务谈判"}),
        ("win_rate", {"outcome": "lost", "closed_on": dt.date(2026, 10, 9)}, {}),
    ],
)
def test_each_metric_names_the_deals_that_show_it(
    metric: str, values: dict[str, Any], more: dict[str, Any]
) -> None:
    plain, showing = deal("plain", 9.0), deal("showing", 1.0, **values)
    assert ids_behind(metric, [plain, showing], **more) == ["showing"]


def test_deals_lost_before_the_fall_are_not_its_cause() -> None:
    lost = deal("long ago", 9.0, outcome="lost", closed_on=dt.date(2026, 10, 3))
    assert ids_behind("win_rate", [lost]) == []


@pytest.mark.parametrize(
    ("scope_type", "scope_id"),
    [("company", "company"), ("region", "华东"), ("rep", "R1"), ("product_line", "P1")],
)
def test_every_kind_of_scope_finds_its_own(scope_type: str, scope_id: str) -> None:
    elsewhere = deal("far", 9.0, region="华南", team_id="T9", owner_id="R9", product_line="P9")
    found = ids_behind(
        "stalled_share",
        [deal("near", 1.0, is_stalled=True), {**elsewhere, "is_stalled": True}],
        scope_type=scope_type,
        scope_id=scope_id,
    )
    assert found == (["far", "near"] if scope_type == "company" else ["near"])


def test_ended_alerts_and_data_feeds_have_no_deals() -> None:
    deals = [deal("O1", 1.0, is_stalled=True)]
    assert ids_behind("stalled_share", deals, state="recovered") == []
    assert ids_behind("stalled_share", deals, scope_type="source", scope_id="crm/orders") == []
    assert ids_behind("late_order_share", deals) == []


def test_names_and_limits_are_those_of_the_models() -> None:
    assert set(CHOICES) <= set(METRICS)
    project = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["vars"]["idle_limit_workdays"] == IDLE_WORKDAYS


def test_mix_and_rate_of_all_parts_add_up_to_the_fall_of_the_rate() -> None:
    """Two teams, one converts worse, and the worse one has grown: both effects, no rest."""
    frames = [
        share("win_rate", [50] * 10 + [30], [100] * 10 + [100], scope=("team", "T1")),
        share("win_rate", [20] * 10 + [36], [100] * 10 + [200], scope=("team", "T2")),
    ]
    panel = metric_panel(pd.concat(frames), as_of=dt.date(2025, 1, 1))
    assert panel is not None
    found = share_drivers(Parts(panel, ScopeTree(scopes())), ("region", "华东"), "", slice(10, 11))
    # Before 70/200 = 35 %, now 66/300 = 22 %: both parts pull down, so both are named.
    assert {driver.ident for driver in found} == {"T1", "T2"}
    assert sum(driver.share for driver in found) == pytest.approx(1.0)
    for driver in found:
        assert driver.rate_share + driver.mix_share == pytest.approx(driver.share)
    by_team = {driver.ident: driver for driver in found}
    total = 66 / 300 - 70 / 200
    assert by_team["T1"].rate_share == pytest.approx(100 / 300 * (0.30 - 0.50) / total)
    assert by_team["T2"].mix_share == pytest.approx((200 / 300 - 0.5) * (0.20 - 0.35) / total)
    assert json.loads(json.dumps(by_team["T1"].record()))["mix_share"] is not None


def test_an_open_alert_on_a_team_names_its_reps_though_the_rule_watches_teams_only() -> None:
    rng = np.random.default_rng(5)
    steady = rng.poisson(50, 40).astype(float)
    fallen = np.r_[steady[:36], [2.0] * 4]
    rows = pd.concat(
        [
            weekly("activities", steady + fallen, scope=("team", "T1")),
            weekly("activities", steady, scope=("rep", "R11")),
            weekly("activities", fallen, scope=("rep", "R12")),
        ]
    )
    of = rule("activities", {"type": "limit", "warning": 70, "danger": 10}, scopes=["team"])
    last = pd.Timestamp(rows["period_end"].max()).date()
    found = evaluate(rows, no_completion(), [of], scopes(2, reps=2), as_of=last).episodes
    assert found["state"].tolist() == ["open"]
    drivers = json.loads(found["drivers"].iloc[0])
    assert [driver["id"] for driver in drivers] == ["R12"]
    assert drivers[0]["share"] == pytest.approx(1.0, abs=0.1)
    assert "主要来自销售12" in found["message_zh"].iloc[0]


def test_a_case_s_root_bears_what_its_gravest_symptom_states() -> None:
    """Follow-up fell by a third and new deals by two thirds: one cause, one figure, wherever it is read."""
    pipe = rule("opportunities_created", {"type": "poisson"},
                title={"zh": "新增商机减少", "en": "fewer opportunities are created"})  # fmt: skip
    work = rule("activities", {"type": "poisson"},
                title={"zh": "跟进次数减少", "en": "follow-up has dropped"})  # fmt: skip
    of = {"activities": [30] * 30 + [20] * 2, "opportunities_created": [15] * 30 + [5] * 2}
    rows = pd.concat(
        [
            weekly("revenue", [1000.0] * 32),
            weekly("revenue", [3000.0] * 32, scope=("region", "华东")),
            *(weekly(metric, values) for metric, values in of.items()),
            weekly("opportunities_created", [30] * 30 + [10] * 2, scope=("region", "华东")),
        ]
    )
    found = evaluate(
        rows, no_completion(), [work, pipe], scopes(), as_of=last_day(rows), currency="CNY"
    ).episodes
    root = ("activities", "team")
    key = list(zip(found["metric"], found["scope_type"], strict=True))
    found = found.assign(
        case_id="C1",
        role=["root" if one == root else "symptom" for one in key],
    )
    tree = ScopeTree(scopes())
    told = with_case_money(found, [work, pipe], tree, "CNY").set_index(["metric", "scope_type"])
    most = told.loc[("opportunities_created", "team"), "amount_at_risk"]
    assert most == pytest.approx(1000 * 13 * 2 / 3)
    assert told.loc[root, "amount_at_risk"] == most
    assert "涉及金额约 8,667 元，按“新增商机减少”计。建议：" in told.loc[root, "message_zh"]
    assert told.loc[root, "message"] == told.loc[root, "message_zh"]
    assert "is at risk, as measured by “fewer opportunities" in told.loc[root, "message_en"]
    assert told.loc[root, "message_en"].count("at risk") == 1
    # The region fell for other reasons too: the cause cannot cost it more than the team.
    above = told.loc[("opportunities_created", "region")]
    assert math.isnan(above["amount_at_risk"])
    assert "at risk" not in above["message_en"]
    case = case_rows(told.reset_index(), tree).iloc[0]
    assert (case["amount_at_risk"], case["amount_counted"]) == (most, most)
    assert case["message_en"] == told.loc[root, "message_en"]
    # When the root is over, what still stands speaks for the case.
    over = told.reset_index()
    over.loc[over["role"] == "root", ["state", "closed_on"]] = [
        "recovered",
        over["opened_on"].max(),
    ]
    assert case_rows(over, tree).iloc[0]["title_en"] == "fewer opportunities are created"
    assert case_rows(over, tree).iloc[0]["amount_at_risk"] == most
    # A region of one team states the same money: the root's own scope is named, that is, none.
    bare = found.assign(amount_at_risk=found["amount_at_risk"].where(found["role"] != "root"))
    bare.loc[bare["scope_type"] == "region", "amount_at_risk"] = most
    again = with_case_money(bare, [work, pipe], tree, "CNY").set_index(["metric", "scope_type"])
    assert "按“新增商机减少”计" in again.loc[root, "message_zh"]
    assert again.loc[("opportunities_created", "region"), "amount_at_risk"] == most
