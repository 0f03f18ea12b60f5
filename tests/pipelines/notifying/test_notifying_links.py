"""Links and the endpoint behind them, over real HTTP: GET shows, POST acts, old links say so."""

from __future__ import annotations

import datetime as dt
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pandas as pd
import pytest
import uvicorn
from notifying_days import NOW

from pipelines.failures import PermanentFailure
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.responses import resolve
from pipelines.ledger.store import Ledger
from pipelines.notifying.endpoint import Desk, create_app
from pipelines.notifying.links import LinkExpired, LinkInvalid, Links, LinkTarget, link_key
from pipelines.notifying.slices import Hierarchy

KEY = "a key that only tests use"


class Clock:
    now = NOW

    def __call__(self) -> dt.datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links(clock: Clock) -> Links:
    return Links(KEY, "http://127.0.0.1:1/", 14, clock)


def token(links: Links, alert_id: str = "a1", person_id: str = "M1") -> str:
    return links.make(alert_id, person_id).rpartition("/")[2]


def test_a_link_carries_alert_and_person_until_it_expires(links: Links, clock: Clock) -> None:
    made = token(links)
    assert links.read(made) == LinkTarget("a1", "M1")
    clock.now = NOW + dt.timedelta(days=14)
    assert links.read(made) == LinkTarget("a1", "M1")
    clock.now = NOW + dt.timedelta(days=14, seconds=1)
    with pytest.raises(LinkExpired):
        links.read(made)


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: "x" + t, lambda t: t[::-1],
                                    lambda _t: "", lambda _t: "a.b.c", lambda t: t + "A"])  # fmt: skip
def test_a_changed_link_is_none(links: Links, change: Callable[[str], str]) -> None:
    with pytest.raises(LinkInvalid):
        links.read(change(token(links)))


def test_another_key_makes_another_link(links: Links, clock: Clock) -> None:
    with pytest.raises(LinkInvalid):
        Links("another key of the tests", "http://x", 14, clock).read(token(links))


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(link_key(tmp_path / "data", {})))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    path = tmp_path / "data" / "link.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["link.key"]
    assert link_key(tmp_path, {"FOREWARN_LINK_KEY": "k" * 16}) == "k" * 16


def test_a_weak_or_open_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure, match="fewer than 16"):
        link_key(tmp_path, {"FOREWARN_LINK_KEY": "short"})
    link_key(tmp_path, {})
    (tmp_path / "link.key").chmod(0o644)
    with pytest.raises(PermanentFailure, match="others may read it"):
        link_key(tmp_path, {})
    (tmp_path / "link.key").write_text("cut")
    (tmp_path / "link.key").chmod(0o600)
    with pytest.raises(PermanentFailure, match="cut off"):
        link_key(tmp_path, {})


@pytest.fixture
def site(ledger: Ledger, links: Links, clock: Clock, hierarchy: Hierarchy,
         night: Callable[..., Any], frame: Callable[..., pd.DataFrame]) -> Iterator[httpx.Client]:  # fmt: skip
    """The endpoint served on loopback, with one alert a1."""
    night(frame({"alert_id": "a1", "level": "danger", "message": "<b>华东</b> 偏低"}))
    desk = Desk(
        ledger, links, ZoneInfo("Asia/Shanghai"), "CNY", clock, "zh", {"E1": "en"}, hierarchy
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(desk), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    server.should_exit = True
    thread.join()


def test_looking_changes_nothing_however_often(
    site: httpx.Client, ledger: Ledger, links: Links
) -> None:
    for _ in range(3):
        page = site.get(f"/a/{token(links)}")
        assert page.status_code == 200
        site.head(f"/a/{token(links)}")
        site.get(f"/a/{token(links)}?done=resolve&action=ack")
    assert show_alert(ledger, "a1").responses == []
    assert "&lt;b&gt;华东&lt;/b&gt; 偏低" in page.text
    assert "当前身份：经理一" in page.text
    assert "确认收到" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


def test_the_page_speaks_the_language_of_the_person(site: httpx.Client, links: Links) -> None:
    page = site.get(f"/a/{token(links, person_id='E1')}").text
    assert '<html lang="en">' in page
    assert "I take it" in page
    assert "由我负责" not in page


def test_a_button_acts_once_and_leads_back_to_the_page(
    site: httpx.Client, ledger: Ledger, links: Links
) -> None:
    path = f"/a/{token(links)}"
    for _ in range(2):
        answer = site.post(path, data={"action": "ack"})
        assert answer.status_code == 303
    page = site.get(f"{path}{answer.headers['location']}")
    assert "确认收到 ✓" in page.text
    assert "2026-10-28 10:00 · 经理一 · 确认收到" in page.text
    responses = show_alert(ledger, "a1").responses
    assert [(row.person_id, row.action, row.channel) for row in responses] == [
        ("M1", "ack", "link")
    ]


def test_every_button(site: httpx.Client, ledger: Ledger, links: Links) -> None:
    path = f"/a/{token(links)}"
    for form in (
        {"action": "take"},
        {"action": "plan", "text": "拜访 <客户>"},
        {"action": "snooze", "until": "2026-11-03", "reason": "盘点"},
        {"action": "comment", "text": "已电话"},
        {"action": "resolve", "outcome": "recovered", "note": "有效"},
    ):
        assert site.post(path, data=form).status_code == 303, form
    alert = show_alert(ledger, "a1").alert
    assert (alert.assigned_to, alert.outcome) == ("M1", "recovered")
    assert alert.snoozed_until == dt.date(2026, 11, 3)
    page = site.get(path).text
    assert "拜访 &lt;客户&gt;" in page
    assert 'value="plan"' not in page  # nothing but comments once it is resolved
    assert 'value="comment"' in page


def test_two_clicks_at_the_same_moment_count_once(
    site: httpx.Client, ledger: Ledger, links: Links
) -> None:
    barrier = threading.Barrier(4)
    codes: list[int] = []

    def click() -> None:
        barrier.wait()
        form = {"action": "false_alarm", "note": "节假日"}
        codes.append(site.post(f"/a/{token(links)}", data=form).status_code)

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [303] * 4
    history = show_alert(ledger, "a1")
    assert [(row.action, row.outcome) for row in history.responses] == [("resolve", "false_alarm")]
    assert history.comments == []


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"action": "plan", "text": " "}, 422, "请填写计划内容"),
        ({"action": "snooze", "until": "soon", "reason": "x"}, 422, "日期无效"),
        ({"action": "resolve", "outcome": "great", "note": "x"}, 422, "结案结果“great”无效"),
        ({"action": "delete"}, 422, "无法识别的操作"),
        ({}, 422, "无法识别的操作"),
        ({"action": "plan", "text": "长" * 60000}, 413, "提交的内容过长"),
    ],
)
def test_what_cannot_be_done_is_said_on_the_page(
    form: dict[str, str], status: int, says: str, site: httpx.Client, ledger: Ledger, links: Links
) -> None:
    answer = site.post(f"/a/{token(links)}", data=form)
    assert answer.status_code == status
    assert says in answer.text
    assert "华东" in answer.text
    assert show_alert(ledger, "a1").responses == []


def test_a_resolved_alert_says_who_resolved_it(
    site: httpx.Client, ledger: Ledger, links: Links
) -> None:
    resolve(ledger, "a1", "D1", "missed", "未达成", now=NOW)
    answer = site.post(f"/a/{token(links)}", data={"action": "plan", "text": "再试"})
    assert answer.status_code == 409
    assert "已由 D1 于 2026-10-28 结案（未达成）" in answer.text


def test_old_changed_and_lost_links_each_get_a_clear_page(
    site: httpx.Client, links: Links, clock: Clock, ledger: Ledger
) -> None:
    old = token(links)
    assert "链接无效" in site.get(f"/a/{old[:-2]}").text
    assert site.get(f"/a/{old[:-2]}").status_code == 403
    assert site.post(f"/a/{old[:-2]}", data={"action": "ack"}).status_code == 403
    gone = site.get(f"/a/{token(links, 'nowhere')}")
    assert (gone.status_code, "找不到这条预警" in gone.text) == (404, True)
    assert site.post(f"/a/{token(links, 'nowhere')}", data={"action": "ack"}).status_code == 404
    clock.now = NOW + dt.timedelta(days=15)
    expired = site.post(f"/a/{old}", data={"action": "ack"})
    assert (expired.status_code, "链接已过期" in expired.text) == (410, True)
    assert show_alert(ledger, "a1").responses == []
