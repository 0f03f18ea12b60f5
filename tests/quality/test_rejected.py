"""Rows in the quarantine and files refused or gone are told, with place and reason."""

import pytest
from small_company import LOADED_AT

from quality.rejected import check_files, check_rejected_rows
from quality.volume import feed_rows


def reject(warehouse, reason, address, column="amount", value="12.3.4", reason_zh=None):
    warehouse.connection.execute(
        "insert into config.rejected "
        "values ('sheets', 'orders', 'orders.csv', ?, ?, ?, ?, ?, null, now())",
        [address, column, value, reason, reason_zh],
    )


def test_nothing_rejected_passes(empty_warehouse):
    empty_warehouse.extract("orders", rows=10)
    results = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())
    assert [(r.check, r.passed) for r in results] == [("rejected_share", True)]
    assert [r.passed for r in check_files(empty_warehouse.extracts())] == [True, True, True]


def test_a_warning_per_column_with_reasons_and_cells(empty_warehouse):
    empty_warehouse.extract("orders", rows=100, rejected_rows=4)
    reject(empty_warehouse, "12.3.4 is not an amount", "订单!E4")
    reject(empty_warehouse, "13800000000 is not an amount", "订单!E9", value="13800000000")
    reject(empty_warehouse, "amount is required and the cell is empty", "订单!E11", value=None)
    reject(empty_warehouse, "the key O-17 already stands in row 5", "订单!A6", "order_id", "O-17")
    results = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())
    found = {r.subject: r for r in results if not r.passed}
    assert set(found) == {"sheets.orders.amount", "sheets.orders.order_id"}
    amount, key = found["sheets.orders.amount"], found["sheets.orders.order_id"]
    assert (amount.severity, amount.failed_rows, key.failed_rows) == ("warning", 3, 1)
    assert amount.sample == ("orders.csv 订单!E4", "orders.csv 订单!E9", "orders.csv 订单!E11")
    assert amount.message_en == (
        "3 rows were set aside in the quarantine: … is not an amount; amount is required and the "
        "cell is empty, for example orders.csv 订单!E4, orders.csv 订单!E9, orders.csv 订单!E11."
    )
    assert "the key … already stands in row …" in key.message_zh
    # A value may be a phone number in the wrong column: the place is enough to find it.
    assert not any("13800000000" in str(result) for result in results)


def test_each_language_has_the_reason_in_its_own_words(empty_warehouse):
    empty_warehouse.extract("orders", rows=100, rejected_rows=3)
    for value, place in (("金额", "订单!E4"), ("13800000000", "订单!E9")):
        reason, reason_zh = f"'{value}' is not an amount", f"“{value}”不是金额"
        reject(empty_warehouse, reason, place, value=value, reason_zh=reason_zh)
    result = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())[0]
    places = "orders.csv 订单!E4、orders.csv 订单!E9"
    assert result.message_zh == f"2 行读不出，已放入隔离区：…不是金额，例如 {places}。"
    assert "in the quarantine: … is not an amount, for example" in result.message_en
    # A load of an earlier version, or a source that speaks English only.
    reject(empty_warehouse, "amount is required and the cell is empty", "订单!E11", value=None)
    result = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())[0]
    assert "…不是金额；amount is required and the cell is empty，例如" in result.message_zh


@pytest.mark.parametrize(("rejected", "passed"), [(17, True), (18, False)])
def test_a_feed_that_lost_too_much_is_an_error(empty_warehouse, rejected, passed):
    empty_warehouse.extract("orders", rows=100, rejected_rows=rejected)
    (result,) = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())
    assert (result.check, result.severity, result.passed) == ("rejected_share", "error", passed)
    assert f"{rejected} of {100 + rejected} rows" in result.message_en


def failed_files(warehouse):
    return {r.check: r for r in check_files(warehouse.extracts()) if not r.passed}


def test_a_refused_and_a_vanished_file_are_named_with_their_message(empty_warehouse):
    empty_warehouse.extract(
        "targets", file="目标.xlsx", state="rejected", message="目标!E4: 合计不等于各行之和。"
    )
    empty_warehouse.extract("targets", file="旧目标.xlsx", state="gone")
    empty_warehouse.extract("targets", file="good.xlsx", rows=3)
    found = failed_files(empty_warehouse)
    refused, gone = found["rejected_files"], found["withdrawn_files"]
    assert {r.severity for r in found.values()} == {"warning"}
    assert refused.subject == "sheets.targets 目标.xlsx"
    assert refused.message_zh == (
        "整个文件未被采用，上一个有效版本继续生效：目标!E4: 合计不等于各行之和。"
    )
    assert gone.subject == "sheets.targets 旧目标.xlsx"
    assert gone.message_en == "The rows of this file were withdrawn."


def test_what_became_of_a_file_is_told_in_both_languages(empty_warehouse):
    empty_warehouse.extract(
        "targets",
        file="目标.xlsx",
        state="rejected",
        message="目标!E4: '12.3.4' is not an amount.",
        message_zh="目标!E4：“12.3.4”不是金额。",
    )
    refused = failed_files(empty_warehouse)["rejected_files"]
    assert refused.message_zh == (
        "整个文件未被采用，上一个有效版本继续生效：目标!E4：“12.3.4”不是金额。"
    )
    assert refused.message_en == "The whole file was refused: 目标!E4: '12.3.4' is not an amount."


def test_a_table_of_a_system_is_no_file(empty_warehouse):
    texts = {"message": "Deals is not read", "message_zh": "没有读取 Deals"}
    empty_warehouse.extract("deals", file=None, state="rejected", **texts)
    refused = failed_files(empty_warehouse)["rejected_files"]
    assert refused.message_zh == "没有加载，上次加载的数据继续生效：没有读取 Deals。"
    assert (
        refused.message_en == "Nothing was loaded; the last load stays in force: Deals is not read."
    )
    texts = {"message": "a remark", "message_zh": "一条说明"}
    empty_warehouse.extract("accounts", file=None, rows=3, **texts)
    remark = next(r for r in check_files(empty_warehouse.extracts()) if "accounts" in r.subject)
    assert remark.message_zh == "已加载，请注意：一条说明。"


def test_a_file_that_nothing_matches_is_told_and_is_no_feed(empty_warehouse):
    empty_warehouse.extract("", file="备忘.xlsx", state="rejected", message="no mapping matches it")
    result = failed_files(empty_warehouse)["rejected_files"]
    assert result.subject == "sheets 备忘.xlsx"
    assert result.message_en == "The file was not read: no mapping matches it."
    shares = check_rejected_rows(empty_warehouse.rejected(), empty_warehouse.extracts())
    assert shares == []
    assert feed_rows(empty_warehouse.extracts()) == []


def test_a_file_is_gone_once_and_not_every_night(empty_warehouse):
    empty_warehouse.extract("targets", file="old.xlsx", state="gone")
    assert set(failed_files(empty_warehouse)) == {"withdrawn_files"}
    empty_warehouse.extract(
        "orders", rows=3, loaded_at=LOADED_AT.replace(day=31), message="3 totals rows left out"
    )
    assert failed_files(empty_warehouse) == {}
    remark = next(r for r in check_files(empty_warehouse.extracts()) if "totals" in r.message_en)
    assert (remark.check, remark.severity, remark.passed) == ("remarks_on_files", "info", True)


def test_a_remark_that_warns_is_a_warning(empty_warehouse):
    empty_warehouse.extract("targets", rows=3, message="WARNING: the targets total +900%")
    result = failed_files(empty_warehouse)["remarks_on_files"]
    assert result.severity == "warning"
    assert "+900%" in result.message_zh
    texts = {"message": "WARNING: +900%", "message_zh": "警告：相差 +900%"}
    empty_warehouse.extract("targets", file="b.xlsx", rows=3, **texts)
    found = [r for r in check_files(empty_warehouse.extracts()) if "b.xlsx" in r.subject]
    assert [(r.severity, r.message_zh) for r in found] == [
        ("warning", "文件已加载，请注意：警告：相差 +900%。")
    ]
