"""What one message holds and whose it is: names, kinds of parts, From, signatures."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import re
from email.message import EmailMessage
from typing import Any

import msoffcrypto
import openpyxl
import pytest
from both_languages import assert_in_both
from mail_account import Account
from msoffcrypto.format.ooxml import OOXMLFile
from simulators.imap_mail import XLSX, mail, part, raw_mail

from pipelines.configuration.mailbox import Mailbox
from pipelines.sources.spreadsheet import connector
from pipelines.sources.spreadsheet.places.mail_parts import attachments
from pipelines.sources.spreadsheet.places.mail_rules import head_of, verdict
from pipelines.sources.spreadsheet.places.mail_store import MailStore

CSV = b"team_id,team_name\nT1,A\n"


def words(text: str, charset: str) -> bytes:
    return b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(text.encode(charset)))


def titles(message: bytes) -> list[str]:
    return [item.title for item in attachments(message)]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b'attachment; filename="teams.csv"', "teams.csv"),
        (b"attachment; filename*=UTF-8''%E5%91%A8%E6%8A%A5.csv", "周报.csv"),
        (b"attachment; filename*=gb2312''%D6%DC%B1%A8.csv", "周报.csv"),
        # A character that only the larger set has, under the name of the smaller one.
        (b"attachment; filename*=GB2312''%83%82.csv", b"\x83\x82".decode("gbk") + ".csv"),
        (b"attachment; filename*0*=UTF-8''%E5%91%A8;\r\n filename*1*=%E6%8A%A5.csv", "周报.csv"),
        (b'attachment; filename="' + words("周报.csv", "gb2312") + b'"', "周报.csv"),
        (
            b'attachment; filename="'
            + words("销售", "utf-8")
            + b"\r\n "
            + words("周报.csv", "utf-8")
            + b'"',
            "销售周报.csv",
        ),
        (b'attachment; filename="' + "周报.csv".encode("gbk") + b'"', "周报.csv"),
        (b'attachment; filename="' + "周报.csv".encode() + b'"', "周报.csv"),
        (b'attachment; filename="..\\..\\etc/passwd.csv"', "passwd.csv"),
        ('attachment; filename="a\u202evsc.exe.csv"'.encode(), "avsc.exe.csv"),
        (b"attachment", "unnamed.bin"),
    ],
)
def test_names_in_every_encoding(disposition: bytes, name: str) -> None:
    assert titles(raw_mail(part(disposition, CSV))) == [name]


def test_a_name_in_the_content_type_only() -> None:
    kind = b'application/octet-stream; name="' + words("周报.csv", "gbk") + b'"'
    assert titles(raw_mail(part(b"", CSV, kind))) == ["周报.csv"]


def test_a_long_name_keeps_its_suffix() -> None:
    (title,) = titles(mail({"周" * 300 + ".xlsx": b"x"}))
    assert title.endswith(".xlsx")
    assert len(title) < 130


def test_pictures_texts_and_signatures_are_no_attachments() -> None:
    message = raw_mail(
        part(b"", "正文".encode(), b"text/plain"),
        part(b'inline; filename="logo.png"', b"\x89PNG", b"image/png"),
        part(b'attachment; filename="photo.jpg"', b"\xff\xd8", b"image/jpeg"),
        part(b'attachment; filename="smime.p7s"', b"x", b"application/pkcs7-signature"),
        part(b'inline; filename="teams.csv"', CSV, b"text/csv"),
    )
    assert titles(message) == ["teams.csv"]


def test_attachments_of_a_forwarded_message_count() -> None:
    outer, inner = EmailMessage(), EmailMessage()
    inner["From"], outer["From"] = "kunde@other.example", "li@acme.cn"
    inner.add_attachment(CSV, maintype="text", subtype="csv", filename="teams.csv")
    outer.set_content("见附件")
    outer.add_attachment(inner)
    (item,) = attachments(outer.as_bytes())
    assert (item.title, item.content) == ("teams.csv", CSV)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (part(b'attachment; filename="a.zip"', b"PK"), "archives .* not unpacked"),
        (part(b'attachment; filename="A.RAR"', b"Rar!"), "archives .* not unpacked"),
        (part(b'attachment; filename="winmail.dat"', b"x", b"application/ms-tnef"), "rich text"),
        (part(b'attachment; filename="smime.p7m"', b"x", b"application/pkcs7-mime"), "encrypted"),
        (
            b"Content-Type: text/csv; name=a.csv\r\nContent-Transfer-Encoding: base64\r\n\r\ndGVh*bV9p",
            "damaged",
        ),
    ],
)
def test_what_cannot_be_taken_says_why(given: bytes, reason: str) -> None:
    (item,) = attachments(raw_mail(given))
    assert item.content == b""
    assert item.refused is not None
    assert re.search(reason, item.refused.en)
    assert_in_both(item.refused.en, item.refused.zh)


def test_a_message_made_to_hurt_ends() -> None:
    message = part(b'attachment; filename="a.csv"', CSV)
    for level in range(60):
        mark = f"m{level}".encode()
        message = b"".join(
            [b'Content-Type: multipart/mixed; boundary="', mark, b'"\r\n\r\n--', mark, b"\r\n"]
            + [message, b"\r\n--", mark, b"--\r\n"]
        )
    (item,) = attachments(message)
    assert item.refused is not None
    assert "too deep" in item.refused.en
    assert_in_both(item.refused.en, item.refused.zh)


def test_refused_attachments_are_told_beside_those_that_are_read(account: Account) -> None:
    account.put({"teams.csv": CSV, "资料.zip": b"PK"})
    run = account.run({"match": "资料*", "entity": "users"}, mailbox={"attachments": "*.csv"})
    assert len(run.rows("teams")) == 1
    told = run.extract("", "2026-10-30 li@acme.cn 资料.zip").message or ""
    assert told.startswith("2026-10-30 li@acme.cn 资料.zip was not read: archives (.zip)")


def test_an_index_of_before_there_was_chinese_tells_the_english_reason(account: Account) -> None:
    account.put({"teams.csv": CSV, "资料.zip": b"PK"})
    told = account.run().extract("", "2026-10-30 li@acme.cn 资料.zip").message_zh or ""
    assert told.endswith("资料.zip：压缩包（.zip）不会解压，请对方直接附上工作簿")
    index = account.root / "data" / "mail" / "sheets" / "index.json"
    content = json.loads(index.read_text(encoding="utf-8"))
    for kept in content["messages"].values():
        for file in kept["files"]:
            del file["refused_zh"]
    index.write_text(json.dumps(content), encoding="utf-8")
    files = [file for kept in MailStore(index.parent).mails.values() for file in kept.files]
    (why,) = (file.why_refused for file in files if file.why_refused)
    assert why.zh == why.en
    assert why.en.startswith("archives (.zip) are not unpacked")


def test_names_from_raw_bytes_reach_rows_and_rejections(account: Account) -> None:
    name = "周报 44.csv".encode("gbk")
    account.deliver(raw_mail(part(b'attachment; filename="' + name + b'"', CSV + b",B\n")))
    run = account.run({"match": "周报*", "entity": "teams"})
    file = "2026-10-30 li@acme.cn 周报 44.csv"
    assert [row["_file"] for row in run.rows("teams")] == [file]
    assert [rejection.file for rejection in run.rejections] == [file]


def workbook(*rows: list[str]) -> bytes:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(stream)
    return stream.getvalue()


def encrypted(plain: bytes, password: str) -> bytes:
    locked = io.BytesIO()
    OOXMLFile(io.BytesIO(plain)).encrypt(password, locked)
    assert msoffcrypto.OfficeFile(locked).is_encrypted()
    return locked.getvalue()


def test_encrypted_workbooks_are_opened_as_in_a_folder(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encrypted(workbook(["team_id", "team_name"], ["T1", "密"]), "s3cr3t-open")
    account.deliver(
        raw_mail(part('attachment; filename="团队.xlsx"'.encode(), data, XLSX.encode()))
    )
    mapping = {"match": "团队.xlsx", "entity": "teams"}
    locked = account.run(mapping).extract("teams")
    assert locked.state == "rejected"
    assert "password" in (locked.message or "")
    monkeypatch.setenv("SHEET_PASSWORD", "s3cr3t-open")
    run = account.run({**mapping, "password": "${SHEET_PASSWORD}"})
    assert [row["team_name"] for row in run.rows("teams")] == ["密"]


def test_the_year_is_read_from_the_given_name_and_not_from_day_or_sender(account: Account) -> None:
    data = workbook(["姓名", "1月", "2月"], ["张三", "1", "2"])
    account.put({"目标2025.xlsx": data}, sender="plan2024@acme.cn")
    mapping = {"match": "目标*", "entity": "targets", "shape": "months_as_columns", "unit": "元"}
    run = account.run(mapping)
    assert {str(row["period"])[:4] for row in run.rows("targets")} == {"2025"}


def test_messages_too_large_are_told_and_not_fetched(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "LARGEST_WHOLE", 2000)  # three times that per message
    account.put({"teams.csv": CSV})
    account.put({"teams.csv": CSV + b"x" * 6000}, subject="大")
    fetched = len(account.fetched())
    run = account.run()
    assert len(account.fetched()) == fetched + 1
    assert "are fetched (max_megabytes)" in (
        run.extract("", "2026-10-30 li@acme.cn 大").message or ""
    )


RULES = {"host": "127.0.0.1", "senders": ["li@acme.cn", "*@sales.acme.cn"]}
SIGNED = {**RULES, "require_dkim": True, "authserv_id": "mx.acme.cn"}


def said(header: str | bytes, rules: dict[str, Any] = RULES) -> str:
    raw = header if isinstance(header, bytes) else header.encode()
    head = head_of(1, 1, int(dt.datetime(2026, 10, 30).timestamp()), raw + b"\r\n\r\n")
    return verdict(head, Mailbox(**rules))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("From: li@acme.cn", "read"),
        ("From: Li Ming <LI@Acme.CN>", "read"),
        ('From: "Li, Ming (Sales)" <li@acme.cn>', "read"),
        ("From: li@acme.cn (Li Ming)", "read"),
        ("From: =?gb2312?B?wO7D9w==?=\r\n <li@acme.cn>", "read"),
        ("From: 李明 <li@acme.cn>".encode("gbk"), "read"),
        ("From: any@sales.acme.cn", "read"),
        ("From: li@evil.example", "unknown"),
        ("From: li@acme.cn.evil.example", "unknown"),
        ("From: x@evil-sales.acme.cn", "unknown"),
        ("From: x@a.sales.acme.cn", "unknown"),
        ("From: li@acme.cn <x@evil.example>", "unknown"),
        ('From: "li@acme.cn" <x@evil.example>', "unknown"),
        ("From: <li@acme.cn> <x@evil.example>", "unknown"),
        ("From: li@acme.cn, x@evil.example", "unknown"),
        ("From: li@acme.cn)x@evil.example", "unknown"),
        ("From: li@acme.cn\r\nFrom: x@evil.example", "unknown"),
        ("From: x@evil.example\r\nSender: li@acme.cn\r\nReply-To: li@acme.cn", "unknown"),
        ("Subject: no sender", "unknown"),
    ],
)
def test_only_one_clear_listed_address_in_from_is_a_sender(
    header: str | bytes, expected: str
) -> None:
    assert said(header) == expected


PASSED = "dkim=pass (2048-bit key) header.d=acme.cn header.s=s1"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([f"mx.acme.cn; spf=pass smtp.mailfrom=x@evil.example;\r\n {PASSED}"], "read"),
        (["mx.acme.cn 1; dkim=pass header.i=@acme.cn"], "read"),
        (["mx.acme.cn; dkim=fail header.d=acme.cn; dkim=pass header.d=acme.cn"], "read"),
        ([], "unsigned"),
        (["mx.acme.cn; none"], "unsigned"),
        (["mx.acme.cn; dkim=fail header.d=acme.cn"], "unsigned"),
        (["mx.acme.cn; dkim=pass header.d=evil.example"], "unsigned"),
        (["mx.acme.cn; dkim=pass header.d=cn"], "unsigned"),
        (["mx.acme.cn; dkim=pass header.d=cme.cn"], "unsigned"),
        (["mx.acme.cn; dkim=pass header.d=acme.cn.evil.example"], "unsigned"),
        (["mx.acme.cn; dkim=passed header.d=acme.cn"], "unsigned"),
        ([f"mx.evil.example; {PASSED}"], "unsigned"),
        # What the message brought along stands below what the server says.
        (["mx.acme.cn; dkim=none", f"mx.acme.cn; {PASSED}"], "unsigned"),
        (["mx.other; spf=pass", f"mx.acme.cn; {PASSED}"], "unsigned"),
        # Texts that the sender chose.
        ([f'mx.acme.cn; spf=pass smtp.mailfrom="x; {PASSED}; "@evil.example'], "unsigned"),
        ([f"mx.acme.cn; dkim=none (x; {PASSED})"], "unsigned"),
        ([f"mx.acme.cn (; {PASSED}"], "unsigned"),
    ],
)
def test_a_signature_counts_if_the_own_server_says_so(results: list[str], expected: str) -> None:
    header = "".join(f"Authentication-Results: {text}\r\n" for text in results)
    assert said(f"{header}From: li@acme.cn", SIGNED) == expected


def test_a_message_without_the_signature_is_told(account: Account) -> None:
    results = {"Authentication-Results": f"mx.acme.cn; {PASSED}"}
    account.put({"teams.csv": CSV}, headers=results)
    account.put({"teams.csv": CSV}, subject="假的")
    rules = {"require_dkim": True, "authserv_id": "mx.acme.cn"}
    run = account.run(mailbox=rules)
    assert len(run.rows("teams")) == 1
    told = run.extract("", "2026-10-30 li@acme.cn 假的").message or ""
    assert "mx.acme.cn does not say that the domain of its sender signed it" in told
