import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from report_marts import AS_OF, QUARTER, MartsBuilder, alert, completion, metric
from report_page import figures_of

from pipelines.failures import PermanentFailure
from pipelines.language.figures import Writer
from pipelines.reporting.figures import ReportFigures
from pipelines.reporting.records import WATCHED
from pipelines.reporting.story import is_share, judged_value
from pipelines.reporting.told_levels import Told, told_chance, told_level

Make = Callable[..., MartsBuilder]


def test_scopes_stand_worst_first(figures: ReportFigures) -> None:
    scopes = figures.progress.scopes
    # Danger, warning, then by pace whatever has no colour, and what is met at the end.
    assert [c.scope_id for c in scopes["rep"]] == ["U2", "U6", "U3", "U1", "U4"]
    assert [c.scope_id for c in scopes["team"]] == ["T2", "T3", "T1", "T4"]
    assert [c.scope_id for c in figures.progress.without_target] == ["U5"]


def test_a_rep_belongs_to_the_team_of_the_day(figures: ReportFigures) -> None:
    teams = {c.scope_name: c.team for c in figures.progress.scopes["rep"]}
    assert teams["李强"] == "华东二队"


def test_before_the_move_the_earlier_stay_counts(full_marts: Path) -> None:
    figures = figures_of(full_marts, dt.date(2024, 1, 1))
    assert figures.progress.scopes["rep"] == ()  # no targets were known then
    assert figures.alerts.open == ()


def test_a_month_target_stands_in_for_a_missing_quarter_target(make_marts: Make) -> None:
    marts = make_marts()
    month = ("month", (dt.date(2026, 10, 1), dt.date(2026, 10, 31)))
    marts.add(
        "fct_target_completion",
        completion("rep", "U1", None, 500_000, 0.3, None, "no_target"),
        completion("rep", "U1", 600_000, 500_000, 0.9, 0.4, "normal", period=month),
    )
    progress = figures_of(marts.path).progress
    assert [(c.scope_id, c.period_type) for c in progress.scopes["rep"]] == [("U1", "month")]
    assert progress.without_target == ()


def test_people_who_left_are_not_in_the_table(make_marts: Make) -> None:
    marts = make_marts()
    stay = {"rep_name": "离职", "valid_from": dt.date(2025, 1, 1), "team_id": "T1"}
    marts.add(
        "dim_rep",
        {"rep_id": "U8", "valid_to": dt.date(2026, 6, 30), **stay},
        {"rep_id": "U9", "valid_to": None, **stay},
    )
    year = ("year", (dt.date(2026, 1, 1), dt.date(2026, 12, 31)))
    marts.add(
        "fct_target_completion",
        *(
            completion("rep", who, 500.0, 100, 0.8, 0.9, "danger", period=year)
            for who in ("U8", "U9")
        ),
    )
    assert [c.scope_id for c in figures_of(marts.path).progress.scopes["rep"]] == ["U9"]


@pytest.mark.parametrize(
    ("workdays", "actual", "best", "needed", "beyond"),
    [
        ((21, 63), 100.0, 20.0, 900 / 42, True),
        ((21, 63), 100.0, 22.0, 900 / 42, False),
        ((21, 63), 100.0, None, 900 / 42, False),
        ((63, 63), 100.0, 20.0, None, False),  # no workday left
        ((21, 63), 1_200.0, 20.0, None, False),  # met
    ],
)
def test_what_is_needed_beside_the_best_ever(
    make_marts: Make,
    workdays: tuple[int, int],
    actual: float,
    best: float | None,
    needed: float | None,
    beyond: bool,
) -> None:
    marts = make_marts()
    marts.add(
        "fct_target_completion",
        completion("company", "company", 1_000.0, actual, 0.3, 0.1, "danger", workdays=workdays,
                   best_finish_per_workday=best),
    )  # fmt: skip
    main = figures_of(marts.path).progress.main
    assert main is not None
    assert main.needed == (None if needed is None else pytest.approx(needed, abs=0.01))
    assert main.is_beyond_best is beyond


def test_pace_comes_from_the_history_and_ends_today(figures: ReportFigures) -> None:
    points = figures.progress.pace
    assert [p.day for p in points] == [
        QUARTER[0],
        *(dt.date(2026, 10, day) for day in (4, 11, 18, 25)),
        AS_OF,
    ]
    assert points[-1].actual == 11_340_000
    assert points[-1].expected == 42_000_000 * 0.31


def test_pace_without_history_adds_up_the_days(make_marts: Make) -> None:
    marts = make_marts(leave_out=["fct_target_completion_history"])
    marts.add(
        "fct_target_completion",
        completion("company", "company", 1_000_000, 300_000, 0.3, 0.5, "normal"),
    )
    days = [(dt.date(2026, 10, n), dt.date(2026, 10, n)) for n in (9, 10, 12)]
    for day, amount in zip(days, (100_000, 50_000, 150_000), strict=True):
        marts.add("fct_metrics", metric("revenue", "day", day, amount))
    figures = figures_of(marts.path)
    assert [p.actual for p in figures.progress.pace] == [0, 100_000, 150_000, 300_000, 300_000]
    # The history is not a mart of the contract, so its absence is no gap.
    assert figures.missing == ()


def test_chart_months_end_with_the_quarter(figures: ReportFigures) -> None:
    months = figures.progress.months
    assert len(months) == 12
    assert (months[0].period_start, months[-1].period_start) == (
        dt.date(2026, 1, 1),
        dt.date(2026, 12, 1),
    )


def test_alerts_by_level_then_amount_times_probability(make_marts: Make) -> None:
    marts = make_marts()
    marts.add(
        "fct_alerts",
        alert("warn-big", "warning", 9_000_000, probability=1.0),
        alert("d-likely", "danger", 1_000_000, probability=0.9),
        alert("d-unlikely", "danger", 2_000_000, probability=0.1),
        alert("d-unknown", "danger", 950_000, probability=None),
        alert("d-nothing", "danger", None, probability=0.9),
    )
    found = figures_of(marts.path).alerts.open
    assert [a.alert_id for a in found] == [
        "d-unknown",
        "d-likely",
        "d-unlikely",
        "d-nothing",
        "warn-big",
    ]


def test_what_changed_in_seven_days(make_marts: Make) -> None:
    marts = make_marts()
    marts.add(
        "fct_alerts",
        alert("new", "warning", 1, opened_on=dt.date(2026, 10, 24)),
        alert("not-new", "warning", 1, opened_on=dt.date(2026, 10, 23)),
        alert("raised", "danger", 1, danger_on=dt.date(2026, 10, 24)),
        alert("new-danger", "danger", 1, opened_on=AS_OF, danger_on=AS_OF),
        alert("raised-before", "danger", 1, danger_on=dt.date(2026, 10, 23)),
        alert("back", "warning", 1, state="recovered", closed_on=dt.date(2026, 10, 24)),
        alert("back-before", "warning", 1, state="recovered", closed_on=dt.date(2026, 10, 23)),
        alert("closed", "warning", 1, state="closed", closed_on=AS_OF),
        alert("tomorrow", "danger", 1, opened_on=AS_OF + dt.timedelta(days=1)),
        alert("watched", "danger", 1, mode="watch"),
    )
    found = figures_of(marts.path).alerts

    def ids(kind: str) -> set[str]:
        return {a.alert_id for a in getattr(found, kind)}

    assert ids("open") == {"new", "not-new", "raised", "new-danger", "raised-before"}
    assert ids("new") == {"new", "new-danger"}
    assert ids("raised") == {"raised"}
    assert ids("recovered") == {"back"}
    assert ids("closed") == {"closed"}
    assert ids("watched") == {"watched"}


def test_a_target_has_the_level_and_the_chance_of_the_warning_on_it() -> None:
    """The mart's own chance is not corrected by how such chances came true: no page says both."""
    first, last = dt.date(2026, 10, 1), dt.date(2026, 12, 31)
    row = {"scope_type": "team", "scope_id": "T1", "period_start": first, "period_end": last,
           "level": "danger", "miss_probability": 0.91}  # fmt: skip
    standing = {("team", "T1", first, last): Told("warning", 0.84)}
    assert (told_level(row, standing), told_chance(row, standing)) == ("warning", 0.84)
    other = {**row, "scope_id": "T2"}
    assert (told_level(other, standing), told_chance(other, standing)) == (WATCHED, 0.91)
    assert told_chance(row, None) == 0.91


def test_the_last_response_of_the_company_day_counts(figures: ReportFigures) -> None:
    found = {a.alert_id: a for a in figures.alerts.open}
    large = found["A-large"]
    assert (large.last_action, large.last_action_on, large.last_action_by) == (
        "plan",
        dt.date(2026, 10, 14),  # 23:30 in Shanghai, the 14th in UTC as well
        "李强",
    )
    assert {c.lead.alert_id for c in figures.alerts.unanswered} == {"A-small", "A-stage", "A-idle"}


@pytest.mark.parametrize("drivers", ["null", '{"name": "x"}', '[{"share": 1}, 3]', None])
def test_odd_drivers_are_no_drivers(make_marts: Make, drivers: str | None) -> None:
    marts = make_marts()
    marts.add("fct_alerts", alert("A", "danger", 1, drivers=drivers))
    assert figures_of(marts.path).alerts.open[0].drivers == ()


def test_the_weakest_stage_is_the_one_furthest_below_its_baseline(figures: ReportFigures) -> None:
    funnel = figures.funnel
    assert funnel.is_current
    assert funnel.weakest is not None
    assert funnel.weakest.stage == "方案报价"
    assert funnel.weakest.gap == pytest.approx(0.41 - 0.56)
    # An open warning about the stage shows its level there.
    assert [s.level for s in funnel.stages] == [None, None, "warning", None]
    assert [(s.stalled_count, s.open_count) for s in funnel.stages] == [
        (n, 6) for n in (1, 2, 3, 4)
    ]


def funnel_rows(marts: MartsBuilder, sample: int, rate: float, start: dt.date) -> None:
    marts.add(
        "fct_funnel",
        {
            "period_type": "quarter",
            "period_start": start,
            "scope_type": "company",
            "scope_id": "company",
            "stage": "方案报价",
            "stage_order": 3,
            "entered": sample,
            "advanced": 1,
            "lost": 1,
            "still_open": 0,
            "exit_conversion": rate,
        },
    )
    marts.add(
        "fct_metrics",
        metric("stage_conversion", "quarter", (start, start), rate, dimension="方案报价",
               baseline=0.6, sample_size=sample),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sample", "rate", "lowest", "weakest"),
    [
        (100, 0.40, True, True),
        (100, 0.58, True, False),  # two points below on a hundred exits: chance
        (9, 0.10, False, False),  # fewer exits than are compared
        (100, 0.65, False, False),
    ],
)
def test_a_small_gap_is_not_called_weak(
    make_marts: Make, sample: int, rate: float, lowest: bool, weakest: bool
) -> None:
    marts = make_marts()
    funnel_rows(marts, sample, rate, QUARTER[0])
    funnel = figures_of(marts.path).funnel
    assert (funnel.lowest is not None, funnel.weakest is not None) == (lowest, weakest)


def test_a_young_quarter_gives_way_to_the_one_before(make_marts: Make) -> None:
    marts = make_marts()
    funnel_rows(marts, 29, 0.5, QUARTER[0])
    funnel_rows(marts, 200, 0.7, dt.date(2026, 7, 1))
    funnel = figures_of(marts.path).funnel
    assert (funnel.period_start, funnel.is_current) == (dt.date(2026, 7, 1), False)
    assert funnel.stages[0].previous is None


def test_the_bridge_ends_at_its_closing(figures: ReportFigures) -> None:
    bridge = figures.pipeline.bridge
    assert bridge is not None
    assert bridge.opening + sum(amount for _, amount in bridge.steps) == bridge.closing
    assert "other" not in dict(bridge.steps)
    assert (bridge.pushed_out, bridge.pulled_in) == (1_250_000, 400_000)


def test_a_bridge_that_does_not_add_up_shows_the_rest(make_marts: Make) -> None:
    marts = make_marts()
    marts.add(
        "fct_pipeline_movement",
        {
            "week_start": dt.date(2026, 10, 19),
            "scope_type": "company",
            "scope_id": "company",
            "opening": 100,
            "created": 50,
            "closing": 170,
        },
    )
    bridge = figures_of(marts.path).pipeline.bridge
    assert bridge is not None
    assert dict(bridge.steps)["other"] == 20


def test_the_running_week_has_no_bridge_yet(make_marts: Make) -> None:
    marts = make_marts()
    marts.add(
        "fct_pipeline_movement",
        {"week_start": dt.date(2026, 10, 26), "scope_type": "company", "scope_id": "company"},
    )
    assert figures_of(marts.path).pipeline.bridge is None


def test_metrics_take_the_latest_complete_month(figures: ReportFigures) -> None:
    revenue = next(m for m in figures.metrics if m.metric == "revenue")
    assert revenue.period_start == dt.date(2026, 9, 1)
    assert (revenue.value, revenue.to_date) == (12.9e6, 11.34e6)
    assert revenue.history == (9.5e6, 11.0e6, 12.9e6)


def test_customers_at_risk_by_what_they_are_worth(figures: ReportFigures) -> None:
    customers = figures.customers
    assert [(a.account_id, a.amount) for a in customers.at_risk] == [
        ("A2", 900_000),
        ("A3", 800_000),
        ("A4", 700_000),
    ]
    assert (customers.silent_count, customers.churn_count) == (2, 2)
    assert [(o.order_id, o.owner) for o in customers.late_orders] == [
        ("D0", "王芳"),
        ("D2", "张敏"),
    ]
    assert customers.late_amount == 1_800_000


def test_only_the_last_audit_counts(figures: ReportFigures) -> None:
    trust = figures.trust
    assert (trust.checks_run, [c.name for c in trust.failed]) == (2, ["amount_not_negative"])
    assert trust.untrusted == {"activities"}


@pytest.mark.parametrize(
    ("state", "late", "untrusted"),
    [
        ("fresh", False, False),
        ("empty", False, False),
        ("late", True, False),
        ("stale", True, True),
    ],
)
def test_what_a_feeds_state_means(
    make_marts: Make, state: str, late: bool, untrusted: bool
) -> None:
    marts = make_marts()
    marts.add("rpt_freshness", {"source": "s", "entity": "orders", "state": state})
    trust = figures_of(marts.path).trust
    assert trust.feeds[0].is_late is late
    assert bool(trust.untrusted) is untrusted


def test_missing_marts_are_named_not_fatal(make_marts: Make) -> None:
    marts = make_marts(leave_out=["fct_alerts", "fct_alert_responses", "fct_account_health"])
    assert figures_of(marts.path).missing == (
        "fct_account_health",
        "fct_alert_responses",
        "fct_alerts",
    )


def test_a_mart_without_a_column_of_the_contract_stops_the_report(make_marts: Make) -> None:
    marts = make_marts()
    marts.execute("alter table marts.fct_target_completion drop column pace")
    with pytest.raises(PermanentFailure) as failure:
        figures_of(marts.path)
    assert failure.value.where == "marts.fct_target_completion"
    assert "pace" in str(failure.value.cause)


def test_a_count_judged_as_a_share_of_its_cases_is_written_as_one() -> None:
    writer = Writer("en", "CNY")
    assert judged_value("silent_accounts", 0.33, writer) == "33%"
    assert judged_value("silent_accounts", 49.0, writer) == "49"
    assert judged_value("concentration", 0.46, writer) == "46%"
    assert is_share("silent_accounts", [0.33, None, 0.0])
    assert not is_share("silent_accounts", [49.0, 0.5])
    assert not is_share("activities", [0.5])
