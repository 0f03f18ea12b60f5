"""company.yml: defaults, and a sentence for every value that cannot be."""

import datetime as dt

import pytest
from faulty_company import write

from pipelines.configuration.company import read_company


def read(folder, text):
    problems = []
    company = read_company(write(folder, company__yml=text) / "company.yml", problems)
    assert (company is None) == bool(problems)
    return company, [str(problem) for problem in problems]


def test_a_name_is_enough(tmp_path):
    company, problems = read(tmp_path, "name: Acme\n")
    assert problems == []
    assert (company.language, company.currency, company.timezone) == ("zh", "CNY", "Asia/Shanghai")
    assert (company.fiscal_year_start, company.revenue_basis, company.clock) == (1, "orders", None)


def test_every_key_is_read(tmp_path):
    company, problems = read(
        tmp_path,
        "name: Acme\nlanguage: en\ncurrency: EUR\ntimezone: Europe/Berlin\nfiscal_year_start: 4\n"
        "fiscal_year_named_by: end\ncalendar: DE\nrevenue_basis: won\nclock: '2026-10-30'\n",
    )
    assert problems == []
    assert company.clock == dt.date(2026, 10, 30)
    assert (company.calendar, company.fiscal_year_start) == ("DE", 4)
    assert company.fiscal_year_named_by == "end"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("language: fr", "company.yml: language: 'fr'. Accepted: one of zh, en."),
        (
            "currency: rmb",
            "company.yml: currency: 'rmb'. Accepted: a currency code of three capital letters "
            "such as CNY or EUR.",
        ),
        ("currency: 156", "company.yml: currency: 156. Accepted: a valid string."),
        (
            "timezone: Shanghai",
            "company.yml: timezone: 'Shanghai'. Accepted: an IANA time zone such as Asia/Shanghai "
            "or Europe/Berlin.",
        ),
        (
            "fiscal_year_start: 13",
            "company.yml: fiscal_year_start: 13. Accepted: less than or equal to 12.",
        ),
        (
            "fiscal_year_start: 0",
            "company.yml: fiscal_year_start: 0. Accepted: greater than or equal to 1.",
        ),
        (
            "fiscal_year_start: April",
            "company.yml: fiscal_year_start: 'April'. Accepted: a valid integer, unable to parse "
            "string as an integer.",
        ),
        (
            "calendar: China",
            "company.yml: calendar: 'China'. Accepted: a two-letter country code such as CN, US "
            "or DE.",
        ),
        (
            "revenue_basis: invoices",
            "company.yml: revenue_basis: 'invoices'. Accepted: 'orders' or 'won'.",
        ),
        (
            "clock: yesterday",
            "company.yml: clock: 'yesterday'. Accepted: a date such as 2026-10-30.",
        ),
        ("clock: 20261030", "company.yml: clock: 20261030. Accepted: a date such as 2026-10-30."),
        (
            "currancy: CNY",
            "company.yml: currancy: unknown key. Accepted: name, language, currency, timezone, "
            "fiscal_year_start, fiscal_year_named_by, fiscal_calendar, fiscal_year_begins, "
            "week_starts_on, calendar, revenue_basis, clock.",
        ),
    ],
)
def test_a_bad_value_names_file_key_value_and_what_would_do(tmp_path, line, told):
    _, problems = read(tmp_path, f"name: Acme\n{line}\n")
    assert problems == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("language: zh\n", "company.yml: name: is missing. Accepted: a value for this key."),
        ("name: ''\n", "company.yml: name: ''. Accepted: have at least 1 character."),
        ("", "company.yml: is empty. Accepted: name, language, currency, timezone and so on."),
        ("# nothing yet\n", "company.yml: is empty. Accepted: name"),
        ("- name\n", "company.yml: is not a mapping of keys. Accepted: name: ..., language: ..."),
        ("name: [Acme\n", "company.yml: line 2: not valid YAML: "),
        (
            "name: A\nclock: 2026-02-30\n",
            "company.yml: line 2: not valid YAML: 2026-02-30 is no day",
        ),
        ("name: " + "9" * 5000, "company.yml: line 1: not valid YAML: 9999"),
        ("name: A\nname: B\n", "company.yml: line 2: not valid YAML: the key name is there twice"),
        ("name: 甲\n".encode("gb18030"), "company.yml: is not UTF-8 text ("),
        (None, "company.yml: no such file in "),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path, text, told):
    _, problems = read(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith(told)


def test_a_byte_order_mark_is_no_fault(tmp_path):
    company, problems = read(tmp_path, "name: 甲\n".encode("utf-8-sig"))
    assert (company.name, problems) == ("甲", [])


def test_all_faults_of_the_file_at_once(tmp_path):
    _, problems = read(tmp_path, "language: fr\nclock: never\nfoo: 1\n")
    assert [problem.split(": ")[1] for problem in problems] == ["name", "language", "clock", "foo"]
