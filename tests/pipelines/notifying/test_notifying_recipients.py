"""recipients.yml: what is accepted, what is refused with line and fix, and never a secret."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from pipelines.notifying.recipients import QuietHours, read_recipients

SHIPPED = Path(__file__).parents[3] / "config" / "recipients.yml"
GOOD = "  - {person_id: M1, role: manager, channels: ['file://'], scopes: ['team:T01']}\n"


def read(tmp_path: Path, text: str, **more: object) -> tuple[list[str], list[str]]:
    path = tmp_path / "recipients.yml"
    path.write_text(text, encoding="utf-8")
    problems: list = []
    book = read_recipients(path, problems, **more)  # type: ignore[arg-type]
    return [person.person_id for person in book.recipients], [str(each) for each in problems]


def test_the_shipped_file_is_sound_and_sends_nothing_outside() -> None:
    problems: list = []
    book = read_recipients(SHIPPED, problems, environment={})
    assert problems == []
    assert {channel for person in book.recipients for channel in person.channels} == {"file://"}
    assert {person.role for person in book.recipients} == {"director", "data_owner"}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("{person_id: D1, role: boss, channels: ['file://'], scopes: [company]}",
         "line 2, recipients.0.role: 'boss'. Accepted: 'director', 'manager', 'rep' or"),
        ("{person_id: D1, role: director, channels: ['wecombot://'], scopes: [company]}",
         "recipients.0.channels.0: wecombot://… is not a complete wecombot:// URL"),
        ("{person_id: D1, role: director, channels: ['carrier-pigeon://x'], scopes: [company]}",
         "is not a URL of a service that Apprise knows. Accepted: an Apprise URL"),
        ("{person_id: D1, role: director, channels: ['file://'], scopes: ['galaxy:1']}",
         "Accepted: scopes such as company, region:North"),
        ("{person_id: D1, role: director, channels: ['file://'], scopes: ['team:T77']}",
         "no team 'T77'. Accepted: team T01, T02"),
        ("{person_id: D1, role: director, channels: ['file://']}", "has no scopes"),
        ("{person_id: M1, role: manager, channels: ['file://'], scopes: ['team:T01'], reports: [weekly]}",
         "a report is of the whole company"),
        ("{person_id: D1, role: rep, channels: []}", "recipients.0.channels"),
        ("{person_id: D1, role: rep, channels: ['file://'], digest_day: someday}",
         "recipients.0.digest_day: 'someday'. Accepted: one of monday"),
        ("{person_id: D1, role: rep, channels: ['file://'], quiet_hours: {from: x, until: '08:00'}}",
         "a time such as \"20:00\""),
        ("{person_id: D1, role: rep, channels: ['file://'], colour: red}", "colour: unknown key"),
        ("{role: rep, channels: ['file://']}", "recipients.0.person_id: is missing"),
        ("just text", "recipients.0: is not a mapping"),
    ],
)  # fmt: skip
def test_a_bad_recipient_is_refused_and_the_others_stay(
    tmp_path: Path, entry: str, says: str
) -> None:
    scopes = {("company", "company"), ("team", "T01"), ("team", "T02")}
    found, problems = read(tmp_path, f"recipients:\n  - {entry}\n{GOOD}", scopes=scopes)
    assert found == ["M1"]
    assert len(problems) == 1
    assert says in problems[0]
    assert "line 2" in problems[0]


def test_the_same_person_twice(tmp_path: Path) -> None:
    found, problems = read(tmp_path, f"recipients:\n{GOOD}{GOOD}")
    assert found == ["M1"]
    assert "line 3, recipients.1.person_id: 'M1' is there twice" in problems[0]


@pytest.mark.parametrize(
    "channels", ["['json://u:hunter2@']", "json://u:hunter2@h/tok3n-x", "{a: 1}"]
)
def test_no_problem_shows_a_secret(tmp_path: Path, channels: str) -> None:
    text = f"recipients:\n  - {{person_id: D1, role: rep, channels: {channels}}}\n"
    found, problems = read(tmp_path, text)
    assert (found, len(problems)) == ([], 1)
    assert "hunter2" not in problems[0]
    assert "tok3n" not in problems[0]


def test_a_secret_that_is_not_set_yet_is_no_fault(tmp_path: Path) -> None:
    text = "recipients:\n  - {person_id: D1, role: rep, channels: ['${MAIL_URL}']}\n"
    assert read(tmp_path, text, environment={}) == (["D1"], [])
    found, problems = read(tmp_path, text, environment={"MAIL_URL": "nonsense-hunter2"})
    assert found == []
    assert "${MAIL_URL} is not a URL" in problems[0]
    assert "hunter2" not in problems[0]


def test_defaults_and_unquoted_times(tmp_path: Path) -> None:
    path = tmp_path / "recipients.yml"
    path.write_text(
        "defaults: {language: en, channels: ['file://'], quiet_hours: {from: 20:30, until: 8:00}}\n"
        "recipients:\n  - {person_id: 7, role: rep}\n  - {person_id: R8, role: rep, language: zh}\n"
    )
    problems: list = []
    first, second = read_recipients(path, problems).recipients
    assert (problems, first.person_id, first.language, second.language) == ([], "7", "en", "zh")
    assert first.quiet_hours is not None
    assert (first.quiet_hours.start, first.quiet_hours.until) == (dt.time(20, 30), dt.time(8))


@pytest.mark.parametrize(
    ("start", "until", "moment", "quiet"),
    [
        ("20:00", "08:00", "23:00", True),
        ("20:00", "08:00", "07:59", True),
        ("20:00", "08:00", "08:00", False),
        ("12:00", "14:00", "13:00", True),
        ("12:00", "14:00", "14:00", False),
        ("08:00", "08:00", "08:00", False),
    ],
)
def test_quiet_hours(start: str, until: str, moment: str, quiet: bool) -> None:
    hours = QuietHours.model_validate({"from": start, "until": until})
    assert hours.covers(dt.time.fromisoformat(moment)) is quiet


@pytest.mark.parametrize(
    "text", ["", "recipients: 5", "- a", "recipients: [\n", "recipients: []\nrecipient: []"]
)
def test_a_file_that_is_none_says_what_would_do(tmp_path: Path, text: str) -> None:
    found, problems = read(tmp_path, text)
    assert found == []
    assert len(problems) == 1
    assert "recipients" in problems[0]
