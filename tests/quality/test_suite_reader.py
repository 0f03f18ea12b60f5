"""A suite that cannot be used says which file, key and value, and what would do; all at once."""

import re

import pytest
import yaml

from pipelines.configuration.problems import ConfigurationError
from quality.expectations import class_name
from quality.suite_reader import FORMS, SUITES, read_suite, read_suites

GOOD = {
    "check": "orders_amount_range",
    "column": "amount",
    "expectation": "expect_column_values_to_be_between",
    "args": {"min_value": 0},
    "severity": "warning",
    "note_zh": "金额不为负。",
    "note_en": "Amounts are not negative.",
}


def problems_of(tmp_path, content, name="orders.yml"):
    path = tmp_path / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    problems = []
    suite = read_suite(path, problems)
    assert (suite is None) == bool(problems)
    return [str(problem) for problem in problems], suite


def suite_with(**changes):
    rule = {key: value for key, value in {**GOOD, **changes}.items() if value is not ...}
    return {"rows": {"at_least": 1, "severity": "critical"}, "rules": [rule]}


def test_a_good_suite_is_read(tmp_path):
    problems, suite = problems_of(tmp_path, suite_with())
    assert problems == []
    (rule,) = suite.rules
    assert (suite.entity, suite.columns, suite.rows_severity) == ("orders", ("amount",), "error")
    assert (rule.severity, rule.note_zh, rule.show_values) == ("warning", "金额不为负", True)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("rules: [", "orders.yml: line"),
        ("[]", "orders.yml: is not a mapping of rows and rules"),
        ({"rows": 3, "rules": [GOOD]}, "orders.yml: rows: 3. Accepted: {at_least: 1"),
        (
            {"rows": {"at_least": -1, "severity": "critical"}, "rules": [GOOD]},
            "rows.at_least: -1. Accepted: a whole number from 0",
        ),
        (
            {"rows": {"at_least": 1, "severity": "fatal"}, "rules": [GOOD]},
            "rows.severity: 'fatal'. Accepted: critical, warning, info",
        ),
        ({"rows": {"at_least": 1, "severity": "info"}, "rules": []}, "rules: []. Accepted"),
        ({"rows": {"at_least": 1, "severity": "info"}, "rules": ["x"]}, "rules[0]: 'x'."),
        (suite_with(check=...), "rules[0](?).check: is missing"),
        (suite_with(check="two words"), ".check: 'two words'. Accepted: letters, digits and _"),
        (suite_with(note_zh=" "), "(orders_amount_range).note_zh: is missing"),
        (suite_with(note_en=...), ".note_en: is missing"),
        (suite_with(severity="high"), ".severity: 'high'. Accepted: critical, warning, info"),
        (suite_with(colum="amount"), ".colum: unknown key"),
        (suite_with(column="amont"), ".column: 'amont'. Accepted: order_id,"),
        (suite_with(column=...), ".column: is missing or doubled"),
        (suite_with(columns=["amount", "status"]), ".column: is missing or doubled"),
        (suite_with(column=..., columns=["amount", "status"]), "2 columns. Accepted: one"),
        (suite_with(show_values="no"), ".show_values: 'no'. Accepted: true or false"),
        (suite_with(expectation="expect_magic"), ".expectation: 'expect_magic'. Accepted: expect_"),
        (suite_with(args=[1]), ".args: [1]. Accepted: a mapping"),
        (suite_with(args={"minimum": 0, "min_value": 1}), ".args.minimum: unknown argument"),
        (suite_with(args={"mostly": 0.9}), ".args: no limit. Accepted: min_value, max_value"),
        (suite_with(args={"min_value": 0, "mostly": 90}), ".args.mostly: 90. Accepted: a share"),
        (
            suite_with(expectation="expect_column_values_to_be_in_set", args={}),
            ".args.value_set: is missing",
        ),
    ],
)
def test_a_fault_is_named(tmp_path, content, told):
    problems, _ = problems_of(tmp_path, content)
    assert any(told in problem for problem in problems), problems


def test_all_faults_of_all_files_at_once(tmp_path):
    for path in SUITES.glob("*.yml"):
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "orders.yml").write_text(yaml.safe_dump(suite_with(severity="x", column="y")))
    (tmp_path / "leads.yml").unlink()
    (tmp_path / "invoices.yml").write_text("rows: {}")
    with pytest.raises(ConfigurationError) as error:
        read_suites(tmp_path)
    told = str(error.value)
    assert "The configuration has 4 problems" in told
    for part in (
        "orders.yml: rules[0](orders_amount_range).severity: 'x'",
        "orders.yml: rules[0](orders_amount_range).column: 'y'",
        "leads.yml: no such file",
        "invoices.yml: names no entity",
    ):
        assert part in told


def test_a_check_name_may_stand_in_one_suite_only(tmp_path):
    for path in SUITES.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        text = text.replace("leads_lead_id_unique", "contacts_contact_id_unique")
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is also a check in contacts.yml"):
        read_suites(tmp_path)


def test_the_forms_are_those_of_the_library():
    expectations = pytest.importorskip("great_expectations.expectations")
    for name, form in FORMS.items():
        fields = set(getattr(expectations, class_name(name)).__fields__)
        columns = {"one": {"column"}, "pair": {"column_A", "column_B"}, "many": {"column_list"}}
        assert form.args | columns[form.columns] | {"severity", "notes", "meta"} <= fields, name
        assert form.needed <= form.args


def test_what_each_night_reads_imports_no_library_that_few_nights_use():
    import subprocess
    import sys

    code = (
        "import sys, quality.suite_reader, quality.runner, quality.audit, quality.gate\n"
        "import pipelines.notifying.recipients, pipelines.upkeep.doctor\n"
        "quality.suite_reader.read_suites()\n"
        "print(sorted({m.split('.')[0] for m in sys.modules}))"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "quality" in out
    assert not re.search("great_expectations|dagster|httpx|apprise|rich|scipy", out)
