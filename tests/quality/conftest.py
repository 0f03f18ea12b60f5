"""The small companies that every test of quality starts from."""

import datetime as dt

import pytest
from small_company import Warehouse, opportunity, order

from quality.reconciliation import Terms


@pytest.fixture
def empty_warehouse():
    made = Warehouse()
    yield made
    made.connection.close()


@pytest.fixture
def warehouse(empty_warehouse):
    """A company whose loaded rows and marts agree in every respect."""
    made = empty_warehouse
    made.load("teams", [{"team_id": "T1", "team_name": "华东一队", "region": "华东"}])
    made.load("users", [{"user_id": "U1", "user_name": "王芳", "team_id": "T1"}])
    made.load("accounts", [{"account_id": "A1", "account_name": "上海远航科技", "owner_id": "U1"}])
    made.load(
        "opportunities",
        [
            opportunity("D1", "2026-09-01", product_line="GTX Pro"),
            opportunity("D2", "2026-10-02", product_line="MG Special"),
            # Dated after the as-of day in the company's time zone, so not in the marts.
            opportunity("D3", "2026-10-30T16:30", product_line="GTX Pro"),
        ],
    )
    made.load(
        "orders",
        [
            order("O1", "2026-09-15", "100.10", product_line="GTX Pro", opportunity_id="D1"),
            # 17:00 UTC on the last day of September is already October in Shanghai.
            order("O2", "2026-09-30T17:00", "200.20", product_line="MG Special"),
            order("O3", "2026-10-11", "10.00", currency="usd", product_line="GTX Pro"),
            order("O4", "2026-10-12", "999.00", status="已取消", product_line="GTX Pro"),
            order("O5", "2026-10-31", "888.00", product_line="GTX Pro"),
        ],
    )
    made.execute(
        "insert into marts.fct_orders values ('O1', '2026-09-15', 100.10, false), "
        "('O2', '2026-10-01', 200.20, false), ('O3', '2026-10-11', 72.00, false), "
        "('O4', '2026-10-12', 999.00, true)"
    )
    made.execute(
        "insert into marts.fct_opportunities values ('D1', 'A1', 'won', 55.50, '2026-10-05'), "
        "('D2', 'A1', 'open', 100, null)"
    )
    made.execute(
        "insert into marts.fct_target_completion values "
        "('month', '2026-09-01', 'company', 'company', 'revenue', 100.10), "
        "('month', '2026-10-01', 'company', 'company', 'revenue', 272.20), "
        "('month', '2026-11-01', 'company', 'company', 'revenue', 0), "
        "('month', '2026-10-01', 'company', 'company', 'orders', 2), "
        "('month', '2026-10-01', 'team', 'T1', 'revenue', 1), "
        "('quarter', '2026-10-01', 'company', 'company', 'revenue', 272.20)"
    )
    return made


@pytest.fixture
def terms():
    return Terms(dt.date(2026, 10, 30), "Asia/Shanghai", "CNY")
