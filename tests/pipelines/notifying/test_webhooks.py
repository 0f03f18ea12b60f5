"""Programs that are told: signed, once per change, tried again, and never sent into a private network."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from notices_received import Receiver
from notifying_days import NOW
from sqlalchemy import select

from pipelines.configuration.problems import Problem
from pipelines.ledger.models import Notice
from pipelines.ledger.responses import plan
from pipelines.ledger.store import Ledger
from pipelines.notifying.outbox import Delivery, deliver
from pipelines.notifying.recipients import read_recipients
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.webhooks.configured import Webhook
from pipelines.notifying.webhooks.posting import refusal
from pipelines.notifying.webhooks.queueing import tell_programs

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
Tell = Callable[..., Delivery]


def hook(receiver: Receiver, **more: Any) -> Webhook:
    values = {"name": "erp", "url": f"http://127.0.0.1:{receiver.port}/s3cret-path", "secret": "${HOOK}",
              "private_network": True}  # fmt: skip
    return Webhook.model_validate({**values, **more})


@pytest.fixture
def tell(ledger: Ledger, hierarchy: Hierarchy) -> Tell:
    def run(*webhooks: Webhook, minutes: float = 0, secret: str = SECRET) -> Delivery:
        return tell_programs(
            ledger, webhooks, hierarchy, now=NOW + dt.timedelta(minutes=minutes), pauses=(),
            base_url="https://board.example.com/", environment={"HOOK": secret},
        )  # fmt: skip

    return run


def told(receiver: Receiver) -> list[tuple[str, str]]:
    return [(post["type"], post["data"]["warning"]["alert_id"]) for post in receiver.posts]


def test_a_change_is_told_once_and_signed(
    receiver: Receiver, night: Any, frame: Any, tell: Tell, ledger: Ledger
) -> None:
    night(frame({"alert_id": "a1", "case_id": "c1"}))
    erp = hook(receiver)
    assert tell(erp).sent == 1
    assert tell(erp, minutes=5).sent == 0
    (headers, body), (post,) = receiver.raw[0], receiver.posts
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(time.time() - int(headers["webhook-timestamp"])) < 60
    assert (post["type"], post["data"]["level_to"]) == ("warning.opened", "warning")
    warning = post["data"]["warning"]
    assert (warning["case_id"], warning["amount_at_risk"]) == ("c1", 120000.0)
    assert warning["link"] == "https://board.example.com/warnings/a1"
    # What follows is told as it comes: it gets worse, somebody answers.
    night(frame({"alert_id": "a1", "level": "danger"}), day=1)
    plan(ledger, "a1", "M1", "拜访客户", now=NOW + dt.timedelta(days=1), channel="cli")
    tell(erp, minutes=24 * 60)
    tell(erp, minutes=24 * 60 + 5)
    assert told(receiver) == [
        ("warning.opened", "a1"), ("warning.raised", "a1"), ("warning.answered", "a1"),
    ]  # fmt: skip
    assert receiver.posts[-1]["data"]["text"] == "拜访客户"


def test_what_fails_is_tried_again_as_the_same_message(
    receiver: Receiver, night: Any, frame: Any, tell: Tell, ledger: Ledger, tmp_path: Path
) -> None:
    night(frame({"alert_id": "a1"}))
    receiver.answers = [500, 302]
    erp = hook(receiver)
    assert [why for _, _, why in tell(erp).failed] == ["HTTP 500"]
    # People's notices are sent by calls of their own: they neither take nor drop what is a program's.
    assert deliver(ledger, [], now=NOW + dt.timedelta(hours=1), outbox_dir=tmp_path).dropped == []
    # A redirect is no answer, and is not followed.
    assert [why for _, _, why in tell(erp, minutes=2).failed] == ["HTTP 302"]
    assert tell(erp, minutes=2.5).sent == 0
    assert tell(erp, minutes=10).sent == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.raw}) == 1
    assert (
        len({headers["webhook-timestamp"] + str(i) for i, (headers, _) in enumerate(receiver.raw)})
        == 3
    )
    assert [post["path"] for post in receiver.posts] == ["/s3cret-path"] * 3
    with ledger.reading() as session:
        (row,) = session.scalars(select(Notice))
        assert (row.state, row.attempts) == ("sent", 3)
        assert "s3cret-path" not in f"{row.channel} {row.last_error}"
    # A program that is no longer in the file gets nothing more.
    night(frame({"alert_id": "a1"}, {"alert_id": "a2"}), day=1)
    receiver.answers = [500]
    tell(erp, minutes=24 * 60)
    assert len(tell(minutes=25 * 60).dropped) == 1


def test_a_program_hears_of_its_own_scopes_levels_and_changes(
    receiver: Receiver, night: Any, frame: Any, tell: Tell
) -> None:
    night(
        frame(
            {"alert_id": "east", "level": "danger"},
            {"alert_id": "south", "scope_id": "T09"},
            {"alert_id": "part", "role": "symptom"},
            {"alert_id": "trial", "mode": "watch"},
            {"alert_id": "feed", "scope_type": "source", "scope_id": "crm"},
            {"alert_id": "past", "state": "recovered", "closed_on": dt.date(2026, 10, 27)},
        )
    )

    def heard(**more: Any) -> set[str]:
        before = len(receiver.posts)
        tell(hook(receiver, name=f"n{before}{len(more)}", **more))
        return {post["data"]["warning"]["alert_id"] for post in receiver.posts[before:]}

    assert heard() == {"east", "south"}
    assert heard(scopes=["region:华东"]) == {"east"}
    assert heard(scopes=["team:T09", "source:crm"]) == {"south", "feed"}
    assert heard(level="danger") == {"east"}
    assert heard(symptoms=True) == {"east", "south", "part"}
    assert heard(changes=["recovered"]) == set()


@pytest.mark.parametrize(
    ("url", "private", "goes"),
    [
        ("https://erp.example.com/x", False, True),
        ("http://erp.example.com/x", True, False),
        ("https://10.0.0.8/x", False, False),
        ("https://10.0.0.8/x", True, True),
        ("https://[fd00::1]/x", False, False),
        ("https://[::ffff:169.254.169.254]/x", False, False),
        ("https://inside.example.com/x", False, False),
        ("https://localhost/x", False, False),
        ("http://127.0.0.1:8080/x", False, False),
        ("http://127.0.0.1:8080/x", True, True),
        ("https://user:secret@erp.example.com/x", True, False),
        ("ftp://erp.example.com/x", True, False),
        ("https://erp.example.com:port/x", True, False),
    ],
)
def test_nothing_goes_into_a_network_that_nobody_named(url: str, private: bool, goes: bool) -> None:
    names = {
        "erp.example.com": ["93.184.216.34"],
        "inside.example.com": ["93.184.216.34", "10.1.1.1"],
    }
    found = refusal(url, private=private, resolve_name=lambda host: names.get(host, []))
    assert (found is None) is goes


def test_what_is_not_allowed_is_not_even_connected_to(
    receiver: Receiver, night: Any, frame: Any, tell: Tell
) -> None:
    night(frame({"alert_id": "a1"}))
    ((_, channel, why),) = tell(hook(receiver, private_network=False)).failed
    assert (receiver.posts, channel) == ([], "webhook://…")
    assert "private_network" in why
    assert "s3cret-path" not in why
    short = tell(hook(receiver, name="other"), secret="short")
    assert "24" in short.failed[0][2]


def test_faults_of_the_file_are_named_with_line_and_fix(tmp_path: Path) -> None:
    path = tmp_path / "recipients.yml"
    path.write_text(
        "recipients: []\n"
        "webhooks:\n"
        "  - {name: erp, url: '${HOOK_URL}', secret: '${HOOK}', scopes: [team:T01], changes: [opened]}\n"
        "  - {name: erp, url: https://x.example.com/key, secret: '${HOOK}'}\n"
        "  - {name: clear, url: http://x.example.com/s3cret, secret: '${HOOK}'}\n"
        "  - {name: open, url: https://x.example.com/s3cret, secret: s3cret}\n"
        "  - {name: wrong, url: https://x.example.com/, secret: '${HOOK}', changes: [melted], scopes: [moon:1]}\n"
        "  - nothing\n"
    )
    problems: list[Problem] = []
    book = read_recipients(path, problems, environment={"HOOK": SECRET})
    assert [(one.name, one.scopes, one.changes) for one in book.webhooks] == [
        ("erp", (("team", "T01"),), ("opened",))
    ]
    said = "\n".join(f"{one.key} {one.found} {one.accepted}" for one in problems)
    lines = {line.partition(",")[0] for line in said.splitlines()}
    assert lines == {f"line {number}" for number in (4, 5, 6, 7, 8)}
    assert "s3cret" not in said
