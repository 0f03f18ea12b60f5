"""Findings about stages, currencies and keys: bad data fails with its name, clean data passes."""

import pytest
from small_company import opportunity, order

from quality.findings import (
    check_currencies,
    check_open_without_account,
    check_references,
    check_stages,
)


def failed(results):
    return {result.check: result for result in results if not result.passed}


def test_clean_data_passes(warehouse, terms):
    connection = warehouse.connection
    results = [
        *check_stages(connection),
        *check_currencies(connection, terms),
        *check_references(connection),
        *check_open_without_account(connection),
    ]
    assert len(results) > 8
    assert failed(results) == {}


def test_an_unknown_stage_is_told_with_a_list_and_stops_nothing(warehouse):
    warehouse.load("opportunities", [opportunity("D8", "2026-10-01", stage="Negotiation?")])
    warehouse.load(
        "stage_history",
        [
            {
                "event_id": "E1",
                "opportunity_id": "D1",
                "from_stage": "Closed Won",
                "to_stage": "赢单",
                "changed_at": opportunity("x", "2026-10-01")["created_at"],
            }
        ],
    )
    found = failed(check_stages(warehouse.connection))
    assert set(found) == {"opportunities_stages_known", "stage_history_stages_known"}
    assert {result.severity for result in found.values()} == {"warning"}
    assert found["opportunities_stages_known"].sample == ("sheets: Negotiation? (1)",)
    # `Closed Won` is known for the source crm only.
    assert found["stage_history_stages_known"].sample == ("sheets: Closed Won (1)",)
    assert "不在 stages.csv 中" in found["opportunities_stages_known"].message_zh


@pytest.mark.parametrize(("currency", "on"), [("EUR", "2026-10-01"), ("USD", "2025-12-31")])
def test_an_order_without_a_rate_is_told_and_stops_nothing(warehouse, terms, currency, on):
    warehouse.load("orders", [order("O8", on, "5", currency=currency)])
    found = failed(check_currencies(warehouse.connection, terms))
    result = found["orders_have_exchange_rate"]
    assert (result.severity, result.failed_rows) == ("warning", 1)
    assert currency in result.message_en
    assert "O8" in result.message_en
    assert "exchange_rates.csv" in result.message_zh


def test_stages_and_currencies_that_are_unknown_in_general_stop_the_night(warehouse, terms):
    warehouse.load(
        "opportunities", [opportunity(f"Q{n}", "2026-10-01", stage="?") for n in range(6)]
    )
    warehouse.load("orders", [order(f"Q{n}", "2026-10-01", "5", currency="EUR") for n in range(6)])
    stages = failed(check_stages(warehouse.connection))
    rates = failed(check_currencies(warehouse.connection, terms))
    assert stages["opportunities_stages_known"].severity == "error"
    assert rates["orders_have_exchange_rate"].severity == "error"


@pytest.mark.parametrize(
    ("entity", "row", "check"),
    [
        ("orders", order("O8", "2026-10-01", "5", account_id="A404"), "orders_account_id_known"),
        ("orders", order("O8", "2026-10-01", "5", owner_id="U404"), "orders_owner_id_known"),
        (
            "opportunities",
            opportunity("D8", "2026-10-01", account_id="A404"),
            "opportunities_account_id_known",
        ),
        (
            "activities",
            {"activity_id": "V1", "owner_id": "U1", "opportunity_id": "D404"},
            "activities_opportunity_id_known",
        ),
    ],
)
def test_a_key_without_partner_warns_and_names_it(warehouse, entity, row, check):
    warehouse.load(entity, [row])
    found = failed(check_references(warehouse.connection))
    assert set(found) == {check}
    assert found[check].severity == "warning"
    assert found[check].failed_rows == 1
    assert "404" in found[check].sample[0]


def test_no_accounts_at_all_is_no_orphan(warehouse):
    warehouse.execute("delete from raw.spreadsheet__accounts")
    warehouse.execute("delete from config.extracts where entity = 'accounts'")
    checks = {result.check for result in check_references(warehouse.connection)}
    assert "orders_account_id_known" not in checks
    assert "orders_owner_id_known" in checks


def test_open_deals_without_account_are_counted_for_information(warehouse):
    warehouse.execute("insert into marts.fct_opportunities values ('D9', null, 'open', 1, null)")
    (result,) = check_open_without_account(warehouse.connection)
    assert (result.passed, result.severity, result.failed_rows) == (False, "info", 1)
    assert result.message_en.startswith("1 of 2 open opportunities have no account")
