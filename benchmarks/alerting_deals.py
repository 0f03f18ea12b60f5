"""Missed targets on a public list of real-looking deals: how early, how often right.

    python -m benchmarks.alerting_deals FOLDER PATH_TO_crm-sales-opportunities

The list has no targets, so they are derived the way sales departments do it from the past: a
seller's target of a quarter is what he closed in the quarter before, or the mean of the two before. It keeps one amount per deal, which
is the booked value of a won one and 0 of a lost one: nobody knew that while the deal was open. So won
deals become orders of their day, and opportunities carry the list price of their product.
Closings begin on 2017-03-01, so that the first whole quarter is April to June, and 30 sellers have
units in July to September (to tune on) and in October to December (to quote).

Add here: a figure about these deals. Keep out: generated companies (`alerting.py`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import sys
from pathlib import Path

import pandas as pd

from benchmarks.alerting_ceiling import ceiling
from benchmarks.alerting_companies import Built, build_tables, kept_tables
from pipelines.alerting.evaluation import evaluate
from pipelines.alerting.records.comparisons import comparisons
from pipelines.alerting.records.target_units import unit_figures
from pipelines.alerting.records.truth import period_outcomes
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.settings import PROJECT

TUNED_ON, QUOTED_ON = pd.Timestamp("2017-07-01"), pd.Timestamp("2017-10-01")
COMPANY = """\
name: Hardware seller
language: en
currency: USD
timezone: America/New_York
calendar: US
revenue_basis: orders
clock: 2017-12-31
"""
SOURCES = """\
sources:
  - name: deals
    system: spreadsheet
    folder: ../sheets
    files:
      - match: opportunities.csv
        entity: opportunities
        columns: {opportunity_id: opportunity_id, owner_id: sales_agent, product_line: product,
                  account_id: account, stage: deal_stage, created_at: engage_date,
                  closed_at: close_date, amount: sales_price}
        defaults: {created_at: "2017-12-31"}
        unit: unit
      - match: orders.csv
        entity: orders
        unit: unit
      - match: sales_teams.csv
        entity: users
        columns: {user_id: sales_agent, user_name: sales_agent, team_id: manager}
      - match: targets.csv
        entity: targets
        unit: unit
"""
STAGES = """\
source,source_stage,stage,stage_order,outcome
*,Prospecting,Prospecting,1,open
*,Engaging,Engaging,2,open
*,Won,Won,3,won
*,Lost,Lost,4,lost
"""


def sheets(dataset: Path, folder: Path) -> None:
    """Write the list as the sheets that `SOURCES` describes."""
    deals = pd.read_csv(dataset / "sales_pipeline.csv")
    prices = pd.read_csv(dataset / "products.csv").set_index("product")["sales_price"]
    known = deals["product"].replace({"GTXPro": "GTX Pro"}).map(prices)
    opportunities = deals.assign(sales_price=known).drop(columns="close_value")
    opportunities.to_csv(folder / "opportunities.csv", index=False)
    won = deals[deals["deal_stage"] == "Won"]
    orders = pd.DataFrame(
        {
            "order_id": "O" + won["opportunity_id"],
            "opportunity_id": won["opportunity_id"],
            "account_id": won["account"],
            "owner_id": won["sales_agent"],
            "product_line": won["product"],
            "amount": won["close_value"],
            "ordered_at": won["close_date"],
        }
    )
    orders.to_csv(folder / "orders.csv", index=False)
    shutil.copy(dataset / "sales_teams.csv", folder)
    derived_targets(deals).to_csv(folder / "targets.csv", index=False)


def derived_targets(deals: pd.DataFrame) -> pd.DataFrame:
    """Rows of `targets`, one per seller and quarter: Q3 = Q2, Q4 = mean of Q2 and Q3."""
    won = deals[deals["deal_stage"] == "Won"]
    quarter = pd.to_datetime(won["close_date"]).dt.quarter
    sums = won.pivot_table(
        index="sales_agent", columns=quarter, values="close_value", aggfunc="sum", fill_value=0
    )
    targets = pd.DataFrame({"2017-Q3": sums[2], "2017-Q4": (sums[2] + sums[3]) / 2})
    rows = targets.melt(ignore_index=False, var_name="period", value_name="target_amount")
    rows = rows.rename_axis("scope_id").reset_index()
    rows = rows[rows["target_amount"] > 0]
    return rows.assign(scope_type="rep", metric="revenue", version="derived")


def company(folder: Path, dataset: Path) -> Built:
    """The installation, built on the first call."""
    kept = folder / "deals"
    if not (kept / "done.json").is_file():
        work = folder / "deals.building"
        shutil.rmtree(work, ignore_errors=True)
        (work / "config").mkdir(parents=True)
        (work / "sheets").mkdir()
        for name, text in (
            ("company.yml", COMPANY),
            ("sources.yml", SOURCES),
            ("stages.csv", STAGES),
        ):
            (work / "config" / name).write_text(text)
        sheets(dataset, work / "sheets")
        build_tables(work, kept)
        shutil.rmtree(work)
    return kept_tables(kept)


def first_leads(built: Built, rule: Rule, level: str) -> pd.Series:
    """Days before the quarter's end on which a seller's quarter first reached the level."""
    found = evaluate(built.metrics, built.completion, [rule], built.scopes, as_of=built.as_of)
    rows = pd.concat([found.episodes, found.watched])
    rows = rows[rows["scope_type"] == "rep"]
    day = rows["opened_on"] if level == "warning" else rows["danger_on"]
    ends = pd.to_datetime(rows["period_start"]) + pd.offsets.QuarterEnd(startingMonth=12)
    lead = (ends - pd.to_datetime(day)).dt.days.astype(float)
    index = pd.MultiIndex.from_arrays([rows["scope_id"], pd.to_datetime(rows["period_start"])])
    return pd.Series(lead.to_numpy(), index=index).groupby(level=[0, 1]).max()


def figures(
    built: Built, rule: Rule, level: str, start: pd.Timestamp, at_least: int
) -> dict[str, float]:
    """Precision and recall of one level over the sellers' quarter that begins on `start`; only
    what was said `at_least` days before its end counts as said.
    """
    outcomes = period_outcomes(built.metrics, built.completion, as_of=built.as_of + dt.timedelta(1))
    units = outcomes[
        (outcomes["scope_type"] == "rep")
        & (outcomes["period_type"] == "quarter")
        & (pd.to_datetime(outcomes["period_start"]) == start)
    ]
    leads = first_leads(built, rule, level)
    index = pd.MultiIndex.from_arrays([units["scope_id"], pd.to_datetime(units["period_start"])])
    own = pd.Series(leads.reindex(index).to_numpy(dtype=float), index=units.index)
    return unit_figures(units, own.where(own >= at_least))


def with_limit(rule: Rule, limit: float, *, calibrate: bool) -> Rule:
    """The rule with one limit for both levels, so that `danger` is when it was reached."""
    condition = rule.condition.model_copy(
        update={
            "warning": limit - 1e-3,
            "late_warning": None,
            "close": None,
            "danger": limit,
            "calibrate": calibrate,
        }
    )
    return rule.model_copy(update={"condition": condition, "raised_by": ()})


def table(built: Built, rule: Rule) -> pd.DataFrame:
    """The shipped limits, then the curve over limits: precision and recall in the quarter to tune
    on and in the quarter to quote, counting what was said 45, 30 and 7 days before the end.
    """
    shipped = rule.condition
    trials = [
        (f"shipped {level}", rule, level, least)
        for level, days in (("warning", (45, 7)), ("danger", (30, 7)))
        for least in days
    ]
    for calibrate in (shipped.calibrate, not shipped.calibrate):  # type: ignore[union-attr]
        for limit in (0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9):
            named = f"p >= {limit:g}{'' if calibrate else ', as it came'}"
            varied = with_limit(rule, limit, calibrate=calibrate)
            trials += [(named, varied, "danger", least) for least in (45, 30, 7)]
    rows = []
    for name, trial, level, least in trials:
        row: dict[str, object] = {"rule": name, "days_before": least}
        for label, start in (("q3", TUNED_ON), ("q4", QUOTED_ON)):
            found = figures(built, trial, level, start, least)
            row |= {f"{label}_fired": found["fired"], f"{label}_precision": found["precision"]}
            row |= {f"{label}_recall": found["recall"], f"{label}_lead": found["median_lead_days"]}
        rows.append(row)
    return pd.DataFrame(rows)


def last_word(built: Built, start: pd.Timestamp, at_least: int) -> pd.Series:
    """Probability of missing of each seller's quarter on the last evaluation that is `at_least` days
    before its end.
    """
    rows = built.completion
    rows = rows[
        (rows["scope_type"] == "rep")
        & (rows["period_type"] == "quarter")
        & (rows["metric"] == "revenue")
        & (pd.to_datetime(rows["period_start"]) == start)
        & rows["miss_probability"].notna()
    ]
    left = pd.to_datetime(rows["period_end"]) - pd.to_datetime(rows["as_of"])
    rows = rows[left >= pd.Timedelta(at_least, "D")]
    return rows.sort_values("as_of").groupby("scope_id")["miss_probability"].last()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("dataset", type=Path)
    given = parser.parse_args()
    built = company(given.folder, given.dataset)
    rules, _ = load_rules(PROJECT / "config" / "alert_rules.yml")
    rule = next(rule for rule in rules if rule.name == "quarter_target_at_risk")
    outcomes = period_outcomes(built.metrics, built.completion, as_of=built.as_of + dt.timedelta(1))
    sellers = outcomes[(outcomes["scope_type"] == "rep") & (outcomes["period_type"] == "quarter")]
    with pd.option_context("display.width", 200, "display.max_rows", 500):
        for title, frame in (
            (
                "Sellers' quarters: July to September (q3) and October to December (q4)",
                table(built, rule),
            ),
            ("Simple forecasters over both quarters", comparisons(sellers, built.completion)),
            (
                "October to December, 45 days ahead: what these probabilities could reach at best",
                ceiling(
                    last_word(built, QUOTED_ON, 45).to_numpy(),
                    (0.3, 0.4, 0.5, 0.6),
                    precision=0.7,
                    recall=0.9,
                ),
            ),
        ):
            sys.stdout.write(f"\n{title}\n{frame.round(2).to_string(index=False, na_rep='—')}\n")


if __name__ == "__main__":
    main()
