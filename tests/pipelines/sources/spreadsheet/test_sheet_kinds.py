"""Files of every kind: what is read by its bytes, and what is refused with words that help."""

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile
from typing import Any

import msoffcrypto
import openpyxl
import pytest
import xlwt
from msoffcrypto.format.ooxml import OOXMLFile

from pipelines.sources.protocol import Previous
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats.csv_text import decode, evident

TEAMS = "team_id,team_name\nT01,华东一部\nT02,华北䶮部\n"
ROWS = [("T01", "华东一部"), ("T02", "华北䶮部")]


def teams_xlsx() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["team_id", "team_name"])
    for row in ROWS:
        book.active.append(row)
    return saved(book)


def saved(book: Any) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def teams_xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    for row, cells in enumerate([("team_id", "team_name"), *ROWS]):
        for column, text in enumerate(cells):
            sheet.write(row, column, text)
    return saved(book)


def encrypted(data: bytes) -> bytes:
    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(data)).encrypt("open sesame", stream)
    return stream.getvalue()


def rezipped(data: bytes, change: Any) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return stream.getvalue()


def strict_ooxml(data: bytes) -> bytes:
    plain = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return rezipped(
        data,
        lambda name, part: (
            part.replace(plain, b"http://purl.oclc.org/ooxml/spreadsheetml/main").replace(
                relations, b"http://purl.oclc.org/ooxml/officeDocument/relationships"
            )
            if name.startswith("xl/")
            else part
        ),
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("teams.csv", TEAMS.encode()),
        ("teams.csv", b"\xef\xbb\xbf" + TEAMS.encode()),
        ("teams.csv", TEAMS.encode("gb18030")),
        ("teams.csv", TEAMS.replace(",", "\t").encode("utf-16")),
        ("teams.csv", TEAMS.replace(",", ";").encode()),
        ("teams.csv", TEAMS.replace(",", "|").replace("\n", "\r\n").encode()),
        ("teams.csv", b"sep=;\n" + TEAMS.replace(",", ";").encode()),
        ("Teams.CSV", TEAMS.upper().replace("_", " ").encode()),
        ("teams.xlsx", teams_xlsx()),
        ("teams.xls", teams_xls()),
        ("teams.xls", teams_xlsx()),
        ("teams.xlsx", teams_xls()),
        ("teams.xlsx", strict_ooxml(teams_xlsx())),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_bytes_decide(sheets: Any, name: str, content: bytes) -> None:
    sheets.write(name, content)
    run = sheets.run()
    assert [(r["team_id"], r["team_name"]) for r in run.rows("teams")] == ROWS, run.extracts


def other_zip(member: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(member, "x")
    return stream.getvalue()


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (201 * 1024 * 1024))
    return stream.getvalue()


def entities() -> bytes:
    return rezipped(
        teams_xlsx(),
        lambda name, part: (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><workbook/>'
            if name == "xl/workbook.xml"
            else part
        ),
    )


def far_away() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["team_id", "team_name"])
    book.active["XFD1048576"] = "x"
    return saved(book)


@pytest.mark.parametrize(
    ("content", "cause", "next_step"),
    [
        (b"", "the file is empty (0 bytes)", "save it again"),
        (teams_xlsx()[:3000], "is damaged or was cut off", "wait until a copy has ended"),
        (teams_xls()[:3000], "cut off", "save it as .xlsx"),
        (encrypted(teams_xlsx()), "the file has an open password", "save it without a password"),
        (b"<html><body>Please log in</body></html>", "is a web page (HTML)", "save it as"),
        (b"\xef\xbb\xbf <TABLE><tr>", "is a web page (HTML)", "save it as .xlsx"),
        (b'<?xml version="1.0"?><Invoice/>', "is an XML document", "save it as .xlsx"),
        (b"%PDF-1.7", "is a PDF", "ask for the sheet itself"),
        (other_zip("xl/workbook.bin"), "is damaged or was cut off", "save it as .xlsx"),
        (other_zip("Index/Document.iwa"), "document of Apple Numbers", "Export To > Excel"),
        (other_zip("mimetype"), "text document or presentation", "copy the table"),
        (other_zip("word/document.xml"), "text document or presentation", "copy the table"),
        (other_zip("readme.txt"), "is an archive (zip", "unpack it"),
        (bomb(), "unpacks to 201 MB; at most 200 MB", "delete unused rows"),
        (entities(), "declares XML entities", "ask its sender"),
        (far_away(), "would need more than 8,000,000 cells", "delete the stray cells"),
        ("team_id,team_name\nT1,Отдел\n".encode("cp1251"), "show no encoding", "CSV UTF-8"),
        ("team_id,team_name\n".encode("utf-16-le"), "NUL characters", "CSV UTF-8"),
        (b'team_id,team_name\nT1,"never closed\n' + b"x\n" * 80_000, "never closed", "quotation"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_cannot_be_read_says_why(
    sheets: Any, content: bytes, cause: str, next_step: str
) -> None:
    sheets.write("teams.xlsx", content)
    run = sheets.run()
    extract = run.extract("teams")
    assert extract.state == "rejected"
    assert run.batches == []
    assert cause in extract.message
    assert next_step in extract.message.split(" Next: ")[1]


def test_a_file_above_the_limit_is_not_even_fetched(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS + "x" * 2_000_000)
    message = sheets.run(options={"max_megabytes": 1}).extract("teams").message
    assert "the file has 2 MB; at most 1 MB are read" in message


MAPPED = {"match": "teams.xlsx", "entity": "teams", "password": "${SHEET_PASSWORD}"}


def test_passwords_come_from_the_environment(sheets: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sheets.write("teams.xlsx", encrypted(teams_xlsx()))
    monkeypatch.setenv("SHEET_PASSWORD", "open sesame")
    assert len(sheets.run(MAPPED).rows("teams")) == 2
    monkeypatch.setenv("SHEET_PASSWORD", "wrong-secret")
    message = sheets.run(MAPPED).extract("teams").message
    assert "the configured password does not open the file" in message
    assert "wrong-secret" not in message
    monkeypatch.delenv("SHEET_PASSWORD")
    message = sheets.run(MAPPED).extract("teams").message
    assert "the environment has no SHEET_PASSWORD" in message


def test_an_encrypted_xls_container_is_told_from_a_plain_one() -> None:
    assert msoffcrypto.OfficeFile(io.BytesIO(encrypted(teams_xlsx()))).is_encrypted()
    assert not msoffcrypto.OfficeFile(io.BytesIO(teams_xls())).is_encrypted()


def test_sheets_are_chosen_by_visibility_and_name(sheets: Any) -> None:
    book = openpyxl.load_workbook(io.BytesIO(teams_xlsx()))
    book.create_sheet("Sheet2")  # empty, as older programs leave it
    hidden = book.create_sheet("old")
    hidden.append(["team_id", "team_name"])
    hidden.append(["T99", "x"])
    hidden.sheet_state = "hidden"
    sheets.write("teams.xlsx", saved(book))
    run = sheets.run()
    assert [r["team_id"] for r in run.rows("teams")] == ["T01", "T02"]
    assert run.extract("teams").message == "hidden sheets not read: old"
    message = sheets.run({"match": "teams.xlsx", "entity": "teams", "sheet": "old"}).extract(
        "teams"
    )
    assert "old is hidden, and hidden sheets are not read" in message.message
    book["Sheet2"].append(["x"])
    sheets.write("teams.xlsx", saved(book))
    message = sheets.run().extract("teams").message
    assert "2 sheets fit where one is wanted: Sheet, Sheet2" in message
    book["Sheet"].title = "teams"
    sheets.write("teams.xlsx", saved(book))
    assert len(sheets.run().rows("teams")) == 2


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_error_cells_are_never_empty_cells(sheets: Any, kind: str) -> None:
    if kind == "xlsx":
        book = openpyxl.Workbook()
        sheet = book.active
        for row in (["team_id", "team_name", "region"], ["T01", "A", None], ["T02", "B", "x"]):
            sheet.append(row)
        sheet["C2"] = "#REF!"
        sheet["C2"].data_type = "e"
    else:
        book = xlwt.Workbook()
        sheet = book.add_sheet("Sheet")
        for row, cells in enumerate(
            (["team_id", "team_name", "region"], ["T01", "A", ""], ["T02", "B", "x"])
        ):
            for column, text in enumerate(cells):
                if text:
                    sheet.write(row, column, text)
        sheet.row(1).set_cell_error(2, 23)
    sheets.write(f"teams.{kind}", saved(book))
    run = sheets.run()
    assert [r["team_id"] for r in run.rows("teams")] == ["T02"]
    (rejection,) = run.rejections
    assert rejection.address == "Sheet!C2"
    assert rejection.reason == "the cell holds the error #REF!"
    assert rejection.value == "#REF!"


@pytest.mark.parametrize("kind", ["xlsx", "xls"])
def test_hidden_rows_are_read_and_counted(sheets: Any, kind: str) -> None:
    if kind == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(teams_xlsx()))
        book.active.row_dimensions[3].hidden = True
    else:
        book = xlwt.Workbook(encoding="utf-8")
        sheet = book.add_sheet("S")
        for row, cells in enumerate([("team_id", "team_name"), *ROWS]):
            for column, text in enumerate(cells):
                sheet.write(row, column, text)
        sheet.row(2).hidden = True
    sheets.write(f"teams.{kind}", saved(book))
    run = sheets.run()
    assert len(run.rows("teams")) == 2
    assert run.extract("teams").message == "1 hidden rows were read as well"


def test_uncalculated_formulas_in_an_xls(sheets: Any) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    head = ["order_id", "account_id", "amount", "ordered_at"]
    for column, text in enumerate(head):
        sheet.write(0, column, text)
    for row in (1, 2):
        for column, text in enumerate([f"O{row}", "A", None, "2026-01-05"]):
            if text:
                sheet.write(row, column, text)
        sheet.write(row, 2, xlwt.Formula("5*2"))
    sheets.write("orders.xls", saved(book))
    message = sheets.run().extract("orders").message
    assert "formulas have no calculated value (S!C2, S!C3)" in message


def test_dates_counted_from_1904(sheets: Any) -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    head = ["order_id", "account_id", "amount", "ordered_at"]
    book.active.append(head)
    book.active.append(["O1", "A", 5, dt.datetime(2026, 1, 5)])
    sheets.write("orders.xlsx", saved(book))
    assert sheets.run().rows("orders")[0]["ordered_at"] == dt.datetime(
        2026, 1, 4, 16, tzinfo=dt.UTC
    )
    book.active.append(["O2", "A", 5, 46027])
    sheets.write("orders.xlsx", saved(book))
    run = sheets.run()
    assert [row["order_id"] for row in run.rows("orders")] == ["O1"]
    (rejection,) = run.rejections
    assert "counts its days from 1904, and 46027 is a plain number" in rejection.reason
    assert rejection.address == "Sheet!D3"


def test_lock_files_hidden_files_and_folders_are_not_looked_at(sheets: Any) -> None:
    sheets.write("teams.csv", TEAMS)
    for name in ("~$teams.xlsx", ".~teams.xlsx", ".hidden.csv", "labels.json"):
        sheets.write(name, b"\x00")
    (sheets.folder / "older.csv").mkdir()
    assert len(sheets.run(previous=Previous()).extracts) == 1


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a few of them changed, cut out or put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(changed) + 1)
        if chance.random() < 0.7:
            changed[place : place + 1] = bytes([chance.randrange(256)])
        else:
            changed[place : place + chance.randint(0, 40)] = chance.randbytes(chance.randint(0, 8))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(12))
def test_damage_rejects_a_file_and_never_ends_the_run(sheets: Any, seed: int) -> None:
    chance = random.Random(seed)
    part = chance.choice(zipfile.ZipFile(io.BytesIO(teams_xlsx())).namelist())
    inside = rezipped(teams_xlsx(), lambda name, p: damaged(p, chance) if name == part else p)
    for number, content in enumerate(
        [inside, *(damaged(data, chance) for data in (teams_xlsx(), teams_xls(), TEAMS.encode()))]
    ):
        sheets.write(f"{number}.xlsx", content)
    run = sheets.run({"match": "*.xlsx", "entity": "teams"})
    assert len([extract for extract in run.extracts if extract.entity == "teams"]) == 4


def test_an_xls_that_asks_for_absurd_memory_ends_only_its_child(sheets: Any) -> None:
    data = bytearray(teams_xls())
    cell = data.find(bytes.fromhex("fd000a00"))  # the first LABELSST record: row, column, ...
    assert cell > 0
    data[cell + 4 : cell + 8] = b"\xff\xff\xff\xff"
    sheets.write("teams.xls", bytes(data))
    sheets.write("users.csv", "user_id,user_name\nU1,A\n")
    run = sheets.run()
    assert "needs more memory than the 1 GB" in run.extract("teams").message
    assert run.extract("users").state == "loaded"


@pytest.mark.parametrize(
    ("written", "encoding"),
    [
        ("姓名,金额\n张三,100\n", "gb18030"),
        ("name,客户\nA,北京甲公司\n", "gb18030"),
        ("a,b\n镕,1\n䶮,2\n", "gb18030"),
        ("Kunde;Betrag\nMüller;1\n", "windows-1252"),
        ("José;Peña;São Paulo\n", "windows-1252"),
        ("Straße;Ort\nGroße Allee;Köln\n", "windows-1252"),
        ("client;montant\nHélène Forêt;1\n", "windows-1252"),
        ("kunde\nSørensen\nÅse Malmö\n", "windows-1252"),
        ("klient;kwota\nBożena Łódź;1\nDąbrowski;2\n", "windows-1250"),
        ("klient\nDvořák\nRůžička\nČerný\nPlzeň\n", "windows-1250"),
        ("client\nBrăila\nTimişoara\n", "windows-1250"),
    ],
)
def test_letters_say_how_text_is_encoded(written: str, encoding: str) -> None:
    data = written.encode(encoding)
    assert decode(data) == written
    known, remark = evident(data)
    assert known == encoding
    assert (remark is None) == (encoding == "gb18030")
    assert remark is None or "`encoding: ...`" in remark.en


def test_letters_that_do_not_settle_it_are_told_in_both_ways(sheets: Any) -> None:
    sheets.write("teams.csv", "team_id,team_name\nT1,Győr\n".encode("windows-1250"))
    told = sheets.run().extract("teams").message
    assert "Gyõr could also be Győr (windows-1250)" in told
    assert "`encoding: windows-1250`" in told


@pytest.mark.parametrize(
    "data",
    [
        "Клиент;Сумма\nИванов;1\nМосква;2\n".encode("windows-1251"),
        "訂單編號,客戶名稱\n台北分公司,陳先生\n".encode("big5"),
        "고객 이름,부산 영업팀\n김철수,서울 주식회사 삼성\n이영희,강남\n".encode("euc_kr"),
        "お客様,東京\n株式会社トヨタ,田中太郎\n".encode("euc_jp"),
        "北京甲公司;".encode("gbk") + "Müller;Köln;José\n".encode("cp1252"),
    ],
)
def test_text_that_gives_no_evidence_is_refused_until_its_encoding_is_said(data: bytes) -> None:
    with pytest.raises(FileRejected) as refused:
        decode(data)
    assert "encoding" in str(refused.value.next_step)
