"""Canonical files: headings are the columns, rows keep what was typed, bad rows say where."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sheet_folder import Sheets

from pipelines.entities import ENTITIES
from pipelines.sources.protocol import Rejection
from pipelines.sources.spreadsheet.lists.row_work import sheet_schema

ORDERS = "order_id,account_id,amount,ordered_at\n"
HISTORY = "opportunity_id,to_stage,changed_at\nO1,A,2026-01-05\nO1,B,2026-01-06\n"


def good_orders(count: int) -> str:
    return "".join(f"O{n},A1,{n}.50,2026-01-05\n" for n in range(count))


def test_tables_declare_every_entity(sheets: Any) -> None:
    tables = sheets.connector().tables()
    assert set(tables) == set(ENTITIES)
    assert tables["teams"].names[-3:] == ["_file", "_address", "_raw"]


def test_a_plain_file(sheets: Any) -> None:
    sheets.write("orders.csv", ORDERS + good_orders(2))
    run = sheets.run()
    assert run.batches[0].table.schema == sheet_schema("orders")
    row = run.rows("orders")[1]
    assert row["amount"] == Decimal("1.50")
    assert row["ordered_at"] == dt.datetime(2026, 1, 4, 16, tzinfo=dt.UTC)
    assert (row["_file"], row["_address"], row["_raw"]) == ("orders.csv", "orders!3", None)
    extract = run.extract("orders")
    assert (extract.rows, extract.rejected_rows, extract.source_rows) == (2, 0, 2)
    assert extract.source_amount == Decimal("2.00")
    assert extract.newest_record_at == dt.datetime(2026, 1, 4, 16, tzinfo=dt.UTC)
    assert extract.message is None


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("order_id,acount_id,amount,ordered_at\n", "unknown heading 'acount_id' (did you mean"),
        ("order_id,account_id,ordered_at\n", "required columns are missing: amount"),
        (
            "order_id,account_id,amount,ordered_at,amount\n",
            "the heading 'amount' stands there twice",
        ),
        ("hello,world\n1,2\n", "none has two known headings (order_id, opportunity_id"),
        (ORDERS + good_orders(3) + ",合计,99,\n", "a totals row says 99 for amount, but the rows"),
    ],
)
def test_structural_faults_reject_the_file(sheets: Any, content: str, cause: str) -> None:
    sheets.write("orders.csv", content)
    run = sheets.run()
    assert run.extract("orders").state == "rejected"
    assert cause in run.extract("orders").message


@pytest.mark.parametrize(
    ("row", "address", "column", "reason"),
    [
        ("X1,A1,abc,2026-01-05", "orders!C14", "amount", "'abc' is not an amount"),
        ("X1,A1,5,2026年1月", "orders!D14", "ordered_at", "names a month, not a day"),
        ("X1,A1,5,2026-02-30", "orders!D14", "ordered_at", "not a day of the calendar"),
        ("X1,,5,2026-01-05", "orders!B14", "account_id", "account_id is required and the cell"),
        ("O1,A1,7,2026-01-05", "orders!A14", "order_id", "the key O1 already stands in row 3"),
        ("1.23E+17,A1,7,2026-01-05", "orders!A14", "order_id", "Excel has shortened"),
        ("X1,A1,#REF!,2026-01-05", "orders!C14", "amount", "the cell holds the error #REF!"),
        ("X1,A1,€ 5,2026-01-05", "orders!C14", "amount", "in EUR, but CNY is expected"),
        ("X1,A1,-,2026-01-05", "orders!C14", "amount", "amount is required and the cell is empty"),
    ],
)
def test_a_bad_row_is_left_out_and_says_where(
    sheets: Any, row: str, address: str, column: str, reason: str
) -> None:
    sheets.write("orders.csv", ORDERS + good_orders(12) + row + "\n")
    run = sheets.run()
    (rejection,) = run.rejections
    assert isinstance(rejection, Rejection)
    assert (rejection.address, rejection.column) == (address, column)
    assert rejection.file == "orders.csv"
    assert reason in rejection.reason
    assert len(run.rows("orders")) == 12
    assert run.extract("orders").rejected_rows == 1


def test_a_comma_that_is_not_quoted_shifts_nothing_silently(sheets: Any) -> None:
    sheets.write("orders.csv", ORDERS + "X1,A1,2026-01-05,1,200\n" + good_orders(6))
    (rejection,) = sheets.run().rejections
    assert (
        "the line has 5 cells where there are 4 headings: a cell with a comma" in rejection.reason
    )
    assert rejection.address == "orders!2"


def test_several_faults_of_a_row_are_one_rejection(sheets: Any) -> None:
    sheets.write("orders.csv", ORDERS + "X1,A1,abc,soon\n" + good_orders(3))
    (rejection,) = sheets.run().rejections
    assert "'abc' is not an amount; also ordered_at: 'soon' is not a date" in rejection.reason


def test_too_many_bad_rows_reject_the_file(sheets: Any) -> None:
    bad = "".join(f"X{n},A1,abc,2026-01-05\n" for n in range(6))
    sheets.write("orders.csv", ORDERS + good_orders(30) + bad)
    assert sheets.run().extract("orders").state == "loaded"
    sheets.write("orders.csv", ORDERS + good_orders(20) + bad)
    run = sheets.run()
    assert (run.batches, run.rejections) == ([], [])
    assert "6 of 26 rows cannot be read, more than 20%: orders!C22: 'abc' is not an amount" in (
        run.extract("orders").message
    )


def test_row_numbers_stay_right_with_line_breaks_and_blank_lines(sheets: Any) -> None:
    text = 'order_id,account_id,amount,ordered_at,status\nO1,A1,5,2026-01-05,"two\nlines"\n\n'
    sheets.write("orders.csv", text + "O2,A1,abc,2026-01-05,x\nO3,A1,5,2026-01-05,\n")
    run = sheets.run()
    assert run.rejections[0].address == "orders!C4"
    assert [row["_address"] for row in run.rows("orders")] == ["orders!2", "orders!5"]
    assert run.rows("orders")[0]["status"] == "two lines"


def test_totals_are_left_out_but_a_customer_may_be_called_total(sheets: Any) -> None:
    sheets.write("orders.csv", ORDERS + good_orders(3) + "合计,,4.50,\n")
    run = sheets.run()
    assert len(run.rows("orders")) == 3
    assert "totals rows left out: 5" in run.extract("orders").message
    sheets.write("accounts.csv", "account_id,account_name\nA1,Total\nA2,合计科技\n")
    assert len(sheets.run().rows("accounts")) == 2


def test_rows_that_repeat_count_once(sheets: Any) -> None:
    sheets.write("teams.csv", "team_id,team_name\nT1,A\nT1,A\nT2,B\n")
    run = sheets.run()
    assert [row["team_id"] for row in run.rows("teams")] == ["T1", "T2"]
    assert "1 rows repeat another row and count once" in run.extract("teams").message


def test_ids_of_stage_changes_are_derived(sheets: Any) -> None:
    sheets.write("stage_history.csv", HISTORY)
    first = [row["event_id"] for row in sheets.run().rows("stage_history")]
    sheets.write("stage_history.csv", HISTORY.replace("2026-01-05", "2026/1/5 00:00"))
    again = [row["event_id"] for row in sheets.run().rows("stage_history")]
    assert first == again
    assert len(set(first)) == 2
    assert all(len(one) == 40 for one in first)


def test_two_stays_of_a_person_are_two_rows(sheets: Any) -> None:
    head = "user_id,user_name,team_id,valid_from,valid_to\n"
    sheets.write("users.csv", head + "U1,张 三,T1,2024-01-01,2024-12-31\nU1,张三,T2,2025-01-01,\n")
    rows = sheets.run().rows("users")
    assert [(row["user_name"], row["valid_to"]) for row in rows] == [
        ("张三", dt.date(2024, 12, 31)),
        ("张三", None),
    ]


def test_an_amount_in_the_row_s_own_currency(sheets: Any) -> None:
    head = "order_id,account_id,amount,currency,ordered_at\n"
    sheets.write("orders.csv", head + "O1,A1,€ 5,EUR,2026-01-05\nO2,A1,6,CNY,2026-01-05\n")
    assert [row["amount"] for row in sheets.run().rows("orders")] == [5, 6]


def test_a_workbook_with_numbers_and_dates(sheets: Any) -> None:
    def build(sheet: Any) -> None:
        sheet.append(["Order ID", "account_id ", "AMOUNT", "ordered_at"])
        sheet.append([456, "00123", 1.005, dt.datetime(2026, 1, 5, 8)])
        sheet.append([12345678901234567, "A", 5, 46027])

    sheets.workbook("orders.xlsx", build)
    run = sheets.run()
    (row,) = run.rows("orders")
    assert (row["order_id"], row["account_id"], row["amount"]) == ("456", "00123", Decimal("1.01"))
    assert "number of 16 or more digits" in run.rejections[0].reason
    assert run.rejections[0].address == "Sheet1!A3"


def test_words_for_nothing_can_be_added(sheets: Any) -> None:
    head = "order_id,account_id,amount,ordered_at,status\n"
    sheets.write("orders.csv", head + "O1,A1,5,2026-01-05,不详\n")
    assert sheets.run(options={"null_values": ["不详"]}).rows("orders")[0]["status"] is None


# A round trip: whatever rows a program writes, in whatever encoding, come back as they were.
# Excluded is what the rules read otherwise on purpose: words for nothing, error words, runs of
# spaces, characters with another compatibility form.
TEXT = st.text(
    st.characters(
        categories=("Lu", "Ll", "Nd", "Po", "Lo"), min_codepoint=32, max_codepoint=0x9FA5
    ).filter(lambda c: c not in "·" and c.encode("gb18030", "ignore") != b""),
    min_size=1,
    max_size=12,
)


def stays(text: str) -> bool:
    from pipelines.sources.spreadsheet.checks import is_total
    from pipelines.sources.spreadsheet.values.cells import NULLS, clean_text

    return (
        clean_text(text) == text
        and text not in NULLS
        and not text.startswith(("#", "="))
        and not is_total(text)
    )


ORDER_ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "account_id": TEXT.filter(stays).map(lambda text: f"A{text}"),
            "product_line": st.none() | TEXT.filter(stays),
            "status": st.none() | TEXT.filter(stays).map(lambda text: f'{text}, "{text}"'),
            "amount": st.decimals("-9999999999", "9999999999", places=2),
            "ordered_at": st.datetimes(dt.datetime(1992, 1, 1), dt.datetime(2099, 1, 1)).map(
                lambda moment: moment.replace(microsecond=0)
            ),
            "promised_at": st.none()
            | st.datetimes(
                dt.datetime(1992, 1, 1), dt.datetime(2099, 1, 1), timezones=st.just(dt.UTC)
            ),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=ORDER_ROWS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    line=st.sampled_from(["\n", "\r\n"]),
)
def test_rows_come_back_as_they_were_written(
    rows: list[dict[str, Any]], encoding: str, delimiter: str, line: str
) -> None:
    columns = ["order_id", *rows[0]]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line)
    writer.writerow(columns)
    for number, row in enumerate(rows):
        cells = {"order_id": f"O{number}", **row}
        writer.writerow(["" if cells[name] is None else cells[name] for name in columns])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "sheets"
        folder.mkdir()
        (folder / "orders.csv").write_bytes(stream.getvalue().encode(encoding))
        # Single rare characters between Latin letters could be Windows-1252: what they are is said.
        said = {"encoding": encoding} if encoding == "gb18030" else {}
        run = Sheets(folder).run(timezone="UTC", options=said)
    assert run.rejections == []
    found = run.rows("orders")
    assert len(found) == len(rows), run.extracts
    for number, (row, expected) in enumerate(zip(found, rows, strict=True)):
        assert row["order_id"] == f"O{number}"
        assert row["ordered_at"] == expected["ordered_at"].replace(tzinfo=dt.UTC)
        for name in ("account_id", "product_line", "status", "amount", "promised_at"):
            assert row[name] == expected[name], name


def test_the_quick_way_reads_what_the_cell_parsers_read(sheets: Any) -> None:
    cells = ["5", "5.005", "-1,200.00", "￥7", "", "12万", "00.1", "+3", "99999999999999.99", "1e3"]
    text = "order_id,account_id,amount,ordered_at\n"
    plain = "".join(f'O{n},A1,"{cell}",2026-01-05\n' for n, cell in enumerate(cells))
    sheets.write("orders.csv", text + plain + good_orders(40).replace("O", "P"))

    def build(sheet: Any) -> None:
        for row in csv.reader((text + plain + good_orders(40).replace("O", "P")).splitlines()):
            sheet.append(row)

    one = sheets.run()
    (sheets.folder / "orders.csv").unlink()
    sheets.workbook("orders.xlsx", build)
    other = sheets.run()
    assert [(r["order_id"], r["amount"]) for r in one.rows("orders")] == [
        (r["order_id"], r["amount"]) for r in other.rows("orders")
    ]
    assert [r.reason for r in one.rejections] == [r.reason for r in other.rejections]


def test_a_large_file_is_read_in_seconds(sheets: Any) -> None:
    head = "activity_id,activity_type,direction,opportunity_id,account_id,owner_id,occurred_at\n"
    body = "".join(
        f"A{n:07},电话,outbound,O{n % 9000},C{n % 5000},S{n % 50},2026-03-{n % 28 + 1:02}T10:{n % 60:02}:00\n"
        for n in range(200_000)
    )
    sheets.write("activities.csv", head + body)
    started = time.perf_counter()
    run = sheets.run()
    seconds = time.perf_counter() - started
    assert run.extract("activities").rows == 200_000
    # 1 to 1.5 s on one quiet core; the bound leaves room for a busy machine.
    assert seconds < 8


def test_openpyxl_workbooks_without_cached_values_reject(sheets: Any) -> None:
    book = openpyxl.Workbook()
    book.active.append(["order_id", "account_id", "amount", "ordered_at"])
    book.active.append(["O1", "A1", "=1+1", "2026-01-05"])
    book.save(sheets.folder / "orders.xlsx")
    message = sheets.run().extract("orders").message
    assert "formulas have no calculated value (Sheet!C2)" in message
