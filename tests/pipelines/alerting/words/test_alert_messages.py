import datetime as dt
import json
import math

import numpy as np
import pandas as pd
import pytest
from alerting_frames import (
    completion,
    last_day,
    no_completion,
    no_metrics,
    rule,
    scopes,
    share,
    weekly,
)

from pipelines.alerting.cases.drivers import Parts, additive_drivers, share_drivers
from pipelines.alerting.cases.severity import amount_at_risk, urgency
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.series.catalogue import METRICS, untrusted_metrics
from pipelines.alerting.series.feeds import feed_metrics
from pipelines.alerting.series.panel import metric_panel
from pipelines.alerting.series.scope_tree import ScopeTree
from pipelines.alerting.words.wording import Amount, Written

TARGET = rule(
    "target_attainment",
    {"type": "probability", "warning": 0.5, "danger": 0.8, "calibrate": False},
    title={"zh": "本季度目标可能完不成", "en": "the quarter's target may be missed"},
    advice={"zh": "与负责人核对剩余商机", "en": "review the remaining opportunities"},
    money={"by": "gap"},
)


def test_target_sentence_says_all_a_director_needs() -> None:
    rows = completion([0.03, 0.08, 0.12], probability=[0.4, 0.85, 0.83], target=10_000_000.0)
    found = evaluate(
        no_metrics(), rows, [TARGET], scopes(), as_of=dt.date(2024, 1, 21), currency="CNY"
    ).episodes.iloc[0]
    assert found["message"] == found["message_zh"]
    assert found["message_zh"] == (
        "【危险】华东1组：本季度目标可能完不成。本季度已完成目标的 12%，按进度应为 23%，"
        "完不成九成的可能性约 83%，还剩 70 天，每个工作日需 17.6 万元。自1月14日起。"
        "预计缺口 480.0 万元。建议：与负责人核对剩余商机。"
    )
    assert found["message_en"] == (
        "Danger: 华东1组: the quarter's target may be missed. 12% of this quarter's target "
        "reached, 23% expected by now, chance of ending below 90%: about 83%, 70 days left, CNY 176k "
        "needed per workday. Since 14 Jan. Projected gap CNY 4.80M. "
        "Next: review the remaining opportunities."
    )


@pytest.mark.parametrize(
    ("rows", "condition", "zh", "en"),
    [
        (
            share("late_order_share", [25], [100]),
            {"type": "limit", "warning": 0.1, "danger": 0.2},
            "延迟订单占比为 25%，界限 20%。1月7日首次出现",
            "Late order share is 25%, limit 20%. First seen on 7 Jan",
        ),
        (
            share("win_rate", [15] * 30 + [3] * 4, [30] * 34),
            {"type": "rate_shift", "shift": 0.5, "warning": 4, "danger": 6},
            "赢单率降到 10%（平时 50%），120 个样本，确有变化的可能性超过 95%",
            "Win rate fell to 10% (usually 50%) on 120 cases, a real change: over 95%",
        ),
        (
            weekly("orders", [100] * 30 + [100, 60]),
            {"type": "change", "against": "previous", "warning": -0.2, "danger": -0.3},
            "订单数 60，上期 100，界限 70",
            "Orders: 60, previous period 100, limit 70",
        ),
        (
            weekly("new_accounts", [10, 12] * 10 + [3, 3]),
            {"type": "consecutive", "periods": 2, "sigma": 0},
            "连续 2 周，最近一期新增客户数 3，平时 11",
            "New accounts: 3 after 2 weeks running, usually 11",
        ),
        (
            weekly("new_accounts", [8] * 30 + [0] * 4),
            {"type": "poisson", "window": 4},
            "最近 4 周新增客户数 0，平时 32",
            "New accounts: 0 over 4 weeks, usually 32",
        ),
    ],
)
def test_sentence_of_each_kind(rows: pd.DataFrame, condition: dict, zh: str, en: str) -> None:
    metric = rows["metric"].iloc[0]
    found = evaluate(
        rows, no_completion(), [rule(metric, condition)], scopes(), as_of=last_day(rows)
    ).episodes
    last = found.iloc[-1]
    assert zh in last["message_zh"]
    assert en in last["message_en"]
    assert last["message_zh"].endswith("建议：请处理。")
    assert "nan" not in last["message_zh"] + last["message_en"]


def test_company_language_chooses_the_message() -> None:
    rows = share("late_order_share", [25], [100], scope=("company", "company"))
    of = rule("late_order_share", {"type": "limit", "warning": 0.1, "danger": 0.2})
    found = evaluate(
        rows, no_completion(), [of], scopes(), as_of=last_day(rows), language="en"
    ).episodes.iloc[0]
    assert found["message"] == found["message_en"]
    assert "The whole company" in found["message_en"]
    assert "全公司" in found["message_zh"]


def test_stage_is_named() -> None:
    rows = share("stage_conversion", [1], [100], dimension="方案报价")
    of = rule(
        "stage_conversion", {"type": "limit", "warning": 0.5, "danger": 0.1}, dimension="each"
    )
    found = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).episodes.iloc[0]
    assert "华东1组「方案报价」" in found["message_zh"]
    assert found["dimension"] == "方案报价"


@pytest.mark.parametrize(
    ("kind", "value", "zh"),
    [
        ("share", 0.614, "61%"),
        ("share", 0.034, "3.4%"),
        ("money", 1_234_567, "123.5 万元"),
        ("money", 250_000_000, "2.50 亿元"),
        ("money", 900, "900 元"),
        ("days", 12.25, "12.2 天"),
        ("count", 3.4, "3.4"),
        ("count", 1200, "1,200"),
        ("money", math.nan, "—"),
    ],
)
def test_written(kind: str, value: float, zh: str) -> None:
    assert Written(kind, value, "CNY").into("zh") == zh  # type: ignore[arg-type]


def test_money_in_english_names_the_currency() -> None:
    # As the report and the notices write it.
    assert Amount(1_234_567, "EUR").into("en") == "EUR 1.23M"
    assert Amount(12_345, "USD").into("zh") == "1.2 万USD"


def test_drivers_of_a_count_add_up_to_the_whole() -> None:
    rows = pd.concat(
        [
            weekly("orders", [10] * 30 + [2] * 4, scope=("team", "T1")),
            weekly("orders", [10] * 30 + [8] * 4, scope=("team", "T2")),
            weekly("orders", [20] * 30 + [10] * 4, scope=("region", "华东")),
        ]
    )
    panel = metric_panel(rows, as_of=last_day(rows))
    assert panel is not None
    found = additive_drivers(
        Parts(panel, ScopeTree(scopes())), ("region", "华东"), "", slice(30, 34)
    )
    assert [(d.ident, round(d.share, 3)) for d in found] == [("T1", 0.8), ("T2", 0.2)]
    assert (found[0].value, found[0].expected, found[0].effect) == (2, 10, "volume")


def test_drivers_of_a_share_split_rate_and_mix() -> None:
    rows = pd.concat(
        [
            # T1 wins less than before; T2 as ever, but it has become the larger part.
            share("win_rate", [30] * 30 + [10] * 4, [50] * 30 + [20] * 4, scope=("team", "T1")),
            share("win_rate", [10] * 30 + [16] * 4, [50] * 30 + [80] * 4, scope=("team", "T2")),
        ]
    )
    panel = metric_panel(rows, as_of=last_day(rows))
    assert panel is not None
    found = share_drivers(Parts(panel, ScopeTree(scopes())), ("region", "华东"), "", slice(30, 34))
    # R falls from 0.40 to 0.26: T1 rate .2(.5-.6) = -.02, mix (.2-.5)(.6-.4) = -.06;
    # T2 mix (.8-.5)(.2-.4) = -.06.
    assert [(d.ident, d.effect) for d in found] == [("T1", "mix"), ("T2", "mix")]
    assert found[0].share == pytest.approx(0.08 / 0.14)
    assert sum(d.share for d in found) == pytest.approx(1)


def test_drivers_stand_in_the_alert_as_json() -> None:
    rows = pd.concat(
        [
            share("late_order_share", [5] * 30 + [30] * 2, [50] * 32, scope=("team", "T1")),
            share("late_order_share", [5] * 30 + [5] * 2, [50] * 32, scope=("team", "T2")),
            share("late_order_share", [10] * 30 + [35] * 2, [100] * 32, scope=("region", "华东")),
        ]
    )
    of = rule("late_order_share", {"type": "limit", "warning": 0.2, "danger": 0.5})
    found = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).episodes
    region = found[found["scope_id"] == "华东"].iloc[0]
    drivers = json.loads(region["drivers"])
    assert drivers[0]["id"] == "T1"
    assert drivers[0]["effect"] == "rate"
    assert drivers[0]["share"] == pytest.approx(1.0)
    assert "主要来自华东1组（100%）" in region["message_zh"]


def test_amount_at_risk() -> None:
    fall = rule("orders", {"type": "poisson"}, money={"weeks": 10})
    common = {"gap": math.nan, "usual_weekly": 1000.0}
    assert amount_at_risk(fall, value=6, expected=10, **common) == pytest.approx(4000)
    assert amount_at_risk(fall, value=12, expected=10, **common) == 0
    late = rule("late_order_share", {"type": "p_chart"}, money={"weeks": 10})
    assert amount_at_risk(late, value=0.3, expected=0.1, **common) == pytest.approx(2000)
    # A count of customers that is judged as a share of them: the extra share is what is touched.
    silent = rule("silent_accounts", {"type": "p_chart", "window": 2}, money={"weeks": 10})
    assert amount_at_risk(silent, value=0.3, expected=0.2, **common) == pytest.approx(1000)
    assert math.isnan(amount_at_risk(fall, value=math.nan, expected=10, **common))
    assert amount_at_risk(TARGET, value=0.5, expected=1, gap=70.0, usual_weekly=1.0) == 70
    assert urgency(100, 0.9, "warning") > urgency(100, 0.5, "danger")


def test_money_uses_the_scope_s_own_revenue_of_the_time_before() -> None:
    rows = pd.concat(
        [
            weekly("revenue", [1000.0] * 30 + [0.0] * 2),
            weekly("orders", [10] * 30 + [1] * 2),
        ]
    )
    of = rule("orders", {"type": "poisson", "window": 2}, money={"weeks": 4})
    found = evaluate(rows, no_completion(), [of], scopes(), as_of=last_day(rows)).episodes.iloc[0]
    # 18 of 20 orders missing; the last 26 weeks brought 24 × 1000 in 26 weeks.
    assert found["amount_at_risk"] == pytest.approx(0.9 * 24_000 / 26 * 4, rel=0.05)


def test_owner_of_the_scope_or_above() -> None:
    rows = weekly("activities", [0.0], scope=("rep", "R11"))
    condition = {"type": "limit", "warning": 5, "danger": 1}
    for owner, person in (("scope", "R11"), ("parent", "M1"), ("data", "")):
        of = rule("activities", condition, scopes=["rep"], owner=owner)
        found = evaluate(rows, no_completion(), [of], scopes(2, 1), as_of=last_day(rows))
        assert found.episodes["owner_id"].tolist() == [person]


def test_feeds_become_metrics() -> None:
    freshness = pd.DataFrame(
        [
            {
                "source": "crm",
                "entity": "orders",
                "last_loaded_at": pd.Timestamp("2026-10-29 00:00", tz="UTC"),
                "rows": 80,
                "rows_previous": 100,
            },
            {
                "source": "crm",
                "entity": "leads",
                "last_loaded_at": pd.NaT,
                "rows": 0,
                "rows_previous": 0,
            },
        ]
    )
    rows = feed_metrics(freshness, as_of=dt.date(2026, 10, 30))
    assert dict(zip(rows["metric"], rows["value"], strict=True)) == {
        "feed_age_ratio": 2.0,
        "feed_row_share": 0.8,
    }
    assert set(rows["scope_id"]) == {"crm/orders"}


def test_entities_say_which_metrics_to_distrust() -> None:
    assert {"late_order_share", "revenue", "target_attainment"} <= untrusted_metrics({"orders"})
    assert "activities" not in untrusted_metrics({"orders"})
    assert untrusted_metrics({"activities"}) >= {"activities", "stalled_share", "silent_accounts"}
    assert np.all([m.zh and m.en for m in METRICS.values()])
