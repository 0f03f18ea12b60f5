"""A small company with something to say in every part of the report; all rows are made up."""

from __future__ import annotations

import datetime as dt
import json

from report_marts import (
    AS_OF,
    OCTOBER,
    QUARTER,
    YEAR,
    MartsBuilder,
    alert,
    completion,
    metric,
    month_of,
    rule_record,
)


def fill_all(marts: MartsBuilder) -> None:
    """Every part."""
    fill_people(marts)
    fill_progress(marts)
    fill_selling(marts)
    fill_alerts(marts)
    fill_customers(marts)
    fill_trust(marts)


TEAMS = {
    "T1": ("华东一队", "华东"),
    "T2": ("华东二队", "华东"),
    "T3": ("华南一队", "华南"),
    "T4": ("华北一队", "华北"),
}
REPS = {
    "U1": ("王芳", "T1"),
    "U2": ("李强", "T2"),
    "U3": ("张敏", "T3"),
    "U4": ("刘洋", "T4"),
    "U5": ("陈静", "T2"),
    "U6": ("赵磊", "T3"),
}


def fill_people(marts: MartsBuilder) -> None:
    for rep_id, (name, team) in REPS.items():
        marts.add(
            "dim_rep",
            {
                "rep_id": rep_id,
                "rep_name": name,
                "team_id": team,
                "region": TEAMS[team][1],
                "valid_from": dt.date(2024, 5, 1),
                "is_current": True,
            },
        )
    # 李强 came to T2 in July; the earlier stay must not decide his team.
    marts.add(
        "dim_rep",
        {
            "rep_id": "U2",
            "rep_name": "李强",
            "team_id": "T1",
            "region": "华东",
            "valid_from": dt.date(2023, 1, 1),
            "valid_to": dt.date(2024, 4, 30),
            "is_current": False,
        },
    )


def fill_progress(marts: MartsBuilder) -> None:
    month, year = ("month", OCTOBER), ("year", YEAR)
    marts.add(
        "fct_target_completion",
        # 27 % attained of 21 of 63 workdays, 31 % due, 92 % projected, 46 % chance of a miss.
        completion("company", "company", 42_000_000, 11_340_000, 0.31, 0.46, "warning",
                   name="公司", projected=38_640_000, original_target_amount=40_000_000),
        completion("company", "company", 12_600_000, 11_340_000, 0.96, 0.31, "normal",
                   name="公司", period=month, workdays=(21, 21), projected=11_600_000),
        completion("company", "company", 150_000_000, 118_500_000, 0.81, 0.22, "normal",
                   name="公司", period=year, workdays=(204, 246), projected=143_000_000),
        completion("region", "华东", 20_000_000, 4_100_000, 0.31, 0.83, "danger"),
        completion("region", "华南", 12_000_000, 3_900_000, 0.31, 0.28, "normal"),
        completion("region", "华北", 10_000_000, 3_340_000, 0.31, 0.2, "normal"),
        completion("team", "T1", 9_000_000, 2_700_000, 0.31, 0.4, "normal", name="华东一队"),
        completion("team", "T2", 11_000_000, 1_400_000, 0.31, 0.93, "danger", name="华东二队"),
        completion("team", "T3", 12_000_000, 3_400_000, 0.31, 0.55, "warning", name="华南一队"),
        completion("team", "T4", 10_000_000, 3_340_000, 0.31, 0.2, "normal", name="华北一队"),
        completion("rep", "U1", 4_500_000, 1_500_000, 0.31, 0.3, "normal", name="王芳"),
        completion("rep", "U2", 6_000_000, 420_000, 0.31, 0.997, "danger", name="李强"),
        completion("rep", "U3", 5_000_000, 1_480_000, 0.31, 0.48, "too_few", name="张敏"),
        completion("rep", "U4", 4_000_000, 4_200_000, 0.31, 0.0, "met", name="刘洋"),
        completion("rep", "U6", 3_000_000, 800_000, 0.31, 0.61, "warning", name="赵磊"),
        # 陈静 sells without a target.
        completion("rep", "U5", None, 356_000, 0.31, None, "no_target", name="陈静"),
        completion("product_line", "分析仪", 25_000_000, 7_900_000, 0.31, 0.3, "normal"),
    )  # fmt: skip
    actuals = [10.2, 11.8, 9.1, 6.2, 10.9, 12.4, 14.1, 9.5, 11.0, 12.9]
    for index, actual in enumerate(actuals):
        start = dt.date(2025 + (index + 11) // 12, (index + 11) % 12 + 1, 1)
        end = (start + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        marts.add(
            "fct_target_completion",
            completion("company", "company", 12_000_000, actual * 1e6, 1.0, None, "normal",
                       period=("month", (start, end)), workdays=(21, 21)),
        )  # fmt: skip
    for month_number in (11, 12):
        start = dt.date(2026, month_number, 1)
        end = (start + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
        row = completion("company", "company", 14_700_000, 0, 0.0, None, None, projected=None,
                         period=("month", (start, end)), workdays=(0, 21))  # fmt: skip
        marts.add("fct_target_completion", row)
    for day, actual, expected in ((4, 0.6, 0.4), (11, 3.1, 3.4), (18, 6.2, 7.1), (25, 9.0, 10.9)):
        marts.add(
            "fct_target_completion_history",
            {
                "as_of": dt.date(2026, 10, day),
                "period_type": "quarter",
                "period_start": QUARTER[0],
                "scope_type": "company",
                "scope_id": "company",
                "metric": "revenue",
                "actual_amount": actual * 1e6,
                "expected_amount": expected * 1e6,
            },
        )


STAGES = (("初步接洽", 1), ("需求确认", 2), ("方案报价", 3), ("商务谈判", 4))


def fill_selling(marts: MartsBuilder) -> None:
    marts.add(
        "dim_stage",
        *({"stage": s, "stage_order": o, "outcome": "open"} for s, o in STAGES),
        {"stage": "赢单", "stage_order": 5, "outcome": "won"},
    )
    now = {"初步接洽": 0.58, "需求确认": 0.61, "方案报价": 0.41, "商务谈判": 0.66}
    before = {"初步接洽": 0.57, "需求确认": 0.64, "方案报价": 0.55, "商务谈判": 0.65}
    for stage, order in STAGES:
        for (start, end), rates in (
            (QUARTER, now),
            ((dt.date(2026, 7, 1), dt.date(2026, 9, 30)), before),
        ):
            marts.add(
                "fct_funnel",
                {
                    "period_type": "quarter",
                    "period_start": start,
                    "period_end": end,
                    "scope_type": "company",
                    "scope_id": "company",
                    "stage": stage,
                    "stage_order": order,
                    "entered": 240 - 45 * order,
                    "advanced": 90 - 15 * order,
                    "lost": 40,
                    "still_open": 60,
                    "exit_conversion": rates[stage],
                    "median_days_in_stage": 8.5 + order,
                    "p80_days_in_stage": 20.0,
                    "is_ripe": False,
                },
            )
        marts.add(
            "fct_metrics",
            metric("stage_conversion", "quarter", QUARTER, now[stage], dimension=stage,
                   baseline={"方案报价": 0.56}.get(stage, 0.6), sample_size=80),
        )  # fmt: skip
        for week in range(13):
            marts.add(
                "fct_pipeline_daily",
                {
                    "date_day": AS_OF - dt.timedelta(weeks=week),
                    "scope_type": "company",
                    "scope_id": "company",
                    "stage": stage,
                    "open_count": 60 - 8 * order,
                    "open_amount": 16_000_000 - 2_000_000 * order + 150_000 * week,
                    "weighted_amount": 3_500_000,
                    "coverage": 2.1,
                },
            )
        marts.add(
            "fct_opportunities",
            *(
                {
                    "opportunity_id": f"O{order}{i}",
                    "account_id": "A1",
                    "owner_id": "U1",
                    "stage": stage,
                    "outcome": "open",
                    "amount": 100_000,
                    "is_stalled": i < order,
                }
                for i in range(6)
            ),
        )
    marts.add(
        "fct_metrics",
        metric("pipeline_coverage", "week", (dt.date(2026, 10, 26), dt.date(2026, 11, 1)), 1.8,
               baseline=2.3),
        *(
            metric("revenue", "month", month_of(2026, m), value, previous=value * 0.9,
                   year_ago=value * 1.2, baseline=11e6)
            for m, value in ((7, 9.5e6), (8, 11.0e6), (9, 12.9e6), (10, 11.34e6))
        ),
        metric("win_rate", "month", month_of(2026, 9), 0.44, previous=0.5, year_ago=0.43,
               baseline=0.48),
        metric("sales_cycle_days", "month", month_of(2026, 9), 62, previous=55, year_ago=0),
        metric("late_order_share", "month", month_of(2026, 9), None),
        metric("new_accounts", "month", month_of(2026, 9), 14, previous=14, year_ago=20),
    )  # fmt: skip
    marts.add(
        "fct_pipeline_movement",
        {
            "week_start": dt.date(2026, 10, 19),
            "scope_type": "company",
            "scope_id": "company",
            "opening": 45_000_000,
            "created": 3_200_000,
            "won": 2_700_000,
            "lost": 1_900_000,
            "amount_up": 600_000,
            "amount_down": 350_000,
            "pushed_out": 1_250_000,
            "pulled_in": 400_000,
            "closing": 43_850_000,
        },
    )


def fill_alerts(marts: MartsBuilder) -> None:
    drivers = json.dumps(
        [
            {"name": "方案报价转化率下降", "share": 0.52, "amount": 900_000},
            {"name": "新建商机减少", "share": 0.3, "amount": 500_000},
            {"name": "平均单价", "share": None, "amount": None},
        ],
        ensure_ascii=False,
    )
    deals = json.dumps(
        [
            {"id": "O1", "name": "安和检测", "owner_id": "U2", "stage": "方案报价",
             "amount": 880_000.0, "idle_workdays": 12, "expected_close_on": "2026-11-20"},
            {"id": "O2", "name": "<b>星辰医药</b>", "owner_id": "U99", "stage": None,
             "amount": None, "idle_workdays": None, "expected_close_on": None},
        ]
    )  # fmt: skip
    accounts = json.dumps(
        [
            {"id": "C1", "name": "博远<科技>", "owner_id": "U2", "revenue_12m": 1_250_000.0,
             "last_order_on": "2026-07-01", "last_heard_on": "2026-09-01", "unheard_days": 59},
            {"id": "C2", "name": "恒昌机械", "owner_id": None, "revenue_12m": None,
             "last_order_on": None, "last_heard_on": None, "unheard_days": None},
        ]
    )  # fmt: skip
    marts.add(
        "rpt_rule_readiness",
        {"rule": "quarter_target_at_risk", "mode": "alert", "state": "judged"},
        {"rule": "two_weeks", "mode": "watch", "state": "few"},
        {"rule": "coverage_low", "mode": "alert", "state": "few",
         "sentence_zh": "覆盖率偏低：样本还不够", "sentence_en": "coverage: too few cases so far"},
        {"rule": "win_rate_fall", "mode": "alert", "state": "waiting",
         "ready_on": dt.date(2026, 12, 13), "sentence_zh": "赢单率下降：最早 2026年12月13日",
         "sentence_en": "win rate: from 13 Dec 2026 at the earliest"},
    )  # fmt: skip
    marts.add(
        "rpt_rule_records",
        rule_record("quarter_target_at_risk", "本季度目标可能完不成", "The quarter may be missed",
                    cases=104, precision=0.62, precision_low=0.52, precision_high=0.70,
                    median_lead_days=47),
        rule_record("two_weeks", "连续两周低于平均值", "Two weeks below the mean", mode="watch",
                    cases=4, expected_false_per_100=12.3),
        rule_record("quiet", "赢单率下降", "Win rate", cases=3, expected_false_per_100=0.02),
        rule_record("quiet", "不应出现", "Never shown", level="danger", cases=90, precision=0.5),
    )  # fmt: skip
    marts.add(
        "fct_alerts",
        alert("A-small", "danger", 300_000, probability=0.9, scope_type="rep", scope_id="U2",
              scope_name="李强", message_zh="李强本季度完成 7%，应完成 31%，很可能完不成目标",
              message_en="李强 is at 7% of the quarter's target, 31% expected; likely to miss"),
        alert("A-large", "danger", 2_010_000, probability=0.93, danger_on=dt.date(2026, 10, 26),
              message_zh="【危险】华东二队：本季度目标可能完不成。本季度已完成目标的 13%，应完成 31%。"
              "自10月5日起。建议：核对剩余商机，定出补差动作。",
              message_en="Danger: 华东二队: the quarter's target may be missed. 13% reached, 31% "
              "expected by now. Since 5 Oct. Next: agree how to make up the gap.",
              since=dt.date(2026, 10, 5), drivers=drivers, deals=deals,
              record_zh="以往 30 次中 77% 应验（59%–88%），通常提前 35 天",
              record_en="right in 77% of 30 past alerts (59%–88%), usually 35 days ahead"),
        alert("A-stage", "warning", 1_700_000, metric="stage_conversion", scope_type="company",
              scope_id="company", scope_name="公司", dimension="方案报价", owner_id=None,
              probability=0.95, opened_on=dt.date(2026, 10, 26),
              message_zh="方案报价阶段转化率 41%，低于常态 56%",
              message_en="Conversion out of 方案报价 is 41%, below the usual 56%"),
        alert("A-idle", "warning", None, metric="stalled_share", owner_id="U3", probability=None,
              scope_name="华南一队", scope_id="T3", accounts=accounts,
              message_zh="华南一队停滞商机占 38%", message_en="38% of deals at 华南一队 are stalled"),
        alert("A-back", "warning", 250_000, state="recovered", closed_on=dt.date(2026, 10, 28),
              metric="new_accounts", message_zh="华北一队新增客户连续两周偏低",
              message_en="New customers at 华北一队 low for two weeks", scope_name="华北一队"),
        alert("A-old", "warning", 90_000, state="closed", closed_on=dt.date(2026, 9, 28),
              opened_on=dt.date(2026, 9, 1), message_zh="早已关闭", message_en="Long closed"),
        alert("A-future", "danger", 9_990_000, opened_on=dt.date(2026, 11, 2),
              message_zh="尚未发生", message_en="Not yet"),
    )  # fmt: skip
    marts.add(
        "fct_alert_responses",
        {"alert_id": "A-large", "person_id": "U2", "action": "ack",
         "acted_at": "2026-10-13 09:00:00+08"},
        {"alert_id": "A-large", "person_id": "U2", "action": "plan",
         "acted_at": "2026-10-14 23:30:00+08"},
    )  # fmt: skip


def fill_customers(marts: MartsBuilder) -> None:
    accounts = {
        "A1": ("星辰医药", "U1", "active", False, 20),
        "A2": ("<script>alert(1)</script>实验室", "U2", "at_risk", True, 140),
        "A3": ("=HYPERLINK(\"http://x\")公司", "U3", "churned", False, 260),
        "A4": ("安和检测", "U4", "active", True, 40),
    }  # fmt: skip
    for index, (account_id, (name, owner, state, silent, gap)) in enumerate(accounts.items()):
        last = AS_OF - dt.timedelta(days=gap)
        marts.add(
            "dim_account",
            {"account_id": account_id, "account_name": name, "owner_id": owner, "region": "华东"},
        )
        marts.add(
            "fct_account_health",
            {
                "account_id": account_id,
                "last_order_on": last,
                "order_gap_days": gap,
                "own_rhythm_days": 60.0,
                "churn_state": state,
                "last_contact_on": last,
                "silent": silent,
            },
        )
        marts.add(
            "fct_orders",
            {
                "order_id": f"D{index}",
                "account_id": account_id,
                "owner_id": owner,
                "amount": 1_000_000 - 100_000 * index,
                "ordered_at": f"{last} 10:00:00+08",
                "ordered_on": last,
                "promised_on": last + dt.timedelta(days=10),
                # A1 and A3 are still on their way; A3's promise is long past.
                "delivered_on": None if index in (0, 2) else last,
                "is_late": index in (0, 2),
                "days_late": gap - 10 if index in (0, 2) else 0,
                "status": "open",
            },
        )


def fill_trust(marts: MartsBuilder) -> None:
    loaded = {"last_loaded_at": "2026-10-30 02:00:00+08", "rows": 100, "rows_previous": 98}
    marts.add(
        "rpt_freshness",
        {"source": "sales_sheets", "entity": "orders", "state": "fresh", **loaded},
        {"source": "sales_sheets", "entity": "activities", "state": "stale", **loaded},
    )
    ran, before = "2026-10-30 03:00:00+08", "2026-10-29 03:00:00+08"
    marts.add(
        "rpt_data_quality",
        {"check": "amount_not_negative", "subject": "orders", "severity": "warning",
         "passed": False, "failed_rows": 3, "sample": '["D7", "D9"]', "ran_at": ran,
         "message_zh": "金额为负，例如 D7、D9。", "message_en": "Negative amount, for example D7, D9."},
        {"check": "key_unique", "subject": "orders", "severity": "error", "passed": True,
         "failed_rows": 0, "ran_at": ran},
        {"check": "of_yesterday", "subject": "orders", "severity": "error", "passed": False,
         "failed_rows": 9, "ran_at": before},
    )  # fmt: skip
