"""What is said to a bot reaches the ledger once, from whoever the platform vouches for, and from nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from board_company import BOARD, opened_board
from chat_callers import CORP, ENCRYPT, SECRETS, VERIFY, Dingtalk, Feishu, Replies, Wecom
from sqlalchemy import select
from starlette.testclient import TestClient

from pipelines.board.chat import wecom
from pipelines.board.chat.messages import Request
from pipelines.configuration.board_file import read_board
from pipelines.configuration.chat import Chat
from pipelines.configuration.problems import Problem
from pipelines.ledger.models import Episode
from pipelines.ledger.store import open_ledger
from pipelines.settings import Settings

CHAT = """
chat:
  wecom: {{corp_id: {corp}, token: "${{WECOM_TOKEN}}", aes_key: "${{WECOM_AES_KEY}}"}}
  dingtalk: {{app_secret: "${{DINGTALK_SECRET}}", hosts: [127.0.0.1]}}
  feishu:
    encrypt_key: ${{FEISHU_ENCRYPT}}
    verification_token: ${{FEISHU_VERIFY}}
    app_id: cli_1
    app_secret: ${{FEISHU_SECRET}}
    base_url: {replies}
"""
PEOPLE = """
recipients:
  - {person_id: M1, role: manager, scopes: [team:T1], channels: ["file://"], language: zh, chat: {wecom: sun, dingtalk: d-sun, feishu: ou_sun}}
  - {person_id: R1, role: rep, channels: ["file://"], language: en, chat: {wecom: zhang, dingtalk: d-zhang, feishu: ou_zhang}}
  - {person_id: left, role: rep, channels: ["file://"], language: zh, chat: {wecom: gone}}
"""


@pytest.fixture(scope="module")
def replies() -> Iterator[Replies]:
    server = Replies()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def board(installation: Settings, replies: Replies) -> Iterator[TestClient]:
    chat = CHAT.format(corp=CORP, replies=replies.address)
    (installation.config_dir / "board.yml").write_text(BOARD + chat)
    (installation.config_dir / "recipients.yml").write_text(PEOPLE)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        with opened_board(installation) as client:
            yield client


def signals(installation: Settings) -> dict[str, tuple[str, str, str | None]]:
    """Words of every signal: what it is about, and who answers it."""
    ledger = open_ledger(installation.ledger_url)
    try:
        with ledger.reading() as session:
            found = session.scalars(select(Episode).where(Episode.origin == "reported"))
            return {
                one.message or "": (one.scope_type, one.scope_id, one.owner_id) for one in found
            }
    finally:
        ledger.close()


def test_wecom_s_own_example_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The values that the platform publishes with its libraries."""
    monkeypatch.setenv("T", "QDG6eK")
    monkeypatch.setenv("K", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C")
    monkeypatch.setattr("time.time", lambda: 1409659600.0)
    chat = Chat.model_validate(
        {"wecom": {"corp_id": "wx5823bf96d3bd56c7", "token": "${T}", "aes_key": "${K}"}}
    )
    query = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
        "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    }
    answer = wecom.hear(chat, Request("GET", query, {}, b""))
    assert answer.body == b"1616140317555161061"  # type: ignore[union-attr]


def test_wecom(board: TestClient, installation: Settings) -> None:
    caller = Wecom(board)
    assert caller.check("4521").text == "4521"
    said = caller.read(caller.send("客户 <要> 推迟 & 观望 <!", "sun", 1))
    assert "已记录" in said
    assert "一队" in said
    assert "孙经理" in said
    assert signals(installation)["客户 <要> 推迟 & 观望 <!"] == ("team", "T1", "M1")
    assert "Recorded" in caller.read(caller.send("price war", "zhang", 2))
    assert signals(installation)["price war"] == ("rep", "R1", "R1")
    before = signals(installation)
    # The platform asks again, or somebody who has seen the request does.
    request = caller.request("一次", "sun", 3)
    assert "已记录" in caller.read(board.post(request[0], content=request[1]))
    assert board.post(request[0], content=request[1]).content == b""
    assert caller.send("二次", "sun", 3).content == b""
    assert signals(installation).keys() - before.keys() == {"一次"}
    assert caller.send("", "sun", 4, kind="event").content == b""
    assert "用一条消息" in caller.read(caller.send("帮助", "sun", 5))
    assert "Write in one message" in caller.read(caller.send("？", "zhang", 9))
    assert "recipients.yml" in caller.read(caller.send("谁", "stranger", 6))
    assert "人员名单" in caller.read(caller.send("走了", "gone", 7))
    assert "4000" in caller.read(caller.send("长" * 4001, "sun", 8))
    assert signals(installation).keys() - before.keys() == {"一次"}


def test_wecom_is_believed_by_its_signature_key_company_and_moment_alone(
    board: TestClient, installation: Settings
) -> None:
    before = signals(installation)
    caller = Wecom(board)
    address, body = caller.request("假的", "sun", 20)
    other = caller.request("另一条", "sun", 21)[1]
    entity = b"<!DOCTYPE x [<!ENTITY e 'x'>]>" + body
    refused = [
        board.post(address.replace("nonce=1", "nonce=2"), content=body),
        board.post(address, content=other),
        board.post(address, content=entity),
        board.post(address, content=b"<xml>"),
        board.post(address, content=b""),
        board.post("/chat/wecom", content=body),
        caller.send("旧的", "sun", 22, age=400),
        caller.send("将来", "sun", 23, age=-400),
        Wecom(board, corp="wwother").send("别家", "sun", 24),
        board.get("/chat/wecom?msg_signature=x&timestamp=1&nonce=1&echostr=x"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert {answer.content for answer in refused} == {b""}
    assert board.post(address, content=b"x" * 70_000).status_code == 413
    assert signals(installation) == before


def test_dingtalk(board: TestClient, installation: Settings, replies: Replies) -> None:
    caller = Dingtalk(board, replies)
    before = signals(installation)
    request = caller.request("竞品降价", "d-sun", "msg1")
    assert board.post("/chat/dingtalk", headers=request[0], json=request[1]).status_code == 200
    path, _, content = replies.posts[-1]
    assert path.startswith("/robot/sendBySession")
    assert content["msgtype"] == "text"
    assert "已记录" in content["text"]["content"]
    assert signals(installation)["竞品降价"] == ("team", "T1", "M1")
    count = len(replies.posts)
    # Again: nothing. With other words under a signature that was seen: refused.
    assert board.post("/chat/dingtalk", headers=request[0], json=request[1]).status_code == 200
    stolen = {**request[1], "msgId": "msg2", "text": {"content": "假的"}}
    assert board.post("/chat/dingtalk", headers=request[0], json=stolen).status_code == 403
    wrong = {**request[0], "sign": request[0]["sign"][::-1]}
    assert board.post("/chat/dingtalk", headers=wrong, json=request[1]).status_code == 403
    assert caller.send("旧的", "d-sun", "msg3", age=3700).status_code == 403
    assert board.post("/chat/dingtalk", json=request[1]).status_code == 403
    assert board.get("/chat/dingtalk").status_code == 403
    assert signals(installation).keys() - before.keys() == {"竞品降价"}
    assert len(replies.posts) == count
    # A reply goes to the platform, wherever a message would have it.
    elsewhere = f"{replies.address.replace('127.0.0.1', 'localhost')}/elsewhere"
    assert caller.send("又一条", "d-zhang", "msg4", sessionWebhook=elsewhere).status_code == 200
    assert "又一条" in signals(installation)
    assert len(replies.posts) == count


def test_feishu(board: TestClient, installation: Settings, replies: Replies) -> None:
    caller = Feishu(board)
    before = signals(installation)
    challenge = {"type": "url_verification", "token": VERIFY, "challenge": "c-1"}
    plain = caller.encrypted(challenge)
    assert board.post("/chat/feishu", content=plain).json() == {"challenge": "c-1"}
    assert (
        board.post(
            "/chat/feishu", content=caller.encrypted({**challenge, "token": "x"})
        ).status_code
        == 403
    )
    assert caller.send("预算冻结", "ou_sun", "e1").status_code == 200
    login, reply = replies.posts[-2:]
    assert login[0] == "/open-apis/auth/v3/tenant_access_token/internal"
    assert reply[:2] == ("/open-apis/im/v1/messages/om_e1/reply", "Bearer t-1")
    assert "已记录" in reply[2]["content"]
    assert signals(installation)["预算冻结"] == ("team", "T1", "M1")
    count = len(replies.posts)
    assert caller.send("预算冻结 again", "ou_sun", "e1").content == b""
    body = caller.encrypted(caller.event("假的", "ou_sun", "e2"))
    refused = [
        board.post("/chat/feishu", content=body),
        board.post("/chat/feishu", content=body + b" ", headers=caller.headers(body)),
        board.post("/chat/feishu", content=body, headers=caller.headers(body, age=400)),
        board.post("/chat/feishu", json=caller.event("明文", "ou_sun", "e3")),
        caller.send("别的应用", "ou_sun", "e4", token="other"),
        board.get("/chat/feishu"),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert (
        caller.send("入群", "ou_sun", "e5", event_type="im.chat.member.user.added_v1").json() == {}
    )
    assert signals(installation).keys() - before.keys() == {"预算冻结"}
    assert len(replies.posts) == count
    assert ENCRYPT not in str(replies.posts)


def test_a_message_is_not_lost_while_nothing_can_be_recorded(
    board: TestClient, installation: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = installation.data_dir / "current"
    current.rename(installation.data_dir / "away")
    try:
        with opened_board(installation) as early:  # before the first night
            caller = Wecom(early)
            said = caller.read(caller.send("断开", "sun", 40))
            assert "稍后" in said or "几分钟" in said
    finally:
        (installation.data_dir / "away").rename(current)
    caller = Wecom(board)
    assert "断开" not in signals(installation)
    assert "已记录" in caller.read(caller.send("断开", "sun", 40))
    assert signals(installation)["断开"] == ("team", "T1", "M1")


def test_secrets_of_bots_come_from_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "board.yml"
    path.write_text(
        "chat:\n"
        "  dingtalk: {app_secret: plain}\n"
        "  feishu: {encrypt_key: '${A}', verification_token: '${B}', base_url: http://open.feishu.cn}\n"
        "  slack: {}\n"
    )
    problems: list[Problem] = []
    read_board(path, problems)
    assert len(problems) == 3
