"""Suites as data: `quality/suites/<entity>.yml`, read and validated without Great Expectations.

Add here: a key that a rule may have, or another expectation that analysts may use.
Keep out: the rules themselves (the YAML files) and running them (`runner.py`).

Importing Great Expectations takes seconds, so a suite is validated against the table `FORMS`, which
a test compares with the library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pipelines.configuration.problems import ConfigurationError, Problem, read_yaml
from pipelines.entities import ENTITIES
from pipelines.language import text
from pipelines.language.text import InBoth
from quality.results import Severity

SUITES = Path(__file__).parent / "suites"
# How an analyst says it, and what it does to the publication.
SEVERITIES: Mapping[str, Severity] = {"critical": "error", "warning": "warning", "info": "info"}


@dataclass(frozen=True)
class Form:
    """How an expectation is written: how many columns, which `args` it takes and needs."""

    columns: Literal["one", "pair", "many"]
    args: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()


_LIMITS = frozenset({"min_value", "max_value", "strict_min", "strict_max"})
_MOSTLY = frozenset({"mostly"})
FORMS: Mapping[str, Form] = {
    "expect_column_values_to_not_be_null": Form("one", _MOSTLY),
    "expect_column_values_to_be_unique": Form("one", _MOSTLY),
    "expect_column_values_to_be_between": Form("one", _LIMITS | _MOSTLY),
    "expect_column_values_to_be_in_set": Form(
        "one", _MOSTLY | {"value_set"}, frozenset({"value_set"})
    ),
    "expect_column_values_to_not_be_in_set": Form(
        "one", _MOSTLY | {"value_set"}, frozenset({"value_set"})
    ),
    "expect_column_values_to_match_regex": Form("one", _MOSTLY | {"regex"}, frozenset({"regex"})),
    "expect_column_values_to_not_match_regex": Form(
        "one", _MOSTLY | {"regex"}, frozenset({"regex"})
    ),
    "expect_column_value_lengths_to_be_between": Form("one", _LIMITS | _MOSTLY),
    "expect_column_proportion_of_non_null_values_to_be_between": Form("one", _LIMITS),
    "expect_column_unique_value_count_to_be_between": Form("one", _LIMITS),
    "expect_column_mean_to_be_between": Form("one", _LIMITS),
    "expect_column_median_to_be_between": Form("one", _LIMITS),
    "expect_column_pair_values_a_to_be_greater_than_b": Form("pair", _MOSTLY | {"or_equal"}),
    "expect_compound_columns_to_be_unique": Form("many"),
}


@dataclass(frozen=True)
class Rule:
    """One rule. `note_zh` and `note_en` say what must hold, so that a failure can quote them.

    `show_values` is False where examples would put personal data into a published mart.
    """

    check: str
    expectation: str
    columns: tuple[str, ...]
    severity: Severity
    note_zh: str
    note_en: str
    args: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    show_values: bool = True

    @property
    def note(self) -> InBoth:
        return InBoth(self.note_en, self.note_zh)


@dataclass(frozen=True)
class Suite:
    """The rules of one canonical entity. `at_least` rows are expected if any source gives it."""

    entity: str
    at_least: int
    rows_severity: Severity
    rules: tuple[Rule, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the rules look at, in the entity's order: all that need be fetched."""
        used = {column for rule in self.rules for column in rule.columns}
        return tuple(name for name in columns_of(self.entity) if name in used)


def columns_of(entity: str) -> list[str]:
    """What a rule may look at: the entity's columns, and `source`, within which keys are unique."""
    return [column.name for column in ENTITIES[entity].columns] + ["source"]


def read_suites(folder: Path = SUITES) -> dict[str, Suite]:
    """All suites by entity; there is exactly one file per canonical entity.

    Raises `ConfigurationError` with every problem of every file.
    """
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        if path.stem not in ENTITIES:
            problems.append(
                Problem(path.name, "", text("config.suite.no_entity"), ", ".join(ENTITIES))
            )
    suites = {}
    seen: dict[str, str] = {}
    for entity in ENTITIES:
        suite = read_suite(folder / f"{entity}.yml", problems)
        if suite is None:
            continue
        suites[entity] = suite
        for rule in suite.rules:
            if rule.check in seen:
                # Two checks of one name would replace each other among the asset checks.
                problems.append(
                    Problem(
                        f"{entity}.yml",
                        rule.check,
                        text("config.suite.check_twice", seen=seen[rule.check]),
                        text("config.suite.own_name"),
                    )
                )
            seen[rule.check] = f"{entity}.yml"
    if problems:
        raise ConfigurationError(problems)
    return suites


def read_suite(path: Path, problems: list[Problem]) -> Suite | None:
    """Read one suite; its file is named after its entity. Every fault goes to `problems`."""
    content = read_yaml(path, problems, accepted=text("config.suite.parts"))
    if content is None:
        return None
    found = _Found(path.name, problems)
    if not isinstance(content, dict) or set(content) != {"rows", "rules"}:
        found.problem("", "is not a mapping of rows and rules", "rows: {...} and rules: [...]")
        return None
    before = len(problems)
    rows = content["rows"]
    if not isinstance(rows, dict) or set(rows) != {"at_least", "severity"}:
        found.problem("rows", repr(rows), "{at_least: 1, severity: critical}")
        rows = dict[str, Any](at_least=0, severity="info")
    if not isinstance(rows["at_least"], int) or rows["at_least"] < 0:
        found.problem("rows.at_least", repr(rows["at_least"]), "a whole number from 0")
    if rows["severity"] not in SEVERITIES:
        found.problem("rows.severity", repr(rows["severity"]), ", ".join(SEVERITIES))
    listed = content["rules"]
    if not isinstance(listed, list) or not listed:
        found.problem("rules", repr(listed), "a list of rules")
        listed = []
    rules = [
        rule
        for number, entry in enumerate(listed)
        if (rule := _rule(path.stem, f"rules[{number}]", entry, found)) is not None
    ]
    if len(problems) > before:
        return None
    return Suite(path.stem, rows["at_least"], SEVERITIES[rows["severity"]], tuple(rules))


@dataclass
class _Found:
    file: str
    problems: list[Problem]

    def problem(self, key: str, found: str, accepted: str) -> None:
        self.problems.append(Problem(self.file, key, found, accepted))


_KEYS = {"check", "column", "columns", "expectation", "args", "severity", "note_zh", "note_en"}


def _rule(entity: str, label: str, entry: Any, found: _Found) -> Rule | None:
    if not isinstance(entry, dict):
        found.problem(label, repr(entry), "a mapping with check, column, expectation, severity")
        return None
    before = len(found.problems)
    label = f"{label}({entry.get('check', '?')})"
    for key in sorted(set(entry) - _KEYS - {"show_values"}):
        found.problem(f"{label}.{key}", "unknown key", ", ".join(sorted(_KEYS | {"show_values"})))
    for key in ("check", "note_zh", "note_en"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            found.problem(f"{label}.{key}", "is missing", "a text")
    check = entry.get("check")
    if isinstance(check, str) and not (check.isascii() and check.isidentifier()):
        found.problem(f"{label}.check", repr(check), "letters, digits and _")
    if entry.get("severity") not in SEVERITIES:
        found.problem(f"{label}.severity", repr(entry.get("severity")), ", ".join(SEVERITIES))
    if not isinstance(entry.get("show_values", True), bool):
        found.problem(f"{label}.show_values", repr(entry["show_values"]), "true or false")
    columns = _columns(entity, label, entry, found)
    args = entry.get("args") or {}
    _check_args(label, entry.get("expectation"), columns, args, found)
    if len(found.problems) > before:
        return None
    return Rule(
        check=entry["check"],
        expectation=entry["expectation"],
        columns=columns,
        severity=SEVERITIES[entry["severity"]],
        note_zh=entry["note_zh"].strip().rstrip("。"),
        note_en=entry["note_en"].strip().rstrip("."),
        args=MappingProxyType(dict(args)),
        show_values=entry.get("show_values", True),
    )


def _columns(entity: str, label: str, entry: dict[str, Any], found: _Found) -> tuple[str, ...]:
    given = [entry["column"]] if "column" in entry else entry.get("columns")
    if not isinstance(given, list) or not given or ("column" in entry and "columns" in entry):
        found.problem(f"{label}.column", "is missing or doubled", "column: x, or columns: [x, y]")
        return ()
    known = columns_of(entity) if entity in ENTITIES else []
    for name in given:
        if name not in known:
            found.problem(f"{label}.column", repr(name), ", ".join(known))
    return tuple(given)


def _check_args(
    label: str, expectation: Any, columns: tuple[str, ...], args: Any, found: _Found
) -> None:
    form = FORMS.get(expectation) if isinstance(expectation, str) else None
    if form is None:
        found.problem(f"{label}.expectation", repr(expectation), ", ".join(sorted(FORMS)))
        return
    wanted = {"one": len(columns) == 1, "pair": len(columns) == 2, "many": len(columns) > 1}
    if columns and not wanted[form.columns]:
        found.problem(f"{label}.column", f"{len(columns)} columns", f"{form.columns} for this rule")
    if not isinstance(args, dict):
        found.problem(f"{label}.args", repr(args), "a mapping")
        return
    for key in sorted(set(args) - form.args):
        accepted = ", ".join(sorted(form.args)) or "no args"
        found.problem(f"{label}.args.{key}", "unknown argument", accepted)
    for key in sorted(form.needed - set(args)):
        found.problem(f"{label}.args.{key}", "is missing", "a value for this argument")
    if "min_value" in form.args and not {"min_value", "max_value"} & set(args):
        found.problem(f"{label}.args", "no limit", "min_value, max_value or both")
    mostly = args.get("mostly", 1.0)
    if isinstance(mostly, bool) or not isinstance(mostly, (int, float)) or not 0 < mostly <= 1:
        found.problem(f"{label}.args.mostly", repr(mostly), "a share above 0 and up to 1")
