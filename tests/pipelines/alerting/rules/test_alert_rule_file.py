from pathlib import Path

import pytest
import yaml

from pipelines.alerting.rules import program
from pipelines.alerting.rules.rule import Rule
from pipelines.alerting.rules.rule_file import load_rules
from pipelines.alerting.series.catalogue import METRICS

SHIPPED = Path(__file__).parents[4] / "config" / "alert_rules.yml"
SCOPES = {("company", "company"), ("region", "华东"), ("team", "T1"), ("team", "T2")}


def entry(**changes: object) -> dict[str, object]:
    base: dict[str, object] = {
        "name": "late",
        "family": "late",
        "title": {"zh": "延迟", "en": "late"},
        "advice": {"zh": "处理", "en": "act"},
        "metric": "late_order_share",
        "scopes": ["team"],
        "condition": {"type": "limit", "warning": 0.1, "danger": 0.2},
    }
    return {**base, **changes}


GOOD = entry(name="good", family="other")


def load(tmp_path: Path, *entries: object, **more: object) -> tuple[list[Rule], list[str]]:
    path = tmp_path / "alert_rules.yml"
    path.write_text(yaml.safe_dump({"rules": list(entries)}, allow_unicode=True), encoding="utf-8")
    rules, problems = load_rules(path, scopes=SCOPES, **more)  # type: ignore[arg-type]
    return rules, [str(problem) for problem in problems]


def test_a_new_name_changes_no_alert_and_belongs_to_one_rule_alone(tmp_path: Path) -> None:
    (before, old), _ = load(tmp_path, entry(), GOOD)
    (after, _), told = load(tmp_path, entry(name="late_shipments", renamed_from="late"), GOOD)
    assert (told, after.known_as, after.version) == ([], before.known_as, before.version)
    assert after.version != Rule(**entry(name="late_shipments")).version  # type: ignore[arg-type]
    rules, told = load(tmp_path, entry(name="late_shipments", renamed_from="good"), GOOD)
    assert [rule.name for rule in rules] == [old.name]
    assert "renamed_from: good" in told[0]


def test_other_code_is_another_judge_and_another_sentence_is_not(tmp_path: Path) -> None:
    def judge(**files: str) -> str:
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_text(content)
        return program._digest(tmp_path, ("limits.py",))

    first = judge(limits="x > 3", words="above")
    assert judge(words="over") == first
    assert judge(limits="x > 4") != first
    rule = Rule(**entry())  # type: ignore[arg-type]
    assert rule.judged_as == f"{rule.version}.{program.judge_and_figures()}"
    assert program.judge() != program._digest(program._MODELS, program._FIGURES)
    for folder, patterns in (
        (program._HERE, program._DECIDES),
        (program._MODELS, program._FIGURES),
    ):
        assert [pattern for pattern in patterns if not any(folder.glob(pattern))] == []


def test_every_fault_of_a_rule_is_told_at_once(tmp_path: Path) -> None:
    faulty = entry(
        hysteresys=0.1,
        min_sample=-1,
        scopes=["department"],
        condition={"type": "limit", "warning": 20, "danger": 10, "windows": 3},
    )
    rules, told = load(tmp_path, faulty, GOOD)
    assert [rule.name for rule in rules] == ["good"]
    wanted = (
        ", hysteresys:",
        ", min_sample:",
        "department",
        "condition.windows:",
        "at or above",
        "between 0 and 1",
    )
    for words in wanted:
        assert sum(words in problem for problem in told) == 1, (words, told)


def test_a_rule_made_of_others_names_rules_that_are_there(tmp_path: Path) -> None:
    both = entry(name="both", family="both", condition={"type": "all", "of": ["good", "late"]})
    none = entry(
        name="none", family="none", condition={"type": "any", "of": ["good", "both", "off"]}
    )
    off = entry(name="off", family="off", mode="off")
    rules, told = load(tmp_path, GOOD, entry(), both, none, off)
    assert [rule.name for rule in rules] == ["good", "late", "both"]
    assert len(told) == 1
    assert "condition.of" in told[0]
    assert "both" in told[0]
    assert "off" in told[0]
    # Figures are pooled by the evidence of filters; "good" has a limit and none.
    pooled = entry(name="pooled", condition={"type": "pooled", "of": ["good", "late"]})
    rules, told = load(tmp_path, GOOD, entry(), pooled)
    assert [rule.name for rule in rules] == ["good", "late"]
    assert "neither count_filter nor rate_filter" in told[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"metric": "late_orders_share"},
            [", metric: no metric 'late_orders_share'", "late_order_share (nearest)"],
        ),
        (
            {"condition": {"type": "limit", "warning": 0.2, "danger": 0.1}},
            ["condition.danger at or above condition.warning", "hurts above", "danger 0.1"],
        ),
        (
            {"metric": "win_rate"},
            ["condition.danger at or below condition.warning", "win_rate hurts below"],
        ),
        (
            {"condition": {"type": "limit", "warning": -0.1, "danger": 0.2}},
            ["limits that are not negative"],
        ),
        (
            {"condition": {"type": "limit", "warning": 10, "danger": 20}},
            ["limits between 0 and 1", "0.3 is 30 %"],
        ),
        (
            {
                "metric": "orders",
                "condition": {"type": "change", "warning": 0.1, "danger": -0.2},
            },
            ["a negative change for condition.warning"],
        ),
        (
            {"condition": {"type": "ewma", "warning": 3, "danger": 2}},
            ["condition.danger at or beyond condition.warning"],
        ),
        (
            {"condition": {"type": "rate_shift", "shift": 0.5}},
            ["condition.shift above 1", "late_order_share hurts above"],
        ),
        ({"scopes": ["department"]}, ["no scope 'department'", "company, region, team"]),
        ({"only": ["T3"]}, [", only: no team 'T3'", "T2 (nearest)"]),
        (
            {"condition": {"type": "limits", "warning": 0.1, "danger": 0.2}},
            ["condition.type: 'limits'", "'limit'"],
        ),
        (
            {"condition": {"type": "limit", "warning": 0.1}},
            ["condition.danger: is missing"],
        ),
        (
            {"condition": {"type": "limit", "warning": 0.1, "danger": 0.2, "lambda": 1}},
            ["condition.lambda: unknown key", "condition limit"],
        ),
        (
            {"metric": "orders", "condition": {"type": "p_chart"}},
            ["a metric with numerator and denominator for condition p_chart"],
        ),
        (
            {"condition": {"type": "probability", "warning": 0.5, "danger": 0.8}},
            ["metric target_attainment for condition probability"],
        ),
        ({"threshold": 3}, [", threshold: unknown key", "one of name, family"]),
        ({"title": {"zh": "只有中文"}}, [", title.en: is missing"]),
        ({"pause": [{"from": "02-01"}]}, ["both `from` and `to`"]),
        ({"pause": [{"from": "2月", "to": "02-20"}]}, ["pause.0.from: '2月'"]),
        ({"raised_by": ["nothing"]}, ["rule late, raised_by: no family nothing", "some of other"]),
        ({"name": "good"}, [", name: is there twice"]),
    ],
)
def test_bad_rule_is_refused_with_line_and_fix_and_the_others_run(
    tmp_path: Path, change: dict[str, object], told: list[str]
) -> None:
    rules, problems = load(tmp_path, GOOD, entry(**change))
    assert [rule.name for rule in rules] == ["good"]
    assert len(problems) == 1, problems
    assert problems[0].startswith("alert_rules.yml: ")
    assert "line 17, rule " in problems[0]
    for words in told:
        assert words in problems[0]


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    rules, problems = load(
        tmp_path, entry(metric="x"), GOOD, "text", entry(name="b", scopes=["nobody"])
    )
    assert [rule.name for rule in rules] == ["good"]
    assert len(problems) == 3


def test_metric_that_the_marts_do_not_hold(tmp_path: Path) -> None:
    rules, problems = load(tmp_path, GOOD, known_metrics={"orders"})
    assert rules == []
    assert "'late_order_share' is not in the marts. Accepted: one of orders." in problems[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rules: [", "not valid YAML"),
        ("- a", "rules: is missing or not a list"),
        ("rules: 3", "rules: is missing or not a list"),
        ("rules: []\nrule: []", "rule: unknown key"),
    ],
)
def test_broken_file(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "alert_rules.yml"
    path.write_text(text, encoding="utf-8")
    rules, problems = load_rules(path)
    assert rules == []
    assert told in str(problems[0])


def test_missing_file(tmp_path: Path) -> None:
    rules, problems = load_rules(tmp_path / "alert_rules.yml")
    assert rules == []
    assert "no such file" in str(problems[0])


def test_text_with_a_comma_says_how_to_quote_it(tmp_path: Path) -> None:
    path = tmp_path / "alert_rules.yml"
    path.write_text(
        "rules:\n"
        "  - name: late\n"
        "    family: late\n"
        "    title: {zh: 延迟, 严重, en: late}\n"
        "    advice: {zh: 处理, en: act}\n"
        "    metric: late_order_share\n"
        "    scopes: [team]\n"
        "    condition: {type: limit, warning: 0.1, danger: 0.2}\n",
        encoding="utf-8",
    )
    _, problems = load_rules(path)
    assert "line 2, rule late, title.严重: unknown key" in str(problems[0])
    assert "quote a text that contains a comma" in str(problems[0])


def test_shipped_rules_are_good_and_cover_what_was_asked_for() -> None:
    rules, problems = load_rules(SHIPPED)
    assert problems == []
    watched = {rule.metric for rule in rules}
    # What no rule watches by default is covered by another rule: two or three per stage.
    covered = {"revenue", "days_in_stage", "win_rate_amount", "open_pipeline_amount"}
    covered |= {"leads_created", "lead_conversion", "idle_share", "overdue_close_share"}
    assert set(METRICS) - watched == covered
    plain = next(rule for rule in rules if rule.name == "new_accounts_two_weeks_below_mean")
    assert plain.mode == "watch"
    assert plain.condition.sigma == 0  # type: ignore[union-attr]


def test_version_follows_what_decides_a_level_and_nothing_else() -> None:
    base = Rule(**entry())  # type: ignore[arg-type]
    reworded = Rule(**entry(title={"zh": "别的", "en": "other"}, owner="parent"))  # type: ignore[arg-type]
    tightened = Rule(**entry(condition={"type": "limit", "warning": 0.09, "danger": 0.2}))  # type: ignore[arg-type]
    assert base.version == reworded.version
    assert base.version != tightened.version


def test_rules_that_are_off_are_checked_but_left_out(tmp_path: Path) -> None:
    rules, problems = load(tmp_path, entry(mode="off"), entry(name="x", mode="off", metric="y"))
    assert rules == []
    assert len(problems) == 1
