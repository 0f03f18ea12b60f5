"""Planted risks are labelled, lie within the history, and can be seen in the data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipelines.sample import SampleCompany
from pipelines.sample.planting import KINDS
from pipelines.sample.words_zh import ZH
from pipelines.settings import PROJECT

Label = dict[str, object]


def test_without_risks_there_is_no_label(large_without_risks: SampleCompany) -> None:
    assert large_without_risks.labels == []


def test_every_kind_is_planted_in_a_large_company_and_some_are_active(large: SampleCompany) -> None:
    assert {label["kind"] for label in large.labels} == {kind.name for kind in KINDS}
    assert 12 <= len(large.labels) <= 16
    active = [label for label in large.labels if label["last_day"] == "2026-10-30"]
    assert len(active) >= 3
    assert {str(label["kind"]) for label in active} & {
        "target_miss",
        "customer_silence",
        "win_rate_fall",
    }


def test_a_company_of_the_shipped_size_has_six_to_eight(company: SampleCompany) -> None:
    assert 6 <= len(company.labels) <= 8


def test_labels_name_scopes_days_and_words(large: SampleCompany) -> None:
    frames = large.frames
    scopes = {
        "team": set(frames["teams"]["team_id"]),
        "region": set(frames["teams"]["region"]),
        "product_line": set(ZH.product_lines),
        "rep": set(frames["users"]["user_id"]),
    }
    for label in large.labels:
        assert label["scope_id"] in scopes[str(label["scope_type"])]
        first = dt.date.fromisoformat(str(label["first_day"]))
        last = dt.date.fromisoformat(str(label["last_day"]))
        assert large.start + dt.timedelta(weeks=26) <= first < last <= large.end
        weeks = (last - first).days / 7
        assert weeks >= 4
        assert label["severity"] in ("warning", "danger")
        assert str(label["scope_name"]) in str(label["description_zh"])
        assert label["description_en"]


def test_two_risks_do_not_share_a_team_at_one_time(large: SampleCompany) -> None:
    region_of = large.frames["teams"].set_index("team_id")["region"].to_dict()
    by_team = [label for label in large.labels if label["scope_type"] in ("team", "region")]
    for index, one in enumerate(by_team):
        for other in by_team[index + 1 :]:
            apart = str(one["last_day"]) < str(other["first_day"])
            apart |= str(other["last_day"]) < str(one["first_day"])
            ids = {str(one["scope_id"]), str(other["scope_id"])}
            shares = len(ids) == 1 or any(region_of.get(a) == b for a in ids for b in ids)
            assert apart or not shares


def test_expected_rules_are_shipped_rules() -> None:
    text = (PROJECT / "config" / "alert_rules.yml").read_text(encoding="utf-8")
    rules = {rule["name"]: rule for rule in yaml.safe_load(text)["rules"]}
    for kind in KINDS:
        assert set(kind.expected) <= set(rules)
        assert any(kind.name in rules[name].get("detects", ()) for name in kind.expected)


def with_team(
    company: SampleCompany, table: pd.DataFrame, owner: str, moment: str, label: Label
) -> pd.DataFrame:
    """Rows in the label's days and scope; team and region as of the moment."""
    begin = pd.Timestamp(str(label["first_day"]))
    end = pd.Timestamp(str(label["last_day"])) + pd.Timedelta(days=1)
    table = table[(table[moment] >= begin) & (table[moment] < end)]
    users = company.frames["users"][["user_id", "team_id", "valid_from", "valid_to"]]
    table = table.merge(users, left_on=owner, right_on="user_id")
    last = pd.to_datetime(table["valid_to"]) + pd.Timedelta(days=1)
    inside = (table[moment] >= pd.to_datetime(table["valid_from"])) & (
        last.isna() | (table[moment] < last)
    )
    table = table[inside].merge(company.frames["teams"], on="team_id")
    column = {"team": "team_id", "rep": owner}.get(
        str(label["scope_type"]), str(label["scope_type"])
    )
    return table[table[column] == label["scope_id"]]


def moves(company: SampleCompany, label: Label) -> pd.DataFrame:
    lines = company.frames["opportunities"][["opportunity_id", "product_line"]]
    history = company.frames["stage_history"].dropna(subset=["from_stage"])
    history = history.merge(lines, on="opportunity_id")
    return with_team(company, history, "changed_by", "changed_at", label)


def conversion(company: SampleCompany, label: Label) -> float:
    exits = moves(company, label)
    exits = exits[exits["from_stage"] == label["stage"]]
    order = {stage: number for number, stage in enumerate(ZH.stages)}
    here = order[str(label["stage"])]
    target = exits["to_stage"].map(order)
    forward, lost = ((target > here) & (target < 5)).sum(), (target == 5).sum()
    return forward / (forward + lost)


def closed(company: SampleCompany, label: Label) -> pd.DataFrame:
    return with_team(company, company.frames["opportunities"], "owner_id", "closed_at", label)


def win_rate(company: SampleCompany, label: Label) -> float:
    return (closed(company, label)["stage"] == ZH.stages[4]).mean()


def cycle(company: SampleCompany, label: Label) -> float:
    won = closed(company, label).query("stage == @ZH.stages[4]")
    return (won["closed_at"] - won["created_at"]).dt.days.median()


def created(company: SampleCompany, label: Label) -> float:
    table = company.frames["opportunities"]
    return len(with_team(company, table, "owner_id", "created_at", label))


def late(company: SampleCompany, label: Label) -> float:
    orders = company.frames["orders"]
    due = with_team(company, orders, "owner_id", "promised_at", label)
    due = due[due["promised_at"] < "2026-10-30"]
    return (due["delivered_at"].isna() | (due["delivered_at"] > due["promised_at"])).mean()


def orders_of_accounts(company: SampleCompany, label: Label) -> float:
    orders = company.frames["orders"]
    begin, end = pd.Timestamp(str(label["first_day"])), pd.Timestamp(str(label["last_day"]))
    when = orders["ordered_at"].between(begin, end)
    return (orders["account_id"].isin(label["account_ids"]) & when).sum()  # type: ignore[arg-type]


def outbound(company: SampleCompany, label: Label) -> float:
    activities = company.frames["activities"].query("direction == 'outbound'")
    return len(with_team(company, activities, "owner_id", "occurred_at", label))


def revenue(company: SampleCompany, label: Label) -> float:
    return with_team(company, company.frames["orders"], "owner_id", "ordered_at", label)[
        "amount"
    ].sum()


def first_orders(company: SampleCompany, label: Label) -> float:
    orders = company.frames["orders"].sort_values("ordered_at").drop_duplicates("account_id")
    return len(with_team(company, orders, "owner_id", "ordered_at", label))


def move_count(company: SampleCompany, label: Label) -> float:
    return len(moves(company, label))


def deal_amount(company: SampleCompany, label: Label) -> float:
    table = company.frames["opportunities"].set_index("opportunity_id")
    return float(table.loc[str(label["opportunity_id"]), "amount"])


# By kind: a figure of the scope and the days, and the range of its ratio with against without.
EFFECTS: dict[str, tuple[Callable[[SampleCompany, Label], float], float, float]] = {
    "conversion_drop": (conversion, 0.3, 0.6),
    "win_rate_fall": (win_rate, 0.3, 0.65),
    "opportunity_drought": (created, 0.25, 0.5),
    "late_orders": (late, 4.0, 12.0),
    "customer_silence": (orders_of_accounts, 0.0, 0.25),
    "stalled_pipeline": (move_count, 0.15, 0.6),
    "follow_up_stop": (outbound, 0.0, 0.2),
    "target_miss": (revenue, 0.4, 0.75),
    "cycle_growth": (cycle, 1.15, 2.5),
    "new_accounts_dip": (first_orders, 0.2, 0.6),
    "concentration": (deal_amount, 20.0, 1000.0),
}


@pytest.mark.parametrize("kind", EFFECTS)
def test_the_effect_shows_in_scope_and_time(
    large: SampleCompany, large_without_risks: SampleCompany, kind: str
) -> None:
    figure, low, high = EFFECTS[kind]
    labels = [label for label in large.labels if label["kind"] == kind]
    assert labels
    for label in labels:
        ratio = figure(large, label) / figure(large_without_risks, label)
        assert low <= ratio <= high, label["description_en"]


def test_risks_leave_other_teams_and_times_alone(
    large: SampleCompany, large_without_risks: SampleCompany
) -> None:
    first = pd.Timestamp(min(str(label["first_day"]) for label in large.labels))
    for entity, moment in (("orders", "ordered_at"), ("activities", "occurred_at")):
        tables = [one.frames[entity] for one in (large, large_without_risks)]
        before = [
            table[table[moment] < first][["account_id", moment]].reset_index(drop=True)
            for table in tables
        ]
        assert len(before[0]) > 1000
        pd.testing.assert_frame_equal(*before)
    opportunities = [
        one.frames["opportunities"].set_index("opportunity_id")[["created_at", "account_id"]]
        for one in (large, large_without_risks)
    ]
    shared = opportunities[0].index.intersection(opportunities[1].index)
    assert len(shared) > 0.95 * len(opportunities[1])
    pd.testing.assert_frame_equal(*(table.loc[shared] for table in opportunities))


def test_labels_file_holds_the_labels(tmp_path: Path) -> None:
    import json

    from pipelines.sample import write_sample

    company = write_sample(tmp_path, reps=12, seed=5)
    text = (tmp_path / "labels.json").read_text(encoding="utf-8")
    assert json.loads(text) == company.labels
    assert company.labels
