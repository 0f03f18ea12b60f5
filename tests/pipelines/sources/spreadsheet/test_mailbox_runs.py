"""Night after night with a mailbox: fetched once, kept in force, replaced, told of, never touched."""

from __future__ import annotations

from typing import Any

import pytest
from mail_account import Account
from simulators.imap_mail import mail

from pipelines.failures import PermanentFailure

TEAMS = "team_id,team_name\nT1,{}\n"
MAPPING = {
    "match": "周报*.csv",
    "entity": "teams",
    "columns": {"team_id": "编号", "team_name": "名称"},
}
WEEKLY = "编号,名称\nT1,{}\n"
FIRST = "2026-10-30 li@acme.cn 周报.csv"


def names(run: Any) -> list[str]:
    return [row["team_name"] for row in run.rows("teams")]


def test_an_attachment_is_read_like_a_file_and_its_message_is_not_touched(account: Account) -> None:
    account.put({"周报 44.csv": WEEKLY.format("甲"), "teams.csv": TEAMS.format("乙")})
    before = account.server.flags(account.box)
    start = len(account.server.commands)
    run = account.run(MAPPING)
    sent = " ".join(account.server.commands[start:])
    assert sorted(names(run)) == ["乙", "甲"]
    assert {row["_file"] for row in run.rows("teams")} == {
        "2026-10-30 li@acme.cn 周报 44.csv",
        "2026-10-30 li@acme.cn teams.csv",
    }
    assert account.server.flags(account.box) == before
    assert "EXAMINE" in sent
    assert not any(word in sent for word in ("SELECT", "STORE", "BODY[", "EXPUNGE", "COPY", "MOVE"))


def test_it_is_fetched_once(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    first = account.run(MAPPING)
    fetched = len(account.fetched())
    again = account.run(MAPPING, previous=first.after())
    assert (again.batches, again.extracts) == ([], [])
    assert len(account.fetched()) == fetched
    # Another mapping reads the kept copy.
    other = account.run({**MAPPING, "pad": {"team_id": 3}}, previous=first.after())
    assert [row["_file"] for row in other.rows("teams")] == [FIRST]
    assert len(account.fetched()) == fetched


def test_a_deleted_message_stays_in_force(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    first = account.run(MAPPING)
    account.server.expunge(account.box)
    assert account.run(MAPPING, previous=first.after()).extracts == []
    # Even if the kept copies are lost as well, nothing of it is withdrawn.
    (account.root / "data" / "mail" / "sheets" / "index.json").unlink()
    account.put({"周报.csv": WEEKLY.format("乙")}, minutes=24 * 60)
    later = account.run(MAPPING, previous=first.after())
    assert [(e.file, e.state) for e in later.extracts] == [
        ("2026-10-31 li@acme.cn 周报.csv", "loaded")
    ]


def test_old_messages_are_not_searched_and_stay_in_force(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("旧")}, minutes=-20 * 24 * 60)
    first = account.run(MAPPING)
    account.put({"周报.csv": WEEKLY.format("新")})
    second = account.run(MAPPING, previous=first.after(), mailbox={"since_days": 5})
    assert [(e.file, e.state) for e in second.extracts] == [(FIRST, "loaded")]
    fresh = Account(account.server, account.root / "other", account.box)
    assert names(fresh.run(MAPPING, mailbox={"since_days": 5})) == ["新"]


def test_new_numbers_of_the_server_fetch_nothing_again(account: Account) -> None:
    messages = [mail({"周报.csv": WEEKLY.format(name)}) for name in "甲乙"]
    for minutes, message in enumerate(messages):
        account.deliver(message, minutes)
    first = account.run(MAPPING)
    fetched = len(account.fetched())
    account.server.remove(account.box)
    account.server.make(account.box)  # another UIDVALIDITY
    for minutes, message in enumerate(reversed(messages)):
        account.deliver(message, minutes)
    assert account.run(MAPPING, previous=first.after()).extracts == []
    assert len(account.fetched()) == fetched
    account.server.remove(account.box)
    account.server.make(account.box)
    account.put({"周报.csv": WEEKLY.format("丙")})  # bears the number of one that was read
    assert names(account.run(MAPPING, previous=first.after())) == ["丙"]


def test_a_message_that_comes_back_altered_keeps_its_name(account: Account) -> None:
    message = mail({"周报.csv": WEEKLY.format("甲")})
    account.deliver(message)
    first = account.run(MAPPING)
    account.server.expunge(account.box)
    account.deliver(b"X-Moved: by a server\r\n" + message)
    account.deliver(message)
    assert account.run(MAPPING, previous=first.after()).extracts == []
    fetched = len(account.fetched())
    assert account.run(MAPPING, previous=first.after()).extracts == []
    assert len(account.fetched()) == fetched


def test_two_mails_at_once_have_names_of_their_own_and_keep_them(account: Account) -> None:
    for name in "甲乙":
        account.put({"周报.csv": WEEKLY.format(name)})
    first = account.run(MAPPING)
    by_file = {row["_file"]: row["team_name"] for row in first.rows("teams")}
    assert by_file == {FIRST: "甲", "2026-10-30 li@acme.cn 周报 (2).csv": "乙"}
    account.put({"周报.csv": WEEKLY.format("丙")}, minutes=1)
    second = account.run(MAPPING, previous=first.after())
    assert [e.file for e in second.extracts] == ["2026-10-30 li@acme.cn 周报 (3).csv"]


def test_the_newest_of_a_sender_takes_the_place_of_the_older(account: Account) -> None:
    newest = {**MAPPING, "versions": "newest"}
    account.put({"周报.csv": WEEKLY.format("甲")})
    account.put({"周报.csv": WEEKLY.format("王")}, sender="wang@acme.cn")
    first = account.run(newest)
    assert sorted(names(first)) == ["王", "甲"]  # each sender's own
    account.put({"周报.csv": WEEKLY.format("乙")}, minutes=5)
    second = account.run(newest, previous=first.after())
    assert names(second) == ["乙"]
    gone = second.extract("teams", FIRST)
    assert gone.state == "gone"
    assert "was replaced by 2026-10-30 li@acme.cn 周报 (2).csv" in (gone.message or "")


def test_of_two_in_one_second_the_later_delivered_is_the_newest(account: Account) -> None:
    for name in "甲乙":
        account.put({"周报.csv": WEEKLY.format(name)})
    assert names(account.run({**MAPPING, "versions": "newest"})) == ["乙"]


def test_a_broken_newest_leaves_the_older_in_force(account: Account) -> None:
    newest = {**MAPPING, "versions": "newest"}
    account.put({"周报.csv": WEEKLY.format("甲")})
    first = account.run(newest)
    account.put({"周报.csv": "编号,错\nT1,乙\n"}, minutes=5)
    second = account.run(newest, previous=first.after())
    assert [(e.file, e.state) for e in second.extracts] == [
        ("2026-10-30 li@acme.cn 周报 (2).csv", "rejected")
    ]


def test_strangers_are_told_once_and_never_read(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    for _ in range(2):
        account.put({"周报.csv": WEEKLY.format("假")}, sender="li@acme.cn.evil.example")
    fetched = len(account.fetched())
    run = account.run(MAPPING)
    assert names(run) == ["甲"]
    assert len(account.fetched()) == fetched + 1
    told = run.extract("", "mail of li@acme.cn.evil.example")
    assert told.state == "rejected"
    assert "was not read: 2 messages of 127.0.0.1" in (told.message or "")
    assert account.run(MAPPING, previous=run.after()).extracts == []
    texts = [str(finding.text) for finding in account.check(MAPPING)]
    assert any("2 with attachments come from senders not listed" in text for text in texts)


def test_a_rule_that_accepts_a_message_no_longer_withdraws_it(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    account.put({"周报.csv": WEEKLY.format("王")}, sender="wang@acme.cn")
    first = account.run(MAPPING)
    only_wang = {"senders": ["wang@acme.cn"]}
    second = account.run(MAPPING, previous=first.after(), mailbox=only_wang)
    gone = second.extract("teams", FIRST)
    assert (gone.state, gone.message) == (
        "gone",
        f"{FIRST} fits the rules of the mailbox no longer",
    )
    assert not any(e.file == "2026-10-30 wang@acme.cn 周报.csv" for e in second.extracts)


def test_subject_and_file_name_rules(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲"), "说明.docx": b"x"}, subject="回复:销售周报 44")
    account.put({"周报.csv": WEEKLY.format("假")}, subject="请假")
    rules = {"subject": "周报", "attachments": "周报*.CSV"}
    first = account.run(MAPPING, mailbox=rules)
    assert names(first) == ["甲"]
    assert [e.entity for e in first.extracts] == ["teams"]
    # A wider pattern fetches what was left out before.
    second = account.run(MAPPING, previous=first.after(), mailbox={"subject": "周报"})
    assert [e.file for e in second.extracts] == ["2026-10-30 li@acme.cn 说明.docx"]
    assert "说明.docx was not read: no mapping matches it" in (second.extracts[0].message or "")
    assert account.connector(MAPPING, mailbox={"subject": "周报"}).check()[0].ok


def test_folder_and_mailbox_are_one_source(account: Account) -> None:
    folder = account.root / "sheets"
    folder.mkdir()
    (folder / "users.csv").write_text("user_id,user_name\nU1,A\n")
    (folder / FIRST).write_text(WEEKLY.format("夹"))
    mapping = {**MAPPING, "match": "*周报.csv"}
    account.put({"周报.csv": WEEKLY.format("甲")})
    run = account.run(mapping, folder="sheets")
    by_file = {row["_file"]: row["team_name"] for row in run.rows("teams")}
    assert by_file == {FIRST: "夹", f"{FIRST} (mail)": "甲"}
    assert len(run.rows("users")) == 1
    (folder / "users.csv").unlink()
    account.server.expunge(account.box)
    later = account.run(mapping, previous=run.after(), folder="sheets")
    assert [(e.entity, e.state) for e in later.extracts] == [("users", "gone")]


def test_a_mailbox_without_a_fitting_message_says_what_it_holds(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("假")}, sender="x@evil.example")
    with pytest.raises(PermanentFailure, match=r"1 message of the last 90 days, 0 fit.*x@evil"):
        account.run(MAPPING)
    (finding,) = account.check(MAPPING)
    assert not finding.ok
    assert "check `senders`" in str(finding.next_step)


def test_check_reads_everything_and_keeps_nothing(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲"), "图.pdf": b"%PDF"})
    findings = {str(finding.subject): finding for finding in account.check(MAPPING)}
    place = findings[f"mailbox 127.0.0.1:{account.server.port} {account.box}"]
    assert place.ok
    assert "logged in, opened for reading only; 1 message" in str(place.text)
    assert findings[f"{FIRST} → teams"].ok
    assert "no figures by region" in str(findings[f"{FIRST} → teams"].text)
    assert "no mapping matches it" in str(findings["2026-10-30 li@acme.cn 图.pdf"].text)
    assert not (account.root / "data").exists()


def test_a_lost_copy_is_fetched_again_or_named(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    first = account.run(MAPPING)
    (copy,) = [p for p in (account.root / "data" / "mail").rglob("*") if len(p.name) == 64]
    copy.unlink()
    assert account.run(MAPPING, previous=first.after()).extracts == []
    assert copy.exists()
    copy.write_bytes(b"altered")
    (rejected,) = account.run(MAPPING, previous=first.after()).extracts
    assert rejected.state == "rejected"
    assert "its last good version stays in force" in (rejected.message or "")


def test_a_broken_index_is_named_and_may_be_moved_away(account: Account) -> None:
    account.put({"周报.csv": WEEKLY.format("甲")})
    account.run(MAPPING)
    index = account.root / "data" / "mail" / "sheets" / "index.json"
    index.write_text("{")
    with pytest.raises(PermanentFailure, match="index.json.*move it away"):
        account.run(MAPPING)
    index.unlink()
    assert names(account.run(MAPPING)) == ["甲"]
    assert not list(index.parent.rglob("*.part"))
