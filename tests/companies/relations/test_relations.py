"""Relations that hold for any company: what may be done to its sheets, and exactly which figures change.

Add here: another relation. Keep out: figures worked out by hand, which are folders beside this one.
HYPOTHESIS_PROFILE=explore tries many companies; the suite tries one and does all to it.
"""

from __future__ import annotations

import datetime as dt
import os

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_companies import AS_OF, Builder, Company, companies

EXPLORING = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
# Columns that say where a row came from, not what happened.
ORIGIN = ["source", "_loaded_at"]
MONEY = ("revenue", "open_pipeline_amount")
# Metrics that are about days off too, and so differ from one year to the next.
SHIFTED = ("revenue", "orders", "opportunities_created", "activities")


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    return Builder(tmp_path_factory.mktemp("relations"))


def same(here: dict[str, pd.DataFrame], there: dict[str, pd.DataFrame], said: str) -> None:
    for name, frame in here.items():
        one, other = (part.drop(columns=ORIGIN, errors="ignore") for part in (frame, there[name]))
        one, other = (
            part.sort_values(list(part.columns), ignore_index=True, key=lambda c: c.astype(str))
            for part in (one, other)
        )
        pd.testing.assert_frame_equal(
            one, other, obj=f"{name}, {said}", check_exact=False, rtol=1e-9
        )


def values(figures: dict[str, pd.DataFrame], metrics: tuple[str, ...] | None = None) -> pd.Series:
    """Values of fct_metrics by metric, grain, period, scope and dimension."""
    frame = figures["fct_metrics"]
    frame = frame[frame.metric.isin(metrics)] if metrics else frame
    key = ["metric", "grain", "period_start", "scope_type", "scope_id", "dimension"]
    return frame.set_index(key).value.sort_index()


@settings(
    max_examples=20 if EXPLORING else 1,
    deadline=None,
    # Making a fault smaller takes a hundred builds: only who explores has the time.
    phases=[Phase.generate] + ([Phase.shrink] if EXPLORING else []),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(company=companies(), data=st.data())
def test_what_may_be_done_to_any_company(
    builder: Builder, company: Company, data: st.DataObject
) -> None:
    plain = builder.figures(company)

    # Nothing may change.
    mixed = {name: data.draw(st.permutations(rows)) for name, rows in company.sheets.items()}
    same(plain, builder.figures(company.with_rows(**mixed)), "rows in another order")
    split = Company(company.sheets, files=2)
    same(plain, builder.figures(split), "one file split into two")
    two = Company(company.sheets, sources=2)
    same(plain, builder.figures(two), "one source split into two")
    early = {"orders": company.sheets["orders"][: max(1, len(company.sheets["orders"]) // 2)]}
    nights = {AS_OF - dt.timedelta(days=1): {**company.sheets, **early}}
    same(plain, builder.figures(Company(company.sheets, nights=nights)), "loaded in two nights")
    later = {
        **company.sheets["orders"][0],
        "order_id": "LATER",
        "ordered_at": (AS_OF + dt.timedelta(days=1)).isoformat(),
    }
    ahead = company.with_rows(orders=[*company.sheets["orders"], later])
    same(plain, builder.figures(ahead), "an event after the as-of day")

    # Ids change, and nothing else: figures of a person are found under the new id.
    renamed = {
        name: [
            {
                column: f"X-{value}"
                if value
                and column in ("user_id", "owner_id")
                or column == "scope_id"
                and row["scope_type"] == "rep"
                else value
                for column, value in row.items()
            }
            for row in rows
        ]
        for name, rows in company.sheets.items()
    }
    found = values(builder.figures(company.with_rows(**renamed))).reset_index()
    people = found.scope_type == "rep"
    found.loc[people, "scope_id"] = found.scope_id[people].str.removeprefix("X-")
    pd.testing.assert_series_equal(
        values(plain), found.set_index([*found.columns[:-1]]).value.sort_index(), obj="other ids"
    )

    # All money times 7: amounts times 7, counts and shares as they were.
    times = {
        name: [
            {c: v * 7 if c in ("amount", "target_amount") else v for c, v in row.items()}
            for row in rows
        ]
        for name, rows in company.sheets.items()
    }
    richer = values(builder.figures(company.with_rows(**times)))
    expected = values(plain).copy()
    amounts = expected.index.get_level_values("metric").isin(MONEY)
    expected[amounts] *= 7
    pd.testing.assert_series_equal(expected, richer, obj="money times 7", rtol=1e-9)

    # 52 weeks earlier: weekly figures lie 52 weeks earlier.
    back = dt.timedelta(weeks=52)
    moved = {
        name: [
            {
                c: (dt.date.fromisoformat(v) - back).isoformat() if v and c.endswith("_at") else v
                for c, v in row.items()
            }
            for row in rows
        ]
        for name, rows in company.sheets.items()
        if name != "targets"
    }
    shifted = values(builder.figures(Company(moved, as_of=AS_OF - back)), SHIFTED).reset_index()
    shifted["period_start"] = shifted.period_start + back
    here, there = values(plain, SHIFTED).reset_index(), shifted
    weeks = [part[part.grain == "week"].reset_index(drop=True) for part in (here, there)]
    assert weeks[0].value.sum()
    pd.testing.assert_frame_equal(*weeks, obj="52 weeks earlier")

    # A team of its own with one person and one order: only the company and the new scopes change.
    other = company.with_rows(
        teams=[*company.sheets["teams"], {"team_id": "NEW", "team_name": "New", "region": "Far"}],
        users=[*company.sheets["users"], {"user_id": "NEW", "user_name": "New", "team_id": "NEW"}],
        orders=[
            *company.sheets["orders"],
            {**later, "ordered_at": AS_OF.isoformat(), "owner_id": "NEW"},
        ],
    )
    wider = values(builder.figures(other), ("revenue", "orders"))
    before = values(plain, ("revenue", "orders"))
    kept = before[before.index.get_level_values("scope_type").isin(["rep", "team", "region"])]
    assert kept.sum()
    pd.testing.assert_series_equal(kept, wider.loc[kept.index], obj="a team elsewhere")
    added = wider.loc[("revenue", "month", slice(None), "company", "company", "")].sum()
    told = before.loc[("revenue", "month", slice(None), "company", "company", "")].sum()
    assert added - told == later["amount"]
