"""What can be wrong with a mailbox: configuration, password, folder, server, encryption."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from mail_account import Account
from pydantic import ValidationError
from simulators.imap import PASSWORD, USER, ImapServer, certificate

from pipelines.configuration.mailbox import Mailbox, is_loopback
from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.sources.spreadsheet.places.mail_session import MailSession

TEAMS = "team_id,team_name\nT1,A\n"


def rules(port: int, **changes: Any) -> Mailbox:
    given = {"host": "127.0.0.1", "port": port, "senders": "*@acme.cn", "timeout_seconds": 5}
    return Mailbox(**{**given, "encryption": "none", **changes})


def opened(
    port: int, *, user: str = USER, password: str = PASSWORD, ca: Path | None = None, **changes: Any
) -> list[int]:
    with MailSession(rules(port, **changes), user, password, ca) as session:
        return session.since(dt.date(2020, 1, 1))


def failure(kind: type[Failure], port: int, **given: Any) -> str:
    with pytest.raises(kind) as caught:
        opened(port, **given)
    seen: BaseException | None = caught.value
    while seen is not None:  # what a traceback would show
        assert "planted" not in str(seen)
        assert USER not in str(seen)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return str(caught.value)


@contextmanager
def answering(*lines: bytes) -> Iterator[int]:
    """A server that says these lines, each after a line from the client, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as heard:
                connection.sendall(lines[0])
                for line in lines[1:]:
                    tag = heard.readline().split(b" ")[0]
                    connection.sendall(line.replace(b"TAG", tag))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_the_server_is_a_server_for_other_clients_too(account: Account) -> None:
    """The standard library's client alone, with every command that the source relies on."""
    account.put({"teams.csv": TEAMS})
    with account.server.client() as client:
        assert client.select(account.box, readonly=True)[0] == "OK"
        assert int(client.response("UIDVALIDITY")[1][0]) > 0
        (found,) = client.uid("SEARCH", "SINCE", "30-Oct-2026")[1]
        assert client.uid("SEARCH", "SINCE", "31-Oct-2026")[1] == [b""]
        (facts, body), _ = client.uid("FETCH", found.decode(), "(UID RFC822.SIZE BODY.PEEK[])")[1]
        assert f"RFC822.SIZE {len(body)}".encode() in facts
        assert b"teams.csv" in body
        kind, answer = client.uid("STORE", found.decode(), "+FLAGS", r"(\Seen)")
        assert (kind, b"read-only" in answer[0].lower()) == ("NO", True)


def test_a_wrong_password_says_what_to_check(imap: ImapServer) -> None:
    text = failure(PermanentFailure, imap.port, password="s3cr3t-planted-wrong")
    assert str(text).startswith(
        f"Logging in to the mailbox (127.0.0.1:{imap.port} INBOX): the server"
    )
    assert "A rerun alone will not help. Next: check the two variables named in `auth`" in text
    assert "授权码" in text


def test_a_login_refused_for_now_is_tried_again() -> None:
    lines = (
        b"* OK hello\r\n",
        b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
        b"TAG NO [UNAVAILABLE] reports@acme.cn s3cr3t-planted later\r\n",
    )
    with answering(*lines) as port:
        assert "[UNAVAILABLE] *** *** later" in failure(TransientFailure, port)


def test_letters_outside_ascii_in_the_password() -> None:
    with ImapServer(password="授权码-planted") as server:
        assert opened(server.port, password="授权码-planted") == []
        assert "server answered" in failure(
            PermanentFailure, server.port, password="授权码-planted-wrong"
        )


def test_a_folder_that_does_not_exist_names_those_that_do(account: Account) -> None:
    account.server.make("&ZUZTXw-")  # 收入, as servers write it
    text = failure(PermanentFailure, account.server.port, folder="收件")
    assert "there is no such folder, but INBOX" in text
    assert account.box in text
    assert "correct `mailbox.folder`" in text


def test_a_folder_with_a_chinese_name_is_opened(account: Account) -> None:
    account.server.make("&UXZO1g-")
    assert opened(account.server.port, folder="其他") == []


def test_a_server_that_is_down_or_breaks_off_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "Connection refused" in failure(TransientFailure, port)
    with answering(b"* BYE too many connections\r\n") as port:
        assert "too many connections" in failure(TransientFailure, port)
    with answering(b"* OK hello\r\n", b"") as port:
        assert "A rerun can help" in failure(TransientFailure, port)


def test_a_server_that_does_not_answer_is_left_after_a_while() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "timed out" in failure(TransientFailure, port, timeout_seconds=0.2)


def test_encryption(tmp_path: Path, imap: ImapServer) -> None:
    pem = certificate(tmp_path)
    with ImapServer(pem, implicit=True) as server:
        assert opened(server.port, ca=pem, encryption="ssl") == []
        text = failure(PermanentFailure, server.port, encryption="ssl")
        assert "its certificate is not trusted (self-signed certificate)" in text
        assert "mailbox.ca_file" in text
        text = failure(PermanentFailure, server.port, ca=pem, encryption="ssl", host="localhost")
        assert "Hostname mismatch" in text
        assert not [line for line in server.commands if "LOGIN" in line][1:]
    with ImapServer(pem) as server:
        assert opened(server.port, ca=pem, encryption="starttls") == []
        assert "not trusted" in failure(PermanentFailure, server.port, encryption="starttls")
    before = len(imap.commands)
    text = failure(PermanentFailure, imap.port, ca=pem, encryption="starttls")
    assert "offers no STARTTLS, and the password is not sent in the clear" in text
    text = failure(PermanentFailure, imap.port, ca=pem, encryption="ssl")
    assert "no encrypted connection came about (WRONG_VERSION_NUMBER)" in text
    assert not any("LOGIN" in line for line in imap.commands[before:])
    missing = tmp_path / "none.pem"
    assert "none.pem" in failure(PermanentFailure, imap.port, ca=missing, encryption="ssl")


def test_check_never_raises_for_what_it_finds(account: Account) -> None:
    (finding,) = account.check(mailbox={"folder": "nowhere"})
    assert not finding.ok
    assert finding.subject == f"127.0.0.1:{account.server.port} nowhere"
    assert str(finding.text).startswith(
        "Opening the folder of the mailbox: there is no such folder"
    )
    assert "Next:" not in str(finding.text)


def test_a_variable_that_is_not_set_is_named(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_PASSWORD")
    with pytest.raises(ConfigurationError, match="the environment has no MAIL_PASSWORD"):
        account.run()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"host": "imap://acme.cn"}, "a host name such as"),
        ({"host": "imap.acme.cn", "encryption": "none"}, "only for a server on this machine"),
        ({"host": "127.0.0.1.evil.example", "encryption": "none"}, "only for a server on this"),
        ({"encryption": "starttls", "port": 993}, "encryption ssl for port 993"),
        ({"senders": []}, "at least 1 item"),
        ({"senders": ["*"]}, "addresses such as"),
        ({"senders": ["*@*"]}, "addresses such as"),
        ({"senders": ["Li <li@acme.cn>"]}, "addresses such as"),
        ({"subject": "("}, "a regular expression"),
        ({"require_dkim": True}, "authserv_id beside require_dkim"),
        ({"since_days": 0}, "greater than or equal to 1"),
        ({"user": "x"}, "Extra inputs"),
    ],
)
def test_configuration_is_checked(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Mailbox(**{"host": "imap.acme.cn", "senders": ["li@acme.cn"], **changes})


def test_ports_and_what_is_loopback() -> None:
    given = {"host": "imap.acme.cn", "senders": "li@acme.cn"}
    assert Mailbox(**given).port_used == 993
    assert Mailbox(**given, encryption="starttls").port_used == 143
    assert Mailbox(**given).where == "imap.acme.cn:993 INBOX"
    assert is_loopback("::1")
    assert is_loopback("LOCALHOST")
    assert not is_loopback("192.168.1.1")
    assert not is_loopback("localhost.evil.example")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"auth": {"user": "${A}"}}, "auth with user and password"),
        ({"system": "zoho", "base_url": "https://x.example"}, "a mailbox only for system"),
    ],
)
def test_a_mailbox_belongs_to_a_spreadsheet_source_with_auth(
    changes: dict[str, Any], told: str
) -> None:
    entry = {
        "name": "mail",
        "system": "spreadsheet",
        "mailbox": {"host": "imap.acme.cn", "senders": "li@acme.cn"},
        "auth": {"user": "${A}", "password": "${B}"},
    }
    assert Source(**entry).mailbox
    with pytest.raises(ValidationError, match=told):
        Source(**{**entry, **changes})
