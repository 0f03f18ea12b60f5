"""The generated company holds together: references, histories, times, and the same bytes twice."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import chinese_calendar
import numpy as np
import pandas as pd
import pytest

from pipelines.entities import ENTITIES
from pipelines.sample import SampleCompany, frames_to_csv, generate, write_sample
from pipelines.sample.words_en import EN
from pipelines.sample.words_zh import ZH

EVENING = pd.Timestamp(2026, 10, 30, 18)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_sample(tmp_path / name, reps=9, seed=3)
    first = digests(tmp_path / "one")
    assert first == digests(tmp_path / "two")
    assert {"users.csv", "orders.csv", "labels.json", "销售目标_2026年.xlsx"} <= set(first)
    assert "targets.csv" not in first


def test_another_seed_is_another_company() -> None:
    one, two = generate(reps=8, seed=1), generate(reps=8, seed=2)
    assert not one.frames["orders"].equals(two.frames["orders"])


@pytest.mark.parametrize("entity", ENTITIES)
def test_tables_have_the_canonical_columns_required_cells_and_unique_keys(
    company: SampleCompany, entity: str
) -> None:
    table, definition = company.frames[entity], ENTITIES[entity]
    assert list(table.columns) == [column.name for column in definition.columns]
    assert len(table)
    assert not table[list(definition.required)].isna().any().any()
    assert not table.duplicated(list(definition.key)).any()
    for column in definition.columns:
        if column.choices:
            assert set(table[column.name].dropna()) <= set(column.choices)


@pytest.mark.parametrize(
    ("entity", "column", "target"),
    [
        ("users", "team_id", "teams"),
        ("users", "manager_id", "users"),
        ("accounts", "owner_id", "users"),
        ("contacts", "account_id", "accounts"),
        ("leads", "owner_id", "users"),
        ("leads", "opportunity_id", "opportunities"),
        ("opportunities", "account_id", "accounts"),
        ("opportunities", "owner_id", "users"),
        ("stage_history", "opportunity_id", "opportunities"),
        ("stage_history", "changed_by", "users"),
        ("activities", "owner_id", "users"),
        ("activities", "account_id", "accounts"),
        ("activities", "opportunity_id", "opportunities"),
        ("orders", "account_id", "accounts"),
        ("orders", "owner_id", "users"),
        ("orders", "opportunity_id", "opportunities"),
    ],
)
def test_references_hold(company: SampleCompany, entity: str, column: str, target: str) -> None:
    known = set(company.frames[target][ENTITIES[target].key[0]])
    used = set(company.frames[entity][column].dropna())
    assert used
    assert used <= known


def test_every_order_and_activity_falls_into_a_stay_of_its_owner(company: SampleCompany) -> None:
    users = company.frames["users"]
    for entity, moment in (("orders", "ordered_at"), ("activities", "occurred_at")):
        table = company.frames[entity][["owner_id", moment]]
        table = table.assign(row=range(len(table)))
        stays = table.merge(users, left_on="owner_id", right_on="user_id")
        begin, last = pd.to_datetime(stays["valid_from"]), pd.to_datetime(stays["valid_to"])
        day = stays[moment].dt.normalize()
        inside = stays[(day >= begin) & (last.isna() | (day <= last))]
        assert inside["row"].is_unique
        assert len(inside) == len(table)


def test_people_join_leave_and_change_team(company: SampleCompany) -> None:
    users = company.frames["users"]
    reps = users[users["user_id"].str.startswith("S")]
    assert reps["valid_to"].notna().any()
    assert (pd.to_datetime(reps["valid_from"]) > pd.Timestamp(company.start)).any()
    assert (reps.groupby("user_id")["team_id"].nunique() > 1).any()
    bosses = users.drop_duplicates("user_id").set_index("user_id")["manager_id"]
    for chain_start in reps["user_id"].unique()[:5]:
        chain = [chain_start]
        while isinstance(bosses[chain[-1]], str):
            chain.append(bosses[chain[-1]])
        assert [name[0] for name in chain] == ["S", "M", "D", "G"]
    owners = set(company.frames["opportunities"]["owner_id"])
    assert owners <= set(reps["user_id"])


def test_every_history_begins_with_creation_and_ends_in_the_current_stage(
    company: SampleCompany,
) -> None:
    opportunities = company.frames["opportunities"].set_index("opportunity_id")
    history = company.frames["stage_history"].sort_values(["opportunity_id", "changed_at"])
    assert not history.duplicated(["opportunity_id", "changed_at"]).any()
    first = history.groupby("opportunity_id").first()
    starts = history.drop_duplicates("opportunity_id")
    assert starts["from_stage"].isna().all()
    assert (first["to_stage"] == ZH.stages[0]).all()
    assert set(first.index) == set(opportunities.index)
    assert (first["changed_at"] == opportunities.loc[first.index, "created_at"]).all()
    last = history.groupby("opportunity_id").last()
    assert (last["to_stage"] == opportunities.loc[last.index, "stage"]).all()
    later = history[history["from_stage"].notna()]
    before = history.groupby("opportunity_id")["to_stage"].shift()
    assert (later["from_stage"] == before[later.index]).all()
    closed = opportunities["stage"].isin(ZH.stages[4:])
    assert (opportunities["closed_at"].notna() == closed).all()
    assert (last["changed_at"] == opportunities.loc[last.index, "closed_at"])[closed].all()
    assert (opportunities["lost_reason"].notna() == (opportunities["stage"] == ZH.stages[5])).all()


def test_histories_show_skips_steps_back_reopening_and_losses_from_every_stage(
    company: SampleCompany,
) -> None:
    history = company.frames["stage_history"].dropna(subset=["from_stage"])
    order = {stage: number for number, stage in enumerate(ZH.stages, start=1)}
    before, after = history["from_stage"].map(order), history["to_stage"].map(order)
    assert ((after - before == 2) & (before < 4) & (after < 6)).sum() > 100
    assert ((after < before) & (before < 5)).sum() > 100
    assert (before == 6).sum() > 20
    assert set(before[after == 6]) == {1, 2, 3, 4}
    assert not (before == 5).any()


def test_nothing_but_expectations_lies_after_the_last_evening(company: SampleCompany) -> None:
    for entity, definition in ENTITIES.items():
        for column in definition.columns:
            if column.kind == "timestamp" and column.name != "promised_at":
                assert company.frames[entity][column.name].max() <= EVENING, column.name
    opportunities = company.frames["opportunities"]
    still_open = opportunities[opportunities["closed_at"].isna()]
    overdue = (still_open["expected_close_date"] < EVENING).mean()
    assert 0.03 < overdue < 0.25


def test_people_work_on_workdays_in_office_hours(company: SampleCompany) -> None:
    moments = company.frames["activities"]["occurred_at"]
    assert moments.dt.hour.between(9, 17).all()
    days = moments.dt.date.unique()
    assert all(chinese_calendar.is_workday(day) for day in days)
    # Make-up workdays at weekends are worked, the Spring Festival is not.
    assert dt.date(2026, 2, 14) in days
    assert dt.date(2026, 2, 18) not in days


def test_customers_order_again_and_most_deliveries_are_on_time(
    large_without_risks: SampleCompany,
) -> None:
    orders = large_without_risks.frames["orders"]
    due = orders[orders["delivered_at"].notna()]
    assert 0.03 < (due["delivered_at"] > due["promised_at"]).mean() < 0.12
    assert (due["delivered_at"] > due["ordered_at"]).all()
    assert set(orders["status"]) == set(ZH.order_states)
    counts = orders["account_id"].value_counts()
    assert (counts >= 10).sum() > 500
    deals = orders.dropna(subset=["opportunity_id"]).merge(
        large_without_risks.frames["opportunities"], on="opportunity_id", suffixes=("", "_deal")
    )
    delay = (deals["ordered_at"] - deals["closed_at"]).dt.days
    assert delay.between(0, 14).all()
    assert 0.85 < (deals["amount"] == deals["amount_deal"]).mean() < 0.95
    assert (deals["stage"] == ZH.stages[4]).all()


def test_wins_crowd_at_the_end_of_the_quarter(large_without_risks: SampleCompany) -> None:
    opportunities = large_without_risks.frames["opportunities"]
    begin = pd.Timestamp(large_without_risks.start) + pd.DateOffset(months=2)
    won = opportunities[opportunities["stage"] == ZH.stages[4]]
    won = won[(won["closed_at"] >= begin) & (won["closed_at"] < "2026-10-01")]
    share = np.bincount((won["closed_at"].dt.month - 1) % 3) / len(won)
    assert share[0] == pytest.approx(0.25, abs=0.03)
    assert share[2] == pytest.approx(0.45, abs=0.05)


@pytest.mark.parametrize(
    ("reps", "end"),
    [(4, dt.date(2026, 10, 31)), (5, dt.date(2026, 1, 3)), (17, dt.date(2026, 2, 18))],
)
def test_small_companies_end_on_any_day(reps: int, end: dt.date) -> None:
    company = generate(reps=reps, end=end)
    assert len(company.frames["opportunities"]) > 100 * reps
    assert company.frames["orders"]["ordered_at"].max().date() <= end
    assert company.labels


def test_english_company_speaks_english() -> None:
    company = generate(reps=8, language="en")
    assert set(company.frames["opportunities"]["stage"]) <= set(EN.stages)
    text = company.frames["accounts"][["account_name", "region"]].to_csv()
    assert text.isascii()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"reps": 3}, "at least 4 reps, not 3"),
        ({"seed": -1}, "from 0 on"),
        ({"end": dt.date(1999, 1, 1)}, "between 2015-01-01"),
        ({"language": "fr"}, "zh, en"),
    ],
)
def test_arguments_that_make_no_company_are_refused(
    tmp_path: Path, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        generate(**arguments)  # type: ignore[arg-type]
    if "language" not in arguments:
        with pytest.raises(ValueError, match=message):
            write_sample(tmp_path / "none", **arguments)  # type: ignore[arg-type]
        assert not (tmp_path / "none").exists()


def test_csv_files_give_back_the_tables(company: SampleCompany, tmp_path: Path) -> None:
    frames_to_csv(company, tmp_path)
    assert (tmp_path / "orders.csv").read_bytes().startswith(b"\xef\xbb\xbforder_id,")
    for entity, definition in ENTITIES.items():
        read = pd.read_csv(tmp_path / f"{entity}.csv", encoding="utf-8-sig", dtype=str)
        table = company.frames[entity]
        assert len(read) == len(table)
        assert list(read.columns) == list(table.columns)
        for column in definition.columns:
            if column.kind == "money":
                assert pd.to_numeric(read[column.name]).sum() == pytest.approx(
                    table[column.name].sum()
                )
            elif column.kind == "timestamp":
                given = read[column.name].dropna()
                assert given.str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d").all()
                assert len(given) == table[column.name].notna().sum()
