"""Lists read in parts give what they give when read at once, with the same row numbers.

Add here: a list for which a part does not know enough. Keep out: rules for rows.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from pipelines.configuration.file_mapping import FileMapping
from pipelines.sources.spreadsheet import reader
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats import csv_parts
from pipelines.sources.spreadsheet.formats.grid import Grid
from pipelines.sources.spreadsheet.layout.body import SheetRows
from pipelines.sources.spreadsheet.lists import large_lists
from pipelines.sources.spreadsheet.reader import read_file
from pipelines.sources.spreadsheet.values.cells import NULLS
from pipelines.sources.spreadsheet.values.reading import Reading

READING = Reading(zone=ZoneInfo("Asia/Shanghai"), currency="CNY", nulls=NULLS)
MAPPING = FileMapping(
    match="*",
    entity="orders",
    unit="元",
    columns={
        "order_id": "订单号", "account_id": "客户", "amount": "金额", "ordered_at": "下单日期",
        "owner_id": "负责人",
    },
)  # fmt: skip
CANONICAL = "order_id,account_id,owner_id,amount,ordered_at\n"
HEADING = "2026年订单,,,,\n订单号,客户,负责人,金额,下单日期\n"


def line(number: int, amount: str = "1200.50", customer: str = "甲公司") -> str:
    return f"S{number:04d},{customer},李雷,{amount},2026-03-{number % 28 + 1:02d}\n"


def in_parts(
    data: bytes, monkeypatch: pytest.MonkeyPatch, mapping: FileMapping | None = MAPPING
) -> SheetRows:
    """Read in parts of some 300 bytes; a list that needs to be seen as a whole is refused."""
    with monkeypatch.context() as patched:
        patched.setattr(csv_parts, "PART", 300)
        patched.setattr(reader, "WHOLE_UP_TO", 300)
        reading = Reading(**{**vars(READING), "largest_whole": 300})
        return read_file(data, "orders.csv", "orders", mapping, reading, "orders.csv")


def same(
    data: bytes, monkeypatch: pytest.MonkeyPatch, mapping: FileMapping | None = MAPPING
) -> SheetRows:
    whole = read_file(data, "orders.csv", "orders", mapping, READING, "orders.csv")
    parts = in_parts(data, monkeypatch, mapping)
    assert parts.table.equals(whole.table)
    assert (parts.read, parts.left_out) == (whole.read, whole.left_out)
    assert _told(parts) == _told(whole)
    return parts


def _told(rows: SheetRows) -> list[tuple[str, str]]:
    """Row and reason of what was set aside; which cell of it holds the key only the whole file knows."""
    return [(re.sub("![A-Z]+", "!", one.address or ""), one.reason.en) for one in rows.rejections]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_parts_give_what_the_whole_gives(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line(n) for n in range(200)]
    rows[40] = line(40, amount="n/a?")  # cannot be read: named with its own row
    rows[90] = line(90, customer='"甲, 乙\n公司 ""总部"""')  # a line end within a cell
    rows[120] = "\n"
    rows[150] = line(7)  # the whole row again, many parts later
    rows[160] = line(8, amount="1.00")  # the key again with another amount
    found = same((HEADING + "".join(rows)).encode(encoding), monkeypatch)
    assert found.table.num_rows == 196
    assert [one.address for one in found.rejections] == ["orders!D43", "orders!163"]


@pytest.mark.parametrize(
    ("customer", "encoding"), [("甲公司", "utf-8"), ("Bożena Łódź", "cp1250"), ("Müller", "cp1252")]
)
def test_a_canonical_list_needs_no_mapping(
    customer: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (line(n, customer=customer).replace("李雷", "U1") for n in range(100))
    found = same((CANONICAL + "".join(lines)).encode(encoding), monkeypatch, None)
    assert found.table["_address"][99].as_py() == "orders!101"
    assert found.table["account_id"][99].as_py() == customer
    assert len(found.remarks) == (encoding != "utf-8")


def test_odd_rows_of_a_canonical_list_cost_only_their_part_the_quick_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [line(n) for n in range(200)]
    rows[40] = line(40, amount="n/a?")
    rows[90] = line(90, customer='"甲, 乙\n公司 ""总部"""')
    rows[120] = "\n"
    rows[150] = line(7)
    rows[160] = line(8, amount="1.00")
    grids: list[int] = []
    read_grid = large_lists.read_grid

    def counted(told: str, name: str, delimiter: str) -> Grid:
        grids.append(len(told))
        return read_grid(told, name, delimiter)

    monkeypatch.setattr(large_lists, "read_grid", counted)
    found = same((CANONICAL + "".join(rows)).encode(), monkeypatch, None)
    assert [one.address for one in found.rejections] == ["orders!D42", "orders!162"]
    assert found.table["_address"][-1].as_py() == "orders!201"
    assert len(grids) == 2  # the cell with a line end, and the blank line


@pytest.mark.parametrize("end", ["合计,,,120050.00,\n", CANONICAL, "\n\n合计,,,120050.00,\n"])
def test_a_canonical_list_with_totals_or_headings_again_is_not_read_in_parts(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (CANONICAL + "".join(line(n) for n in range(100)) + end).encode()
    with pytest.raises(FileRejected, match="seen as a whole"):
        in_parts(data, monkeypatch, None)


@pytest.mark.parametrize(
    "end",
    [
        "合计,,,120050.00,\n",
        "\n客户,负责人\n甲,李雷\n",
        "订单号,客户,负责人,金额,下单日期\nS9999,甲,李雷,1,2026-01-01\n",
    ],
)
def test_what_has_to_be_seen_as_a_whole_is_not_read_in_parts(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = (HEADING + "".join(line(n) for n in range(100)) + end).encode()
    with pytest.raises(FileRejected, match="seen as a whole"):
        in_parts(data, monkeypatch)


def test_parts_that_read_amounts_in_two_ways_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line(n, amount='"1.200,50"') for n in range(60)]
    rows += [line(n, amount='"1,200.50"') for n in range(60, 120)]
    with pytest.raises(FileRejected, match="1.200 is a thousand"):
        in_parts((HEADING + "".join(rows)).encode(), monkeypatch)


def test_a_mapping_that_looks_at_several_rows_takes_no_parts() -> None:
    entity = reader.ENTITIES["orders"]
    assert large_lists.fits(entity, MAPPING)
    assert not large_lists.fits(entity, MAPPING.model_copy(update={"group_by": ("order_id",)}))
    assert not large_lists.fits(reader.ENTITIES["targets"], None)
