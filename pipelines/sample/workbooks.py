"""Target workbooks as sales departments keep them: months as columns, 万元, merged cells, totals.

Add here: which workbooks and sheets there are. Keep out: how a sheet looks (`target_sheets.py`) and
what the targets are (`plan.py`).

One workbook per year (`销售目标_2026年.xlsx`) with a sheet per level, and one for the mid-year revision
(`销售目标_2026年_年中调整.xlsx`) with the months from July on. Totals are formulas with stored values.
A month in which a person holds no seat has a dash: that is no target, not a target of zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipelines.sample.company import SampleCompany
from pipelines.sample.plan import rep_months
from pipelines.sample.target_sheets import Line, Sheet, write_workbook

TEN_THOUSAND = 10_000.0


def write_workbooks(company: SampleCompany, directory: Path) -> list[Path]:
    """Write one workbook per year and one for the revision; returns their paths."""
    written = []
    plan = company.plan
    for year in plan.years:
        path = directory / f"销售目标_{year}年.xlsx"
        months = plan.months(company.organisation, year)
        sheets = list(_sheets(company, f"{year}年度", months, plan.original, plan.original_lines))
        sheets.append(_new_accounts(company, f"{year}年度", months))
        write_workbook(path, sheets, first_month=1, created=dt.datetime(year, 1, 4, 9, 0))
        written.append(path)
    if plan.revised_year is not None:
        year = plan.revised_year
        path = directory / f"销售目标_{year}年_年中调整.xlsx"
        months = plan.months(company.organisation, year)[6:]
        title = f"{year}年下半年调整后"
        sheets = list(_sheets(company, title, months, plan.revised, plan.revised_lines))
        write_workbook(path, sheets, first_month=7, created=dt.datetime(year, 7, 1, 9, 0))
        written.append(path)
    return written


def _sheets(
    company: SampleCompany, title: str, months: list[int], seats: np.ndarray, lines: np.ndarray
) -> Iterator[Sheet]:
    """Revenue targets in 万元 by rep, team, region, product line, and of the company."""
    organisation = company.organisation
    words = organisation.words
    unit = "单位：万元"

    def cells(row: np.ndarray) -> np.ndarray:
        amounts = row[months] / TEN_THOUSAND
        return np.where(row[months] > 0, np.round(amounts, 2), np.nan)

    reps = Sheet(
        "目标",
        f"{title}销售目标（{company.name}）",
        unit,
        ("区域", "部门", "工号", "姓名"),
        merge=2,
    )
    people = 0
    for team in range(organisation.teams):
        region = words.regions[int(organisation.region_of_team[team])]
        rows = rep_months(organisation, seats, team)
        rows = {person: row for person, row in sorted(rows.items()) if (row[months] > 0).any()}
        for person, row in rows.items():
            labels = (
                region,
                organisation.team_name(team),
                organisation.rep_id(person),
                organisation.rep_name(person),
            )
            reps.lines.append(Line(labels, cells(row)))
        people += len(rows)
        reps.total("小计", 1, len(rows))
    reps.total("合计", 0, people)
    yield reps

    teams = Sheet("团队目标", f"{title}团队目标", unit, ("区域", "团队编号", "团队名称"), merge=1)
    for team in range(organisation.teams):
        region = words.regions[int(organisation.region_of_team[team])]
        row = seats[organisation.team_of_seat == team].sum(axis=0)
        teams.lines.append(
            Line((region, organisation.team_id(team), organisation.team_name(team)), cells(row))
        )
    teams.total("合计", 0, organisation.teams)
    yield teams

    regions = Sheet("区域目标", f"{title}区域目标", unit, ("区域",))
    for number in range(organisation.regions):
        row = seats[organisation.region_of_seat == number].sum(axis=0)
        regions.lines.append(Line((words.regions[number],), cells(row)))
    regions.total("合计", 0, organisation.regions)
    yield regions

    products = Sheet("产品线目标", f"{title}产品线目标", unit, ("产品线",))
    for name, row in zip(words.product_lines, lines, strict=True):
        products.lines.append(Line((name,), cells(row)))
    products.total("合计", 0, len(words.product_lines))
    yield products

    whole = Sheet("公司目标", f"{title}公司目标", unit, ("公司",))
    whole.lines.append(Line((company.name,), cells(seats.sum(axis=0))))
    yield whole


def _new_accounts(company: SampleCompany, title: str, months: list[int]) -> Sheet:
    organisation = company.organisation
    sheet = Sheet("新客户目标", f"{title}新增客户数目标", "单位：家", ("团队编号", "团队名称"))
    for team in range(organisation.teams):
        row = company.plan.new_accounts[team][months]
        sheet.lines.append(Line((organisation.team_id(team), organisation.team_name(team)), row))
    sheet.total("合计", 0, organisation.teams)
    return sheet
