"""What the acting employee may see, what the options may say, and that nothing is ever written."""

from __future__ import annotations

import pytest
from fxiaoke_source import DAY, DEAL, Tenant

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import Failure, PermanentFailure
from pipelines.sources.fxiaoke.tenant import Tenant as Asking
from pipelines.sources.http import Outgoing
from pipelines.sources.protocol import in_both

# Rights and fields ---------------------------------------------------------------------------------


def test_a_hidden_field_is_told_and_once_read_it_must_stay(deals: Tenant) -> None:
    deals.simulator.hidden.add((DEAL, "lost_reason__c"))
    report = deals.load()
    assert "not shown: label:输单原因" in str(report.extracts["opportunity"].message)
    deals.simulator.hidden.add((DEAL, "amount"))
    deals.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match="amount") as caught:
        deals.load()
    assert f"{DEAL}.amount" in str(caught.value)
    report = deals.load(without=[f"{DEAL}.amount"])
    assert "fields gone from the tenant: amount" in str(report.extracts["opportunity"].message)


def test_a_hidden_field_that_is_needed_stops_the_load(deals: Tenant) -> None:
    deals.simulator.hidden.add((DEAL, "owner"))
    with pytest.raises(PermanentFailure, match="字段权限"):
        deals.load()


def test_a_mapped_field_that_is_renamed_stops_the_load(deals: Tenant) -> None:
    with pytest.raises(PermanentFailure, match="line_2__c"):
        deals.load(fields={"opportunities": {"product_line": "line_2__c"}})


@pytest.mark.parametrize("how", ["inactive", "forbidden"])
def test_optional_objects_may_be_missing(deals: Tenant, how: str) -> None:
    getattr(deals.simulator, how).update({"ActiveRecordObj", "SalesOrderObj", "GoalValueObj"})
    report = deals.load()
    for table in ("active_record", "sales_order", "goal_value"):
        assert report.extracts.get(table) is None or report.extracts[table].rows == 0
    assert str(report.extracts["sales_order"].message).startswith("SalesOrderObj: ")
    said = {"inactive": "在此租户中未启用", "forbidden": "系统返回“code "}[how]
    assert str(
        in_both(report.extracts["sales_order"].message, report.extracts["sales_order"].message_zh)[
            1
        ]
    ).startswith(f"SalesOrderObj：{said}")
    assert len(report.rows["opportunity"]) == 25


def test_an_object_that_was_there_and_is_no_more_stops_the_load(deals: Tenant) -> None:
    deals.load()
    deals.simulator.forbidden.add("SalesOrderObj")
    deals.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match="read before") as caught:
        deals.load()
    assert "options.skip" in str(caught.value)
    report = deals.load(skip=["SalesOrderObj"])
    assert "sales_order" not in report.extracts


def test_deals_without_rights_stop_the_load(deals: Tenant) -> None:
    deals.simulator.forbidden.add(DEAL)
    with pytest.raises(PermanentFailure, match="没有NewOpportunityObj权限"):
        deals.load()


def test_records_lost_by_a_lost_right_are_no_deletions(deals: Tenant) -> None:
    deals.load()
    keys = list(deals.simulator.data[DEAL])
    for key in keys[:15]:
        deals.simulator.remove(DEAL, key)
    deals.simulator.advance(DAY)
    with pytest.raises(PermanentFailure, match="10 records are shown, 25 at the last load"):
        deals.load()
    deals.load(largest_drop=1)
    assert deals.seen() == deals.expected()


def test_a_value_that_does_not_fit_goes_to_the_quarantine(deals: Tenant) -> None:
    bad = deals.simulator.put(DEAL, owner="1000", amount="面议")
    deals.simulator.advance(1)
    report = deals.load()
    (rejection,) = report.rejections
    assert (rejection.address, rejection.column, rejection.value) == (bad, "amount", "面议")
    extract = report.extracts["opportunity"]
    assert (extract.rows, extract.rejected_rows, extract.source_rows) == (25, 1, 26)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"user_id": None}, "user_id"),
        ({"page_size": 500}, "page_size"),
        ({"currency": "元"}, "currency"),
        ({"skip": [DEAL]}, "skip"),
        ({"fields": {"deals": {}}}, "fields"),
        ({"fields": {"orders": {"sum": "x"}}}, "fields.orders"),
        ({"objects": {"orders": {"object": "d__c", "fields": {}}}}, "account_id"),
        ({"goal_rules": {"r": "profit"}}, "goal_rules"),
        ({"timezone": "Mars"}, "timezone"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_wrong_options_are_named(deals: Tenant, options: dict, word: str) -> None:
    with pytest.raises(ConfigurationError, match=word):
        deals.connector(**options)


# Only reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/cgi/crm/v2/data/create",
        "/cgi/crm/v2/data/update",
        "/cgi/crm/v2/data/invalid",
        "/cgi/crm/custom/v2/data/delete",
        "/cgi/message/send",
        "/cgi/user/get/batchByUpdTime",
    ],
)
def test_nothing_but_reading_can_be_sent(deals: Tenant, path: str) -> None:
    connector = deals.connector()
    asking = Asking(connector.source, connector.options)
    with asking.client, pytest.raises(Failure, match="only reads"):
        asking.client.send(Outgoing("POST", path))
    assert not [seen for seen in deals.simulator.seen if seen.request.path == path]


def test_a_stage_that_is_not_shown_stops_unless_another_field_holds_it(deals):
    deals.simulator.hidden.add((DEAL, "sales_stage"))
    found = next(f for f in deals.connector().check() if str(f.subject).endswith(DEAL))
    assert not found.ok
    assert "sales_stage" in str(found.text)
    with pytest.raises(PermanentFailure, match="sales_stage"):
        deals.load()
    deals.load(fields={"opportunities": {"stage": "product_line__c"}})
