"""Doubtful pairs are listed with both sides, and what is clear or one already is not."""

import pytest

from quality.identity import check_identities, without_form

MAILBOX, NAME, USER_ID = (
    "users_mailbox_of_one_person",
    "users_name_in_two_sources",
    "users_id_of_one_person",
)
LISTED = "people_csv_users_known"
CUSTOMER, FORM = "accounts_name_in_two_sources", "accounts_company_form_alike"


def user(key, name, **values):
    return {"user_id": key, "user_name": name, **values}


def account(key, name, **values):
    return {"account_id": key, "account_name": name, **values}


@pytest.fixture
def company(empty_warehouse):
    made = empty_warehouse
    made.execute(
        "create table config.people (person_id varchar, name varchar, email varchar, "
        "source varchar, source_user_id varchar); create schema intermediate; "
        "create table intermediate.int_reps__identities (source varchar, user_id varchar, "
        "rep_id varchar); "
        "create table intermediate.int_accounts__aliases (alias varchar, account_id varchar)"
    )
    return made


def failed(company):
    return {
        result.check: result for result in check_identities(company.connection) if not result.passed
    }


def test_one_source_has_no_doubtful_pairs(warehouse):
    results = check_identities(warehouse.connection)
    assert {result.check for result in results} == {MAILBOX, NAME, USER_ID, LISTED, CUSTOMER, FORM}
    assert all(result.passed and result.severity == "warning" for result in results)


def test_a_shared_mailbox_is_listed_without_the_address(company):
    company.load(
        "users",
        [user("A1", "王芳", email="Sales@x.cn"), user("A2", "赵伟", email="sales@x.cn ")],
        source="a",
    )
    company.load("users", [user("B1", "孙", email="SALES@x.cn")], source="b")
    found = failed(company)
    assert set(found) == {MAILBOX}
    assert found[MAILBOX].sample == ("a: 王芳 (A1) ≈ a: 赵伟 (A2) ≈ b: 孙 (B1)",)
    assert "people.csv" in found[MAILBOX].message_zh
    assert "@" not in found[MAILBOX].message_zh + found[MAILBOX].message_en


def test_users_that_are_one_person_already_are_in_no_doubt(company):
    company.load("users", [user("A1", "王芳", email="w@x.cn")], source="a")
    company.load("users", [user("B1", "王芳", email="w@x.cn")], source="b")
    assert set(failed(company)) == {MAILBOX}
    company.execute(
        "insert into intermediate.int_reps__identities values ('a', 'A1', 'A1'), ('b', 'B1', 'A1')"
    )
    assert failed(company) == {}


@pytest.mark.parametrize(
    ("here", "there", "doubtful"),
    [
        ({}, {}, True),
        ({"email": "w@x.cn"}, {}, True),
        # Two mailboxes: two people of one name.
        ({"email": "w@x.cn"}, {"email": "w2@x.cn"}, False),
    ],
)
def test_a_name_alone_is_doubtful(company, here, there, doubtful):
    company.load("users", [user("A1", "王 芳", **here)], source="a")
    company.load("users", [user("B1", "王芳", **there)], source="b")
    assert set(failed(company)) == ({NAME} if doubtful else set())


def test_namesakes_within_one_source_are_no_pair_across_sources(company):
    company.load("users", [user("A1", "王芳"), user("A2", "王芳")], source="a")
    company.load("users", [user("B1", "赵伟")], source="b")
    assert failed(company) == {}


def test_one_id_of_two_names_is_doubtful_unless_a_mailbox_vouches(company):
    company.load("users", [user("7", "王芳", email="w@x.cn")], source="a")
    company.load("users", [user("7", "Wang Fang", email="w@x.cn")], source="b")
    assert failed(company) == {}
    company.load("users", [user("8", "赵伟")], source="a")
    company.load("users", [user("8", "孙丽")], source="b")
    found = failed(company)
    assert set(found) == {USER_ID}
    assert found[USER_ID].sample == ("a: 赵伟 (8) ≈ b: 孙丽 (8)",)


def test_people_csv_may_not_name_a_user_who_does_not_exist(company):
    company.load("users", [user("A1", "王芳")], source="a")
    company.execute(
        "insert into config.people values ('P1', '王芳', null, 'a', 'A1'), "
        "('P1', '王芳', null, 'b', 'A1'), ('P2', '赵伟', null, 'a', 'A2')"
    )
    found = failed(company)
    assert set(found) == {LISTED}
    assert found[LISTED].sample == ("a: A2 (P2)", "b: A1 (P1)")


def test_customers_of_one_name_that_stay_apart_are_listed(company):
    company.load(
        "accounts",
        [
            account("C1", "联合光电（中国）", credit_code="91310000MA1K00001X"),
            account("C2", "宏图"),
            account("C3", "宏图"),
        ],
        source="crm",
    )
    company.load(
        "accounts",
        [
            account("E1", "联合光电 (中国)", credit_code="91310000MA1K00002X"),
            account("E4", "远航"),
        ],
        source="erp",
    )
    found = failed(company)
    # Namesakes of one source alone are told by the check of names.
    assert set(found) == {CUSTOMER}
    assert found[CUSTOMER].sample == ("crm: 联合光电（中国） (C1) ≈ erp: 联合光电 (中国) (E1)",)
    company.execute(
        "insert into intermediate.int_accounts__aliases values ('C1', 'C1'), ('E1', 'C1')"
    )
    assert failed(company) == {}


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ("联合光电有限公司", "联合光电有限责任公司"),
        ("联合光电股份有限公司", "联合光电"),
        ("Acme Trading Co., Ltd.", "ACME Trading Inc"),
        ("Acme GmbH", "Acme"),
    ],
)
def test_another_company_form_is_doubtful(company, here, there):
    company.load("accounts", [account("C1", here), account("C2", "远航有限公司")], source="crm")
    company.load("accounts", [account("E1", there), account("E2", "宏图有限公司")], source="erp")
    found = failed(company)
    assert set(found) == {FORM}
    assert found[FORM].sample == (f"crm: {here} (C1) ≈ erp: {there} (E1)",)


def test_a_name_that_is_nothing_but_a_form_matches_nobody():
    assert without_form("有限公司") == ""
    assert without_form("Co., Ltd.") == ""
    assert without_form("Bag") == "bag"
    assert without_form("Coop") == "coop"
