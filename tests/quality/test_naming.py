"""Names written in two ways are found, different names are left alone."""

import pytest
from small_company import opportunity, order

from quality.naming import check_names
from quality.similar_names import normalised, similar_pairs


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ("GTXPro", "GTX Pro", True),
        ("ＧＴＸ　Pro", "gtx-pro", True),
        ("上海远航（集团）", "上海远航(集团)", True),
        ("Technology", "Technolgy", False),
        ("Philippines", "Philipines", False),
        ("Betasoloin", "Betasoloni", False),
        ("Acme Carporation", "Acme Corporation", False),
        ("上海远航技科公司", "上海远航科技公司", False),
        ("上海远航科技公司", "上海远航科技有公司", False),
    ],
)
def test_pairs_that_look_like_one(first, second, equal):
    assert similar_pairs([first, second]) == [(*sorted([first, second]), equal)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("王芳", "王伟"),
        ("华东一区销售部", "华东二区销售部"),
        ("上海启明科技有限公司", "上海启元科技有限公司"),
        ("Model 1000", "Model 2000"),
        ("MG Special", "MG Advanced"),
        ("GTX Basic", "GTX Plus Basic"),
        ("cat", "car"),
        ("Service Plan A", "Service Plan B"),
        ("Series 12", "Series 21"),
    ],
)
def test_pairs_that_are_two(first, second):
    assert similar_pairs([first, second]) == []


def test_normalised_drops_width_case_and_separators():
    assert normalised(" ＧＴＸ - Pro（2） ") == "gtxpro2"


def test_many_names_take_no_square_of_time():
    names = [f"客户公司{chr(0x4E00 + n % 900)}{chr(0x5E00 + n // 900)}贸易" for n in range(20_000)]
    assert similar_pairs(names) == []


def failed(results):
    return {result.check: result for result in results if not result.passed}


def test_clean_names_pass(warehouse):
    results = check_names(warehouse.connection)
    assert len(results) == 8
    assert failed(results) == {}


def test_an_unmatched_product_line_is_told_with_its_counterpart(warehouse):
    warehouse.load(
        "opportunities",
        [opportunity(f"G{n}", "2026-10-01", product_line="GTX-Pro") for n in range(3)],
    )
    found = failed(check_names(warehouse.connection))
    unknown = found["opportunities_product_line_known"]
    assert (unknown.severity, unknown.failed_rows) == ("warning", 3)
    assert unknown.sample == ("GTX-Pro (3, ≈ GTX Pro)",)
    assert "已原样保留" in unknown.message_zh
    assert found["product_lines_written_one_way"].sample == ("GTX Pro ≈ GTX-Pro",)


def test_targets_name_product_lines_too(warehouse):
    warehouse.load(
        "targets",
        [
            {
                "period": "2026",
                "scope_type": "product_line",
                "scope_id": "Cloud Suite",
                "metric": "revenue",
                "target_amount": 1,
            }
        ],
    )
    warehouse.load("opportunities", [opportunity("G1", "2026-10-01", product_line="Cloud Suite")])
    assert "opportunities_product_line_known" not in failed(check_names(warehouse.connection))


def test_without_any_named_product_line_nothing_is_unknown(empty_warehouse):
    empty_warehouse.load(
        "opportunities", [opportunity("G1", "2026-10-01", product_line="Anything")]
    )
    assert failed(check_names(empty_warehouse.connection)) == {}


def test_accounts_and_reps_of_one_name(warehouse):
    warehouse.load(
        "accounts",
        [
            {"account_id": "A2", "account_name": "上海 远航科技"},
            {"account_id": "A3", "account_name": "Northwind Traders"},
            {"account_id": "A4", "account_name": "Northwind Trader"},
        ],
    )
    # A second stay of the same person is no double, another id of the same name may be one.
    warehouse.load(
        "users",
        [{"user_id": "U1", "user_name": "王芳"}, {"user_id": "U2", "user_name": "王芳"}],
    )
    # The same customer in another source is joined by people and accounts, not a double.
    warehouse.load("accounts", [{"account_id": "X", "account_name": "上海远航科技"}], source="crm")
    found = failed(check_names(warehouse.connection))
    assert found["accounts_names_shared"].failed_rows == 2
    assert found["accounts_names_shared"].severity == "warning"
    assert found["accounts_names_alike"].sample == ("Northwind Trader ≈ Northwind Traders",)
    assert found["users_names_shared"].sample == ("王芳 (U1) = 王芳 (U2)",)
    assert found["users_names_shared"].severity == "info"


def test_case_width_and_blanks_make_no_other_product_line(warehouse):
    warehouse.load(
        "opportunities",
        [
            opportunity(f"G{n}", "2026-10-01", product_line=name)
            for n, name in enumerate(("GTXPRO", "ＧＴＸ pro"))
        ],
    )
    assert failed(check_names(warehouse.connection)) == {}


def test_customers_that_no_list_has_are_told_if_they_are_written_in_two_ways(empty_warehouse):
    empty_warehouse.load(
        "orders",
        [
            order("O1", "2026-10-01", "5", account_id="Acme"),
            order("O2", "2026-10-02", "5", account_id="ＡＣＭＥ "),
            order("O3", "2026-10-03", "5", account_id="Bravo"),
            order("O4", "2026-10-03", "5", account_id="Bravo 2"),
        ],
    )
    found = failed(check_names(empty_warehouse.connection))
    assert list(found) == ["accounts_unlisted_written_one_way"]
    assert found["accounts_unlisted_written_one_way"].failed_rows == 2
