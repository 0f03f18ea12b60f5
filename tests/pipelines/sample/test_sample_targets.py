"""Targets add up, healthy teams reach them, and the workbooks hold the same figures."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.sample import SampleCompany, write_sample
from pipelines.settings import load_settings


def sums(targets: pd.DataFrame, scope_type: str) -> pd.Series:
    chosen = targets[(targets["scope_type"] == scope_type) & (targets["metric"] == "revenue")]
    return chosen.groupby(["version", "period"])["target_amount"].sum()


@pytest.mark.parametrize("scope_type", ["rep", "team", "region", "product_line"])
def test_parts_add_up_to_the_company(company: SampleCompany, scope_type: str) -> None:
    targets = company.frames["targets"]
    whole = sums(targets, "company")
    assert len(whole) == 36 + 6
    pd.testing.assert_series_equal(sums(targets, scope_type), whole)


def test_a_team_is_the_sum_of_its_people(company: SampleCompany) -> None:
    targets, users = company.frames["targets"], company.frames["users"]
    reps = targets[targets["scope_type"] == "rep"]
    stays = reps.merge(users, left_on="scope_id", right_on="user_id")
    month = pd.to_datetime(stays["period"])
    last = pd.to_datetime(stays["valid_to"])
    inside = stays[(pd.to_datetime(stays["valid_from"]) <= month) & (last.isna() | (last > month))]
    assert len(inside) == len(reps)
    by_team = inside.groupby(["version", "period", "team_id"])["target_amount"].sum()
    teams = targets[(targets["scope_type"] == "team") & (targets["metric"] == "revenue")]
    stated = teams.set_index(["version", "period", "scope_id"])["target_amount"].sort_index()
    assert by_team.to_list() == stated.to_list()


def test_the_revision_changes_the_second_half_only(company: SampleCompany) -> None:
    targets = company.frames["targets"]
    teams = targets[(targets["scope_type"] == "team") & (targets["metric"] == "revenue")]
    revised = teams[teams["version"] == "年中调整"]
    assert set(revised["effective_from"].astype(str)) == {"2026-07-01"}
    assert sorted(revised["period"].unique()) == [f"2026-{month:02d}" for month in range(7, 13)]
    both = revised.merge(
        teams[teams["version"] == "年初"], on=["period", "scope_id"], suffixes=("", "_before")
    )
    assert len(both) == len(revised)
    change = both["target_amount"] / both["target_amount_before"]
    assert (change < 0.95).any()
    assert (change > 1.05).any()
    assert (change == 1).any()


def test_new_accounts_are_whole_numbers(company: SampleCompany) -> None:
    targets = company.frames["targets"]
    counts = targets[targets["metric"] == "new_accounts"]["target_amount"]
    assert len(counts) == 8 * 36
    assert (counts % 1 == 0).all()
    assert (counts >= 1).all()


def test_healthy_teams_end_their_quarters_near_the_target(
    large_without_risks: SampleCompany,
) -> None:
    frames = large_without_risks.frames
    orders, users = frames["orders"], frames["users"]
    orders = orders[orders["status"] != "已取消"]
    stays = orders.merge(users, left_on="owner_id", right_on="user_id")
    last = pd.to_datetime(stays["valid_to"]) + pd.Timedelta(days=1)
    inside = (stays["ordered_at"] >= pd.to_datetime(stays["valid_from"])) & (
        last.isna() | (stays["ordered_at"] < last)
    )
    stays = stays[inside]
    actual = stays.groupby(["team_id", stays["ordered_at"].dt.to_period("Q")])["amount"].sum()
    targets = frames["targets"]
    targets = targets[(targets["scope_type"] == "team") & (targets["metric"] == "revenue")]
    targets = targets.sort_values("effective_from").groupby(["scope_id", "period"]).last()
    quarter = pd.PeriodIndex(targets.index.get_level_values("period"), freq="M").asfreq("Q")
    target = targets.groupby([targets.index.get_level_values("scope_id"), quarter])
    attainment = (actual / target["target_amount"].sum().rename_axis(actual.index.names)).dropna()
    attainment = attainment[attainment.index.get_level_values(1) < pd.Period("2026Q4")]
    assert len(attainment) == 12 * 11
    assert attainment.mean() == pytest.approx(1.02, abs=0.04)
    assert attainment.between(0.9, 1.15).mean() > 0.85


def test_the_shipped_mappings_find_every_sheet_and_its_figures(tmp_path: Path) -> None:
    """The workbooks, read by hand along config/sources.yml, hold the canonical targets."""
    company = write_sample(tmp_path, reps=16)
    (source,) = load_settings().sources
    assert source.name == "sales_sheets"
    found: dict[tuple[str, str, str, str, str], Decimal] = defaultdict(Decimal)
    for path in sorted(tmp_path.glob("*.xlsx")):
        workbook = openpyxl.load_workbook(path, data_only=True)
        mapped = [file for file in source.files if fnmatch(path.name, file.match)]
        assert sorted(file.sheet or "" for file in mapped) == sorted(workbook.sheetnames)
        year = path.name.removeprefix("销售目标_")[:4]
        for file in mapped:
            factor = Decimal(10_000 if file.unit == "万元" else 1)
            for scope, month, amount in read_sheet(workbook[file.sheet], file.columns):
                values = file.values
                key = (
                    f"{year}-{month:02d}",
                    values["scope_type"],
                    values.get("scope_id", scope),
                    values["metric"],
                    values["version"],
                )
                assert key not in found
                found[key] = Decimal(repr(amount)) * factor
    targets = company.frames["targets"]
    columns = ["period", "scope_type", "scope_id", "metric", "version"]
    wanted = {
        tuple(row[:5]): Decimal(repr(row[5]))
        for row in targets[[*columns, "target_amount"]].itertuples(index=False)
    }
    assert dict(found) == wanted


def read_sheet(
    sheet: openpyxl.worksheet.worksheet.Worksheet, columns: dict[str, str]
) -> list[tuple[str, int, float]]:
    """(scope, month, amount) of the rows of a sheet; checks its totals on the way."""
    rows = list(sheet.iter_rows(min_row=3, values_only=True))
    headings = [below or above for above, below in zip(rows[0], rows[1], strict=True)]
    months = {i: int(str(h)[:-1]) for i, h in enumerate(headings) if str(h).endswith("月")}
    labels = min(months)
    scope = headings.index(columns["scope_id"]) if columns else 0
    result: list[tuple[str, int, float]] = []
    since: dict[int, float] = defaultdict(float)
    whole: dict[int, float] = defaultdict(float)
    for row in rows[2:]:
        if "小计" in row[:labels] or "合计" in row[:labels]:
            parts = since if "小计" in row[:labels] else whole
            for index in months:
                assert row[index] == pytest.approx(parts[index], abs=1e-6)
            since = defaultdict(float)
            continue
        for index, month in months.items():
            assert row[index] is not None  # no month is left open
            if row[index] != "-":
                result.append((row[scope], month, row[index]))
                since[index] += row[index]
                whole[index] += row[index]
        stated = sum(row[index] for index in months if row[index] != "-")
        assert row[len(headings) - 1] == pytest.approx(stated, abs=1e-6)
    return result


def test_target_sheets_look_as_people_keep_them(tmp_path: Path) -> None:
    write_sample(tmp_path, reps=16)
    workbook = openpyxl.load_workbook(tmp_path / "销售目标_2026年.xlsx")
    sheet = workbook["目标"]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:U1", "E3:H3", "A3:A4"} <= merged  # title, first quarter, a label over two rows
    assert sheet["A1"].value.startswith("2026年度销售目标")
    assert sheet["U2"].value == "单位：万元"
    assert any(area.startswith("B5:B") for area in merged)  # the first team
    assert any(str(cell.value).startswith("=SUM(") for row in sheet for cell in row)
