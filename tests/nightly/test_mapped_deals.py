"""A list of deals as another company keeps it: other headings, no history, no targets, no orders."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from nightly_site import SHIPPED, Installation, take_up_simulated

pytestmark = pytest.mark.nightly

COMPANY = """\
name: Northwind Pumps
language: en
currency: USD
timezone: America/New_York
calendar: US
revenue_basis: won
clock: 2025-12-31
"""
SOURCES = """\
sources:
  - name: deals
    system: spreadsheet
    folder: ../sheets
    files:
      - match: deal_list.csv
        entity: opportunities
        columns: {opportunity_id: Deal, owner_id: Seller, product_line: Product, account_id: Customer,
                  stage: Status, created_at: Started, closed_at: Closed, amount: Value}
        defaults: {created_at: "2025-01-02"}
      - match: sellers.csv
        entity: users
        columns: {user_id: Seller, user_name: Seller, team_id: Manager}
"""
STAGES = """\
source,source_stage,stage,stage_order,outcome
*,Looking,Looking,1,open
*,Talking,Talking,2,open
*,Won,Won,3,won
*,Lost,Lost,4,lost
"""


def deals() -> list[dict[str, str]]:
    """96 deals: half won, a quarter lost with value 0, the rest open, some without a customer."""
    rows = []
    for number in range(96):
        status = ("Won", "Lost", "Won", ("Talking", "Looking")[number % 8 == 7])[number % 4]
        started = dt.date(2025, 1, 2) + dt.timedelta(days=3 * number)
        closed = started + dt.timedelta(days=40)
        ended = status in ("Won", "Lost")
        rows.append(
            {
                "Deal": f"D{number:03}",
                "Seller": f"Seller {number % 5}",
                "Product": ("Pump A", "PumpB")[number % 2],
                "Customer": "" if status == "Looking" else f"Customer {number % 7}",
                "Status": status,
                "Started": "" if status == "Looking" else started.isoformat(),
                "Closed": closed.isoformat() if ended else "",
                "Value": {"Won": str(1000 + number), "Lost": "0"}.get(status, ""),
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_every_deal_arrives_and_what_does_not_match_is_told(tmp_path: Path) -> None:
    site = Installation(tmp_path)
    site.config.mkdir()
    (tmp_path / "sheets").mkdir()
    for name, text in (("company.yml", COMPANY), ("sources.yml", SOURCES), ("stages.csv", STAGES)):
        (site.config / name).write_text(text)
    for name in ("alert_rules.yml", "recipients.yml"):
        (site.config / name).write_bytes((SHIPPED / name).read_bytes())
    (site.config / "product_lines.csv").write_text("product_line\nPump A\nPump B\n")
    rows = deals()
    write(tmp_path / "sheets" / "deal_list.csv", rows)
    sellers = [{"Seller": f"Seller {n}", "Manager": ("North", "South")[n % 2]} for n in range(5)]
    write(tmp_path / "sheets" / "sellers.csv", sellers)
    take_up_simulated(site)
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr

    won = [row for row in rows if row["Status"] == "Won"]
    found = dict(
        site.query(
            "select outcome, (count(*), sum(amount)) from marts.fct_opportunities group by 1"
        )
    )
    assert found["won"] == (len(won), sum(Decimal(row["Value"]) for row in won))
    assert found["lost"] == (24, Decimal(0))
    nobody = sum(1 for row in rows if not row["Customer"])
    assert site.query(
        "select count(*) from marts.fct_opportunities where account_id is null and outcome = 'open'"
    ) == [(nobody,)]
    rate = site.query(
        "select sum(numerator), sum(denominator) from marts.fct_metrics "
        "where metric = 'win_rate' and grain = 'month' and scope_type = 'company'"
    )
    assert rate == [(len(won), len(won) + 24)]
    told = site.query(
        "select message_en, failed_rows from marts.rpt_data_quality "
        "where \"check\" = 'opportunities_product_line_known'"
    )
    assert told[0][1] == 48
    assert "PumpB" in told[0][0]
    assert "Pump B" in told[0][0]
    kept = site.query("select count(*) from marts.fct_opportunities where product_line = 'PumpB'")
    assert kept == [(48,)]
