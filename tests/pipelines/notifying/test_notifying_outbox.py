"""Sending: once, through channels that fail, and with processes that die in between."""

from __future__ import annotations

import datetime as dt
import logging
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from notices_received import MailServer
from notifying_days import NOW, WEDNESDAY, is_workday
from sqlalchemy import select

from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.models import Notice, Telling
from pipelines.ledger.responses import resolve
from pipelines.ledger.store import Ledger, open_ledger
from pipelines.notifying.channels import send
from pipelines.notifying.data_problems import StaleFeed, failed_run, stale_feeds
from pipelines.notifying.messages import Line, compose
from pipelines.notifying.notices import Office
from pipelines.notifying.notify import notify, notify_data_owners
from pipelines.notifying.outbox import Delivery, deliver
from pipelines.notifying.recipients import Recipient
from pipelines.notifying.report_notices import ReadyReport, tell_of_reports
from pipelines.notifying.secrets import masked, redacted

Person = Callable[..., Recipient]
PROJECT = Path(__file__).parents[3]


def rows(ledger: Ledger) -> list[Notice]:
    with ledger.reading() as session:
        return list(session.scalars(select(Notice).order_by(Notice.notice_id)))


@pytest.fixture
def tell(ledger: Ledger, office: Office, tmp_path: Path) -> Callable[..., Any]:
    """`tell([recipients], minutes=5)`: a night's notify, that long after 10:00 on Wednesday."""

    def run(people: list[Recipient], minutes: float = 0, **more: Any) -> Any:
        now = NOW + dt.timedelta(minutes=minutes)
        return notify(ledger, people, office, now=now, outbox_dir=tmp_path / "outbox",
                      pauses=(), **more)  # fmt: skip

    return run


@pytest.fixture
def danger(night: Callable[..., Any], frame: Callable[..., pd.DataFrame]) -> None:
    night(frame({"alert_id": "a1", "level": "danger"}))


@pytest.mark.usefixtures("danger")
def test_a_notice_arrives_once_however_often_the_night_is_run(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any,
    night: Callable[..., Any], frame: Callable[..., pd.DataFrame],
) -> None:  # fmt: skip
    boss = [person("D1", "director", "company", channels=[receiver.url()])]
    first = tell(boss)
    assert (first.delivery.sent, len(first.told)) == (2, 2)  # the notice and the first digest
    for minutes in (0, 60, 24 * 60):
        night(frame({"alert_id": "a1", "level": "danger"}), day=minutes // (24 * 60))
        again = tell(boss, minutes)
        assert (again.told, again.delivery.sent) == ((), 0)
    assert receiver.titles[0] == "【危险 · 新预警】华东一组 · 目标完成率"
    assert len(receiver.posts) == 2
    assert {row.state for row in rows(ledger)} == {"sent"}


@pytest.mark.usefixtures("danger")
def test_only_a_change_is_told_again(
    tell: Callable[..., Any], person: Person, receiver: Any, night: Callable[..., Any],
    frame: Callable[..., pd.DataFrame],
) -> None:  # fmt: skip
    boss = [person("D1", "director", "company", channels=[receiver.url()])]
    tell(boss)
    night(frame({"alert_id": "a1", "level": "danger", "amount_at_risk": 150000}), 1)
    tell(boss, 24 * 60)
    night(frame({"alert_id": "a1", "level": "danger", "amount_at_risk": 240000}), 1)
    tell(boss, 24 * 60)
    night(frame({"alert_id": "a1", "state": "recovered"}), 1)
    tell(boss, 24 * 60)
    night(frame({"alert_id": "a1", "level": "danger"}), 2)
    tell(boss, 2 * 24 * 60)
    urgent = [title for title in receiver.titles if "摘要" not in title]
    assert [title.split("】")[0] for title in urgent] == [
        "【危险 · 新预警", "【危险 · 风险金额已翻倍", "【危险 · 再次出现",
    ]  # fmt: skip


@pytest.mark.usefixtures("danger")
def test_a_dry_run_shows_it_and_does_nothing(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any
) -> None:
    boss = [person("D1", "director", "company", channels=[receiver.url()])]
    shown = tell(boss, dry_run=True)
    assert [(each.person_id, each.kind) for each in shown.told] == [
        ("D1", "urgent"), ("D1", "digest"),
    ]  # fmt: skip
    assert shown.told[0].channels == (f"json://127.0.0.1:{receiver.port}/…",)
    assert shown.delivery is None
    assert (receiver.posts, rows(ledger)) == ([], [])
    told = tell(boss)
    assert [each.message for each in told.told] == [each.message for each in shown.told]


@pytest.mark.usefixtures("danger")
@pytest.mark.parametrize("answers", [[500], [404], [429, 503]])
def test_a_refusing_channel_delays_and_never_loses(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any, answers: list[int],
    tmp_path: Path, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
    receiver.answers = [answers[0], answers[0], *answers[1:]]  # the digest fails as well
    with caplog.at_level(logging.DEBUG):
        report = tell(people)
    assert len(report.failed) == 2
    assert report.failed[0][:2] == ("M1", f"json://127.0.0.1:{receiver.port}/…")
    assert "FAILURE" in report.failed[0][2]
    # Not before its time: 1 minute after the first failure.
    assert deliver(ledger, people, now=NOW, outbox_dir=tmp_path, pauses=()).sent == 0
    sent = 0
    for minutes in (1, 4, 9):
        later = NOW + dt.timedelta(minutes=minutes)
        sent += deliver(ledger, people, now=later, outbox_dir=tmp_path, pauses=()).sent
    assert sent == 2
    assert {row.state for row in rows(ledger)} == {"sent"}
    assert "secret" not in caplog.text


def test_delays_double_up_to_six_hours_and_never_end(
    ledger: Ledger, tell: Callable[..., Any], person: Person, night: Callable[..., Any],
    frame: Callable[..., pd.DataFrame], tmp_path: Path,
) -> None:  # fmt: skip
    night(frame({"alert_id": "a1", "level": "danger"}))
    people = [person("M1", "manager", "team:T01", channels=["json://127.0.0.1:9/x"])]
    tell(people)
    delays = []
    for _ in range(12):
        row = rows(ledger)[0]
        now = row.next_attempt_at
        deliver(ledger, people, now=now, outbox_dir=tmp_path, pauses=())
        delays.append((rows(ledger)[0].next_attempt_at - now).total_seconds() / 60)
    assert delays == [2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360, 360]
    assert rows(ledger)[0].state == "pending"


@pytest.mark.usefixtures("danger")
def test_a_slow_channel_is_cut_off_and_tried_again(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any, tmp_path: Path
) -> None:
    receiver.delay = 1.5
    people = [
        person(
            "M1", "manager", "team:T01", channels=[receiver.url("?rto=0.3")], digest_day="friday"
        )
    ]
    report = tell(people)
    assert report.failed
    assert report.delivery.sent == 0
    receiver.delay = 0
    later = NOW + dt.timedelta(minutes=5)
    assert deliver(ledger, people, now=later, outbox_dir=tmp_path, pauses=()).sent == len(
        report.failed
    )


@pytest.mark.usefixtures("danger")
def test_one_channel_down_does_not_hold_up_the_other(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any
) -> None:
    channels = ["json://127.0.0.1:9/x", receiver.url(), "file://"]
    report = tell([person("M1", "manager", "team:T01", channels=channels)])
    assert report.delivery.sent == 4
    assert len(report.failed) == 2
    assert len(receiver.posts) == 2


@pytest.mark.usefixtures("danger")
def test_tries_within_one_call(
    ledger: Ledger, office: Office, person: Person, receiver: Any, tmp_path: Path
) -> None:
    receiver.answers = [500, 500]
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
    report = notify(ledger, people, office, now=NOW, outbox_dir=tmp_path, pauses=(0.01, 0.01))
    assert (report.delivery.sent, report.failed) == (2, [])
    assert len(receiver.posts) == 4


@pytest.mark.usefixtures("danger")
def test_quiet_hours_hold_back_until_morning(
    ledger: Ledger, office: Office, person: Person, receiver: Any, tmp_path: Path
) -> None:
    quiet = {"from": "20:00", "until": "08:00"}
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()], quiet_hours=quiet)]
    night_time = dt.datetime(2026, 10, 28, 14, 0, tzinfo=dt.UTC)  # 22:00
    report = notify(ledger, people, office, now=night_time, outbox_dir=tmp_path, pauses=())
    assert (report.delivery.sent, report.delivery.waiting) == (0, 2)
    before = deliver(ledger, people, outbox_dir=tmp_path, pauses=(),
                     now=dt.datetime(2026, 10, 28, 23, 59, tzinfo=dt.UTC))  # fmt: skip
    assert before.sent == 0
    morning = dt.datetime(2026, 10, 29, 0, 0, tzinfo=dt.UTC)  # 08:00
    assert deliver(ledger, people, now=morning, outbox_dir=tmp_path, pauses=()).sent == 2


@pytest.mark.usefixtures("danger")
def test_what_ended_before_a_late_notice_arrives_is_said_in_it(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any, tmp_path: Path
) -> None:
    receiver.answers = [500, 500]
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
    tell(people)
    resolve(ledger, "a1", "D1", "recovered", "好了", now=NOW)
    receiver.posts.clear()
    deliver(ledger, people, now=NOW + dt.timedelta(hours=9), outbox_dir=tmp_path, pauses=())
    assert "当前状态：已关闭" in receiver.posts[0]["message"]


def test_budget_of_five_over_the_week_and_fresh_on_monday(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any,
    night: Callable[..., Any], frame: Callable[..., pd.DataFrame],
) -> None:  # fmt: skip
    # Warnings, to a manager of all teams: a new danger goes out whatever the budget.
    boss = [person("D1", "manager", "company", channels=[receiver.url()])]

    def alerts(count: int) -> pd.DataFrame:
        return frame(
            *(
                {"alert_id": f"a{n}", "level": "warning", "amount_at_risk": 1000 * n + 1,
                 "scope_id": f"T{n}", "scope_name": f"组{n}"}
                for n in range(count)
            )
        )  # fmt: skip

    night(alerts(3))
    assert len(tell(boss).told) == 4  # three and the first digest
    night(alerts(8), 1)
    friday = tell(boss, 24 * 60)
    assert [each.alert_ids for each in friday.told] == [("a7",), ("a6",)]
    assert {alert_id for _, alert_id in friday.deferred} == {"a3", "a4", "a5"}
    # Left to the digest once, they do not come back as urgent when the new week begins.
    night(alerts(9), 5)
    monday = tell(boss, 5 * 24 * 60)
    assert [each.alert_ids for each in monday.told if each.kind == "urgent"] == [("a8",)]
    digest = next(each for each in monday.told if each.kind == "digest")
    assert set(digest.alert_ids) == {f"a{n}" for n in range(9)}


def test_the_first_night_is_one_introduction_and_the_next_tells_news(
    ledger: Ledger, tell: Callable[..., Any], person: Person, receiver: Any,
    night: Callable[..., Any], frame: Callable[..., pd.DataFrame],
) -> None:  # fmt: skip
    # Every standing alert was "new" and told singly, and again in the same evening's digest.
    boss = [person("D1", "director", "company", channels=[receiver.url()])]
    standing = [{"alert_id": f"a{n}", "level": "danger", "scope_id": f"T{n}"} for n in range(6)]
    night(frame(*standing))
    assert [each.kind for each in tell(boss).told] == ["digest"]
    night(frame(*standing, {"alert_id": "b", "level": "danger", "scope_id": "T9"}), 1)
    assert [each.alert_ids for each in tell(boss, 24 * 60).told] == [("b",)]


@pytest.mark.usefixtures("danger")
def test_a_channel_taken_out_drops_its_notices_visibly(
    ledger: Ledger, tell: Callable[..., Any], person: Person, tmp_path: Path
) -> None:
    tell([person("M1", "manager", "team:T01", channels=["json://127.0.0.1:9/x"])])
    later = NOW + dt.timedelta(hours=1)
    changed = [person("M1", "manager", "team:T01", channels=["file://"])]
    done = deliver(ledger, changed, now=later, outbox_dir=tmp_path, pauses=())
    assert [(who, why) for who, _, why in done.dropped] == [
        ("M1", "the recipient or channel is no longer in recipients.yml")
    ] * 2
    assert {row.state for row in rows(ledger)} == {"dropped"}


@pytest.mark.usefixtures("danger")
def test_the_file_channel_writes_one_file_per_notice(
    ledger: Ledger, tell: Callable[..., Any], person: Person, tmp_path: Path
) -> None:
    tell([person("D1", "director", "company")])
    files = sorted((tmp_path / "outbox" / "D1").iterdir())
    assert [path.suffix for path in files] == [".md", ".md"]
    text = next(path for path in files if "urgent" in path.name).read_text(encoding="utf-8")
    assert text.startswith("# 【危险 · 新预警】华东一组")
    assert "**风险金额**：12.0 万元" in text


def test_alerts_that_nobody_may_see_are_named(
    tell: Callable[..., Any], person: Person, night: Callable[..., Any],
    frame: Callable[..., pd.DataFrame],
) -> None:  # fmt: skip
    night(frame({"alert_id": "lost", "scope_id": "T09", "owner_id": None}, {"alert_id": "seen"}))
    assert tell([person("M1", "manager", "team:T01")]).unheard == ("lost",)


def test_failures_go_to_the_data_owners_only_and_once(
    ledger: Ledger, office: Office, person: Person, receiver: Any, tmp_path: Path
) -> None:
    people = [
        person("D1", "director", "company", channels=[receiver.url()]),
        person("R1", "rep", channels=[receiver.url()]),
        person("X1", "data_owner", channels=[receiver.url()], language="en"),
    ]
    for rows in (3, 4):  # the same cause with another figure is the same cause
        problem = failed_run(
            "nightly", [f"audit: orders: {rows} rows without amount"], audit=True,
            day=WEDNESDAY, run_id="0a1b2c3d4e5f", still_published=dt.date(2026, 10, 27),
        )  # fmt: skip
        notify_data_owners(ledger, people, office, problem, now=NOW, outbox_dir=tmp_path, pauses=())
    assert receiver.titles == ["Data problem: the audit stopped job nightly"]
    said = receiver.posts[0]["message"]
    assert "orders: 3 rows without amount" in said
    assert "Readers keep the figures of 2026-10-27." in said
    assert "Run 0a1b2c3d" in said


def test_stale_feeds_go_to_the_owners_of_their_source_each_in_his_language(
    ledger: Ledger, office: Office, person: Person, receiver: Any, tmp_path: Path
) -> None:
    people = [
        person("X1", "data_owner", channels=[receiver.url()]),
        person("X2", "data_owner", "source:crm", channels=[receiver.url()], language="en"),
        person("X3", "data_owner", "source:erp", channels=[receiver.url()]),
    ]
    assert stale_feeds([], day=WEDNESDAY) is None
    problem = stale_feeds(
        [StaleFeed("crm", "orders", 9.0), StaleFeed("crm", "accounts", None)], day=WEDNESDAY
    )
    assert problem is not None
    dry = notify_data_owners(
        ledger, people, office, problem, now=NOW, outbox_dir=tmp_path, dry_run=True
    )
    assert [told.person_id for told in dry.told] == ["X1", "X2"]
    assert receiver.posts == []
    for _ in range(2):
        notify_data_owners(ledger, people, office, problem, now=NOW, outbox_dir=tmp_path, pauses=())
    assert receiver.titles == ["数据异常：2 路数据已过期", "Data problem: 2 stale feeds"]
    assert "crm/orders：最新记录距今 9 个工作日" in receiver.posts[0]["message"]
    assert "crm/accounts: nothing could be read" in receiver.posts[1]["message"]


CRASH = """
    import datetime as dt, os, sys
    from pathlib import Path
    from zoneinfo import ZoneInfo
    from pipelines.ledger.store import open_ledger
    from pipelines.notifying import outbox
    from pipelines.notifying.channels import send
    from pipelines.notifying.recipients import Recipient

    url, channel, moment = sys.argv[1:4]
    person = Recipient.model_validate(
        {"person_id": "M1", "role": "manager", "channels": [channel], "scopes": ["team:T01"]}
    )

    def dies(*args, **more):
        if moment == "before":
            os._exit(9)
        send(*args, **more)
        os._exit(9)

    now = dt.datetime.fromisoformat(sys.argv[4])
    outbox.deliver(open_ledger(url), [person], now=now, outbox_dir=Path("."), pauses=(),
                   sending=dies)
"""


@pytest.mark.parametrize(("moment", "arrivals"), [("before", 1), ("after", 2)])
def test_a_crash_between_intent_and_sent_repeats_at_most_once_and_is_logged(
    moment: str, arrivals: int, ledger: Ledger, ledger_path: Path, office: Office, person: Person,
    receiver: Any, night: Callable[..., Any], frame: Callable[..., pd.DataFrame], tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    night(frame({"alert_id": "a1", "level": "danger"}))
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
    receiver.answers = [500, 500]
    notify(ledger, people, office, now=NOW, outbox_dir=tmp_path, pauses=())
    receiver.posts.clear()
    now = NOW + dt.timedelta(minutes=5)
    crashed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASH), f"sqlite:///{ledger_path}", receiver.url(),
         moment, now.isoformat()],
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)}, timeout=60, check=False,
    )  # fmt: skip
    assert crashed.returncode == 9
    assert sorted(row.state for row in rows(ledger)) == ["pending", "sending"]
    with caplog.at_level(logging.WARNING):
        done = deliver(ledger, people, now=now, outbox_dir=tmp_path, pauses=())
    assert (done.repeated, done.sent) == (1, 2)
    assert "may arrive twice" in caplog.text
    urgent = [post for post in receiver.posts if "摘要" not in post["title"]]
    assert len(urgent) == arrivals
    assert "可能重复" in urgent[-1]["message"]
    again = deliver(ledger, people, now=now, outbox_dir=tmp_path, pauses=())
    assert (again.repeated, again.sent, len(receiver.posts)) == (0, 0, arrivals + 1)


def test_two_senders_at_once_send_each_notice_once(
    ledger: Ledger, ledger_path: Path, office: Office, person: Person, receiver: Any,
    night: Callable[..., Any], frame: Callable[..., pd.DataFrame], tmp_path: Path,
) -> None:  # fmt: skip
    night(frame(*({"alert_id": f"a{n}", "level": "danger"} for n in range(3))))
    people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
    barrier = threading.Barrier(3)

    def go() -> None:
        own = open_ledger(f"sqlite:///{ledger_path}")
        barrier.wait()
        notify(own, people, office, now=NOW, outbox_dir=tmp_path, pauses=())
        own.close()

    threads = [threading.Thread(target=go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(receiver.posts) == 4  # three notices and a digest
    with ledger.reading() as session:
        assert len(list(session.scalars(select(Telling)))) == 3


@pytest.mark.usefixtures("danger")
def test_the_history_of_an_alert_names_its_notices(
    ledger: Ledger, tell: Callable[..., Any], person: Person
) -> None:
    tell([person("M1", "manager", "team:T01")])
    notices = show_alert(ledger, "a1").notices
    assert [(row.recipient_id, row.kind, row.state) for row in notices] == [
        ("M1", "urgent", "sent"), ("M1", "digest", "sent"),
    ]  # fmt: skip
    assert notices[0].created_at.date() == WEDNESDAY


@pytest.mark.postgres
def test_the_outbox_on_postgresql(
    office: Office, person: Person, receiver: Any, frame: Callable[..., pd.DataFrame],
    tmp_path: Path, postgres_url: str,
) -> None:  # fmt: skip
    own = open_ledger(postgres_url)
    try:
        episodes = frame(*({"alert_id": f"a{n}", "level": "danger"} for n in range(3)))
        record_episodes(own, episodes.assign(as_of=WEDNESDAY), as_of=WEDNESDAY, run_id="r", now=NOW)
        people = [person("M1", "manager", "team:T01", channels=[receiver.url()])]
        receiver.answers = [500]
        barrier = threading.Barrier(3)

        def go() -> None:
            barrier.wait()
            notify(own, people, office, now=NOW, outbox_dir=tmp_path, pauses=())

        threads = [threading.Thread(target=go) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Three notices and the digest, one of them refused; a sender that is slower than the refusal may
        # already have tried that one again.
        again = len(receiver.posts) - 4
        assert again in (0, 1)
        with own.writing() as session:  # as a sender that died leaves it
            lost = session.scalars(select(Notice).where(Notice.state == "sent")).first()
            assert lost is not None
            lost.state, lost.claimed_by = "sending", "another-host:1:1"
        assert deliver(own, people, now=NOW, outbox_dir=tmp_path, pauses=()).repeated == 0
        later = NOW + dt.timedelta(minutes=16)
        done = deliver(own, people, now=later, outbox_dir=tmp_path, pauses=())
        assert (done.repeated, done.sent, done.waiting) == (1, 2 - again, 0)
    finally:
        own.close()


SECRETS = [
    "json://user:pa55word-secret@127.0.0.1:9/t0ken-secret?key=quer1-secret",
    "wecombot://b0tkey-secret-1234",
    "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
]


@pytest.mark.parametrize("url", SECRETS)
def test_no_secret_is_shown_logged_or_stored(
    url: str, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    message = compose("t", [Line("x")])
    with caplog.at_level(logging.DEBUG):
        outcome = send(url, message, recipient_id="D1", key="k", outbox_dir=tmp_path)
    assert not outcome.sent
    said = f"{caplog.text} {outcome.error} {masked(url)} {redacted(f'failed: {url}', url)}"
    for part in ("secret", "TIiajkdnlazkcOXrIdevi7FQ"):
        assert part not in said


@pytest.mark.parametrize(
    ("reference", "says"),
    [("${NO_SUCH_SECRET}", "environment variable NO_SUCH_SECRET is not set"),
     ("nonsense://x", "not one that Apprise knows")],
)  # fmt: skip
def test_a_channel_that_matches_nothing_is_a_failure(
    reference: str, says: str, tmp_path: Path
) -> None:
    outcome = send(reference, compose("t", []), recipient_id="D1", key="k", outbox_dir=tmp_path)
    assert not outcome.sent
    assert says in outcome.error


def test_a_report_is_told_once_to_those_who_asked(
    ledger: Ledger, person: Callable[..., Recipient], tmp_path: Path, mail_server: MailServer
) -> None:
    folder = tmp_path / "2026-09-30"
    folder.mkdir()
    for name in ("monthly.html", "monthly.en.html"):
        (folder / name).write_text(
            f'<h1 id="headline">{name} &amp; 88%</h1><strong>none</strong>', encoding="utf-8"
        )
    ready = [
        ReadyReport(
            "monthly", dt.date(2026, 9, 30), (folder / "monthly.html", folder / "monthly.en.html"),
            lambda language: f"<table><tr><td>the review in {language}: 完成</td></tr></table>",
        )
    ]  # fmt: skip
    asked = person("D1", "director", "company", reports=["monthly"], language="en",
                   channels=["file://", mail_server.url])  # fmt: skip
    others = person("D2", "director", "company", reports=["weekly"])

    def tell() -> Delivery | None:
        return tell_of_reports(
            ledger, [asked, others], ready, now=NOW, timezone=ZoneInfo("Asia/Shanghai"),
            is_workday=is_workday, outbox_dir=tmp_path / "outbox", base_url="https://b.example.com",
            pauses=(),
        )  # fmt: skip

    first, second = tell(), tell()
    assert first is not None
    assert second is not None
    assert (first.sent, second.sent) == (2, 0)
    (told,) = (tmp_path / "outbox").rglob("*.md")
    words = told.read_text(encoding="utf-8")
    assert told.parent.name == "D1"
    assert "monthly.en.html & 88%" in words
    assert "https://b.example.com/reports/2026-09-30/monthly.en.html" in words
    assert "the review" not in words
    # A mail carries the review itself, below the way to it.
    (mail,) = mail_server.mails
    body = mail.get_body(("html",))
    assert body is not None
    content = body.get_content()
    assert content.index("/reports/2026-09-30/monthly.en.html") < content.index(
        "<td>the review in en: 完成</td>"
    )
