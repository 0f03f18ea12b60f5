"""Values of every kind, fitting and not: nothing becomes null without a word."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.failures import PermanentFailure
from pipelines.sources.protocol import joined
from pipelines.sources.records import Drift, Field, RowShape
from pipelines.sources.records.columns import column_of

AT = dt.datetime(2026, 3, 1, 10, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        (Field("x"), "N/A", "N/A"),
        (Field("x"), "", None),
        (Field("x"), "a\x00b", "ab"),
        (Field("x", "loose_text"), 12.0, "12"),
        (Field("x", "loose_text"), True, "true"),
        (Field("x", "loose_text"), [1], "[1]"),
        (Field("x", "json"), {"b": 1, "a": None}, '{"a":null,"b":1}'),
        (Field("x", "integer"), "7", 7),
        (Field("x", "integer"), 7.0, 7),
        (Field("x", "decimal"), 0.29, Decimal("0.29")),
        (Field("x", "decimal"), 1234567890123.45, Decimal("1234567890123.45")),
        (Field("x", "decimal"), "1.25E7", Decimal("12500000")),
        (Field("x", "decimal"), 0.1 + 0.2, Decimal("0.3")),
        (Field("x", "boolean"), "False", False),
        (Field("x", "timestamp"), "2026-03-01T10:15:00.000+0000", AT),
        (Field("x", "timestamp"), "2026-03-01T18:15:00+08:00", AT),
        (Field("x", "timestamp", form="local", zone="Asia/Shanghai"), "2026-03-01 18:15:00", AT),
        (Field("x", "timestamp", form="epoch_ms"), 1772360100000, AT),
        (Field("x", "timestamp", form="epoch_s"), "1772360100", AT),
        (Field("x", "date"), "2024-02-29", dt.date(2024, 2, 29)),
        (Field("x", "date", form="local"), "2026-03-01 00:00:00", dt.date(2026, 3, 1)),
        # 16:30 UTC is the next day in Shanghai.
        (
            Field("x", "date", form="epoch_ms", zone="Asia/Shanghai"),
            1772382600000,
            dt.date(2026, 3, 2),
        ),
    ],
)
def test_a_fitting_value_is_the_same_in_both_ways(field, value, expected):
    alone, faults = column_of([value, None], field)
    assert (alone.to_pylist(), faults) == ([expected, None], {})
    # Beside a value that does not fit, the slow way is taken.
    beside, faults = column_of([value, object()], field)
    assert beside.to_pylist() == [expected, None]
    assert list(faults) == [1]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (Field("x"), 5, "text expected, number found"),
        (Field("x"), "\ud800", "lone surrogate"),
        (Field("x"), "x" * 1_000_001, "at most"),
        (Field("x", "integer"), 3.5, "whole number"),
        (Field("x", "integer"), True, "true/false found"),
        (Field("x", "integer"), 2**63, "64 bits"),
        (Field("x", "decimal"), "1,5", "number expected"),
        (Field("x", "decimal"), float("inf"), "finite"),
        (Field("x", "decimal"), float("nan"), "finite"),
        (Field("x", "decimal"), 1e300, "20 digits"),
        (Field("x", "boolean"), 1, "true or false expected"),
        (Field("x", "timestamp"), "2026-03-01T10:15:00", "without its offset"),
        (Field("x", "timestamp", form="epoch_ms"), 10**18, ""),
        (Field("x", "date"), "2026-02-30", "day"),
        (Field("x", "date"), "01.03.2026", "such as 2026-03-01"),
    ],
)
def test_a_value_that_does_not_fit_is_a_fault_of_its_row(field, value, reason):
    array, faults = column_of([None, value], field)
    assert array.to_pylist() == [None, None]
    assert list(faults) == [1]
    assert reason in faults[1].en
    assert re.search("[\u4e00-\u9fff]", faults[1].zh)


@given(st.lists(st.one_of(st.none(), st.decimals(-(10**15), 10**15, places=2)), min_size=1))
def test_money_survives_json_floats_to_the_cent(amounts):
    values = [None if amount is None else float(amount) for amount in amounts]
    array, faults = column_of(values, Field("x", "decimal"))
    assert faults == {}
    for amount, found in zip(amounts, array.to_pylist(), strict=True):
        # 15 digits are what a float carries.
        if amount is not None and abs(amount) < 10**12:
            assert found == amount


SHAPE = RowShape(
    "deal",
    [
        Field("id", path="Id", required=True),
        Field("owner", path="Owner.Name"),
        Field("amount", "decimal", path="Amount"),
        Field("strict", "integer", path="Strict", on_fault="fail"),
    ],
    key="id",
    ignored=["attributes"],
)


def record(number: int, **values):
    return {
        "Id": str(number),
        "Owner": None,
        "Amount": 1.5,
        "Strict": 1,
        "attributes": {},
        **values,
    }


def test_a_bad_row_is_rejected_with_its_id_and_the_others_stay():
    page = SHAPE.convert(
        [record(1), record(2, Amount="a lot"), record(3, Id=None), record(4, Owner="x")]
    )
    assert page.table.column("id").to_pylist() == ["1"]
    assert [(r.address, r.column, r.value) for r in page.rejections] == [
        ("2", "amount", "a lot"),
        (None, "id", None),
        ("4", "owner", "['x']"),
    ]
    assert list(page.kept) == [0]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([record(n, Amount="text") for n in range(30)], "Amount: a number expected"),
        ([record(1, Strict="x")], "Strict: a number expected"),
        ([{"Amount": 1.0}], "no record has Id"),
        (["no object"], "no object"),
    ],
)
def test_drift_of_a_column_is_a_failure(records, said):
    with pytest.raises(PermanentFailure, match=said):
        SHAPE.convert(records)


def test_new_and_missing_fields_are_told():
    drift = Drift()
    drift.add(SHAPE.convert([{**record(1), "New": 1}]))
    page = {key: value for key, value in record(2).items() if key != "Owner"}
    drift.add(SHAPE.convert([page]))
    (remark,) = drift.remarks()
    assert (remark.en, remark.zh) == ("fields that are not read: New", "未读取的字段：New")
    late = Drift()
    late.add(SHAPE.convert([page]))
    (gone,) = late.remarks()
    assert gone.en == "fields that no longer come: Owner.Name"
    assert gone.zh == "不再返回的字段：Owner.Name"
    assert late.remarks(asked=["Id"]) == []
    both = joined(Drift({"New"}, {"B", "A"}).remarks())
    assert both.en == "fields that are not read: New; fields that no longer come: A, B"
    assert both.zh == "未读取的字段：New；不再返回的字段：A、B"


def test_csv_keeps_texts_and_line_ends():
    head = b'"Id","Owner.Name","Amount","Strict"\n'
    body = b'"1","N/A","",""\n"2","a\nb,""c""\x00","2.5","7"\n'
    page = SHAPE.convert_csv(head + body)
    assert page.table.to_pylist() == [
        {"id": "1", "owner": "N/A", "amount": None, "strict": None},
        {"id": "2", "owner": 'a\nb,"c"', "amount": Decimal("2.5"), "strict": 7},
    ]
    assert SHAPE.convert_csv(head).table.num_rows == 0
    with pytest.raises(PermanentFailure, match="header"):
        SHAPE.convert_csv(b"")
    with pytest.raises(PermanentFailure, match="cannot be read"):
        SHAPE.convert_csv(head + b'"1","2"\n')


def test_long_csv_is_read_to_its_end():
    head = b'"Id","Owner.Name","Amount","Strict"\n'
    body = b"".join(b'"%d","%s","1.5","1"\n' % (n, b"x" * 100) for n in range(30_000))
    assert SHAPE.convert_csv(head + body).table.num_rows == 30_000
