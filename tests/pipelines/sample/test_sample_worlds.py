"""Worlds: each generates with its calm twin, and differs in what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipelines.sample import SampleCompany, generate
from pipelines.sample.worlds import WORLDS


def world(name: str, reps: int = 16, **more: object) -> SampleCompany:
    return generate(reps=reps, seed=4, world=name, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def calm() -> dict[str, SampleCompany]:
    return {name: world(name, risks=False) for name in WORLDS}


def created(company: SampleCompany) -> pd.Series:
    days = pd.to_datetime(company.frames["opportunities"]["created_at"])
    # Whole quarters, without the year in which records fill up.
    return days.groupby(days.dt.to_period("Q")).size().iloc[4:-1]


def test_every_world_has_a_calm_twin_without_labels(calm: dict[str, SampleCompany]) -> None:
    for name, company in calm.items():
        assert company.labels == [], name
        assert len(company.frames["orders"]) > 500, name
        assert world(name, reps=6).labels, name


def test_a_world_that_grows_has_grown(calm: dict[str, SampleCompany]) -> None:
    growth = {name: created(calm[name]).iloc[-1] / created(calm[name]).iloc[0] for name in WORLDS
              if name in {"flat", "growth40", "growth80"}}  # fmt: skip
    assert growth["flat"] < 1.25 < growth["growth40"] < growth["growth80"]
    assert growth["growth80"] > 2.0


def test_a_season_has_a_slow_february(calm: dict[str, SampleCompany]) -> None:
    share = {}
    for name in ("standard", "season"):
        days = pd.to_datetime(calm[name].frames["activities"]["occurred_at"])
        months = days[days.dt.year == 2026].groupby(days.dt.month).size()
        share[name] = months[2] / months.loc[4:6].mean()
    # The standard company has a 春节, too.
    assert share["season"] < 0.9 * share["standard"]


def test_a_person_who_is_away_leaves_no_trace(calm: dict[str, SampleCompany]) -> None:
    company = calm["people"]
    assert company.organisation.absence.any()
    counts = {n: len(calm[n].frames["activities"]) for n in ("standard", "people")}
    assert counts["people"] < counts["standard"]


def test_a_reorganisation_moves_people_and_targets() -> None:
    before, after = (
        generate(reps=32, seed=4, world=name, risks=False).frames
        for name in ("standard", "reorganised")
    )
    moved = [
        int((frames["users"].groupby("user_id")["team_id"].nunique() > 1).sum())
        for frames in (before, after)
    ]
    assert moved[1] >= moved[0] + 5
    targets = after["targets"]
    monthly = targets[
        (targets["metric"] == "revenue") & targets["scope_type"].isin(["team", "company"])
    ]
    first = monthly[monthly["version"] == monthly["version"].iloc[0]]
    sums = first.pivot_table(
        index="period", columns="scope_type", values="target_amount", aggfunc="sum"
    )
    assert np.allclose(sums["team"], sums["company"])


def test_a_line_in_one_region_is_labelled_with_both() -> None:
    labels = [
        label for seed in (1, 2) for label in generate(reps=32, seed=seed, world="lines").labels
    ]
    pairs = [label for label in labels if "region" in label]
    assert pairs
    assert {str(label["scope_type"]) for label in labels} == {"product_line"}


def test_an_unknown_world_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"standard, flat.*'mars'"):
        generate(world="mars")
