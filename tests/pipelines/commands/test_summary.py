"""What `forewarn run` says of the warnings: cases, with the numbers that the report has."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from pipelines.assets.run_failures import Cause
from pipelines.commands.summary import print_failure, say_cases
from pipelines.language import speak, spoken

DAY = dt.date(2026, 10, 30)
COLUMNS = [
    "alert_id",
    "rule",
    "metric",
    "scope_type",
    "scope_id",
    "scope_name",
    "period_start",
    "opened_on",
    "closed_on",
    "level",
    "peak_level",
    "state",
    "value",
    "expected",
    "limit_value",
    "sample_size",
    "amount_at_risk",
    "probability",
    "owner_id",
    "message",
    "drivers",
    "message_zh",
    "message_en",
    "case_id",
    "role",
]
DATES = {"period_start", "opened_on", "closed_on"}
NUMBERS = {"value", "expected", "limit_value", "sample_size", "amount_at_risk", "probability"}


def told(*alerts: tuple[str, str, str, str], language: str) -> list[str]:
    """Lines about alerts of (id, level, case, role), each of which is open."""
    with duckdb.connect() as connection:
        kinds = [
            f"{name} {'date' if name in DATES else 'double' if name in NUMBERS else 'text'}"
            for name in COLUMNS
        ]
        connection.execute("create schema marts")
        connection.execute(f"create table marts.fct_alerts ({', '.join(kinds)})")
        for ident, level, case, role in alerts:
            row = dict.fromkeys(COLUMNS) | {
                "alert_id": ident, "level": level, "case_id": case, "role": role,
                "opened_on": DAY, "message_zh": f"【危险】{ident}：订单减少。",
                "message_en": f"Danger: {ident}: orders fell.", "state": "open",
            }  # fmt: skip
            marks = ", ".join("?" for _ in COLUMNS)
            connection.execute(
                f"insert into marts.fct_alerts values ({marks})", [row[name] for name in COLUMNS]
            )
        before = spoken()
        speak(language)
        try:
            return [str(line) for line in say_cases(connection, DAY)]
        finally:
            speak(before)


@pytest.mark.parametrize(
    ("language", "head", "line"),
    [
        ("zh", "未结事项：危险 1 个，警戒 1 个（预警共 4 条）", "大区：订单减少。"),
        ("en", "open cases: 1 danger, 1 warning (4 alerts)", "大区: orders fell."),
    ],
)
def test_one_line_for_a_case_and_its_number_of_alerts(language: str, head: str, line: str) -> None:
    lines = told(
        ("甲组", "danger", "C1", "symptom"),
        ("大区", "warning", "C1", "root"),
        ("乙组", "warning", "C1", "symptom"),
        ("别处", "warning", "C2", "root"),
        language=language,
    )
    assert lines[0].strip() == head
    assert len(lines) == 3
    assert lines[1].endswith(line)


def test_what_is_not_shown_is_counted_in_cases() -> None:
    many = [(f"A{n}", "warning", f"C{n // 2}", "root" if n % 2 else "symptom") for n in range(22)]
    lines = told(*many, language="en")
    assert lines[0].strip() == "open cases: 0 danger, 11 warning (22 alerts)"
    assert lines[-1].strip() == "... and 3 more"


def test_a_night_without_warnings_says_so_in_numbers() -> None:
    assert [line.strip() for line in told(language="en")] == [
        "open cases: 0 danger, 0 warning (0 alerts)"
    ]


def test_what_failed_after_the_publication_is_told_as_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cause = Cause("published__postgres", "no server", "no server", False)
    assert not print_failure([cause], published=True)
    assert "The marts were published" in capsys.readouterr().out
    assert not print_failure([cause])
    assert "Nothing was published" in capsys.readouterr().out
