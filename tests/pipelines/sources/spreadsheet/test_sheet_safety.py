"""Files that were made to do harm, or that no office program would write: refused, and nothing else fails."""

from __future__ import annotations

import contextlib
import io
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl
import pytest

from pipelines.sources.spreadsheet.formats import child
from pipelines.sources.spreadsheet.formats.refused import Refused

FAR = '<row r="1048576"><c r="XFD1048576" t="{}">{}</c></row>'
INLINE = FAR.format("inlineStr", "<is><t></t></is>")
FORMULA_TEXT = FAR.format("str", "<v></v>")
SHARED = FAR.format("s", "<v>0</v>")
ONE = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
TWO_FAR = ONE + '<row r="3000"><c r="CV3000"><v>1</v></c></row>'
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(rows: list[str], change: Mapping[str, tuple[bytes, bytes]] | None = None) -> bytes:
    """A workbook with these rows as the XML of its sheets, and bytes exchanged in other parts."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number in range(len(rows)):
        book.create_sheet(f"S{number}")
    plain, out = io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                number = int(name.removeprefix("xl/worksheets/sheet").removesuffix(".xml"))
                xml = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{rows[number - 1]}</worksheet>'
                data = xml.encode().replace(b"</worksheet>", b"</sheetData></worksheet>", 1)
                if b"<mergeCells>" in data:
                    data = data.replace(b"</sheetData></worksheet>", b"</worksheet>")
            for part, (old_bytes, new_bytes) in (change or {}).items():
                if name == part:
                    assert old_bytes in data
                    data = data.replace(old_bytes, new_bytes)
            new.writestr(name, data)
    return out.getvalue()


TWO_NAMES = {"xl/workbook.xml": (b'name="S1"', b'name="S0"')}
OTHER_CASE = {"xl/_rels/workbook.xml.rels": (b"worksheets/sheet1", b"WORKSHEETS/Sheet1")}


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (workbook([ONE + INLINE]), "would need more than 8,000,000 cells"),
        (workbook([ONE + FORMULA_TEXT]), "would need more than 8,000,000 cells"),
        (workbook([ONE + SHARED]), "would need more than 8,000,000 cells"),
        (workbook([ONE, ONE + INLINE], TWO_NAMES), "two sheets called S0"),
        (workbook([ONE + INLINE], OTHER_CASE), "would need more than 8,000,000 cells"),
        (workbook([TWO_FAR] * 50), "would need more than 8,000,000 cells"),
    ],
    ids=["inline text", "formula text", "shared text", "two names", "other case", "fifty sheets"],
)
def test_a_small_workbook_that_asks_for_all_memory_is_refused_and_all_others_are_read(
    sheets: Any, data: bytes, cause: str
) -> None:
    assert len(data) < 20_000
    sheets.write("teams.xlsx", data)
    sheets.write("users.csv", "user_id,user_name\nU1,A\n")
    run = sheets.run()
    assert run.extract("teams").state == "rejected"
    assert cause in run.extract("teams").message
    assert run.extract("users").rows == 1


def test_formats_at_the_far_end_are_no_content_and_a_part_in_another_case_is_found(
    sheets: Any,
) -> None:
    head = "".join(
        f'<c r="{column}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for column, name in (("A", "team_id"), ("B", "team_name"))
    )
    row = head.replace("1", "2").replace("team_id", "T1").replace("team_name", "East")
    far = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    data = workbook([f'<row r="1">{head}</row><row r="2">{row}</row>{far}'], OTHER_CASE)
    sheets.write("teams.xlsx", data)
    assert [row["team_name"] for row in sheets.run().rows("teams")] == ["East"]


def test_a_part_that_stands_in_the_archive_twice_is_refused(sheets: Any) -> None:
    data = io.BytesIO(workbook([ONE]))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(data, "a") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    sheets.write("teams.xlsx", data.getvalue())
    assert "holds one of its parts twice" in sheets.run().extract("teams").message


def test_merges_over_the_whole_sheet_cost_nothing(sheets: Any) -> None:
    cells = "".join(
        f'<c r="{place}" t="inlineStr"><is><t>{word}</t></is></c>'
        for place, word in (("A1", "team_id"), ("B1", "team_name"))
    )
    rows = (
        f'<row r="1">{cells}</row><row r="2">{cells.replace("1", "2").replace("team", "T")}</row>'
    )
    merges = '<mergeCell ref="C1:XFD1048576"/>' * 1000
    sheets.write("teams.xlsx", workbook([f"{rows}</sheetData><mergeCells>{merges}</mergeCells>"]))
    assert sheets.run().extract("teams").rows == 1


def test_a_text_of_nothing_but_separators_is_refused(sheets: Any) -> None:
    sheets.write("teams.csv", "team_id,team_name\nT1,A" + "," * 20_000 + "\n")
    assert "more than 16384 columns" in sheets.run().extract("teams").message


def test_a_fault_of_the_reader_itself_costs_one_file(
    sheets: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.sources.spreadsheet import connector

    real = connector.read_file

    def faulty(data: bytes, name: str, *rest: Any) -> Any:
        if name == "teams.csv":
            raise KeyError("never thought of")
        return real(data, name, *rest)

    monkeypatch.setattr(connector, "read_file", faulty)
    sheets.write("teams.csv", "team_id,team_name\nT1,A\n")
    sheets.write("users.csv", "user_id,user_name\nU1,A\n")
    run = sheets.run()
    assert "could not cope with this file (KeyError)" in run.extract("teams").message
    assert run.extract("users").rows == 1


def many_parts(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"xl/media/{number}", b"")
    return out.getvalue()


def processor_seconds(data: bytes) -> float:
    """What reading a file takes, whatever comes of it."""
    before = time.process_time()
    with contextlib.suppress(Refused):
        child.read(data, {})
    return time.process_time() - before


def test_a_workbook_of_very_many_parts_is_told_by_their_number() -> None:
    with pytest.raises(Refused) as caught:
        child.read(many_parts(20_001), {})
    assert caught.value.key == "sheets.too_many_parts"


@pytest.mark.parametrize(
    "data",
    [
        workbook([ONE + "<!--" + "x" * 30_000_000 + "-->"]),
        b"<html>" + b"<table><tr><td>" * 20_000,
    ],
    ids=["one long comment", "tables in tables"],
)
def test_what_has_no_end_takes_time_by_its_length_and_not_by_its_square(data: bytes) -> None:
    assert processor_seconds(data) < 3  # was 5 and 15
