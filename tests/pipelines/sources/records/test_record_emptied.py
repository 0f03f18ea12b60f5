"""A column that had values and has none stops its source; one that merely has few does not."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from pipelines.failures import PermanentFailure
from pipelines.sources.connector_options import ConnectorOptions
from pipelines.sources.protocol import Batch, Extract, Previous
from pipelines.sources.records import Cursor
from pipelines.sources.records.emptied import watched

UPTO = dt.datetime(2026, 10, 30, tzinfo=dt.UTC)
PLAIN = ConnectorOptions()


def night(columns, *, full=True, table="deals", last=None, options=PLAIN, deleted=0):
    """One load of one table; returns its extract."""
    rows = len(next(iter(columns.values())))
    columns = {**columns, "_deleted": [False] * rows}
    if deleted:
        columns = {name: [*values, *[None] * deleted] for name, values in columns.items()}
        columns["_deleted"] = [False] * rows + [True] * deleted
    if "ended" in columns:
        columns["ended"] = pa.array(columns["ended"], pa.timestamp("us", tz="UTC"))
    items = [
        Batch(table, pa.table(columns)),
        Extract(table, cursor=Cursor(UPTO).text(), rows=rows + deleted, full=full),
    ]
    previous = Previous({(table, None): last} if last else {})
    return list(watched(iter(items), previous, "crm", options, UPTO))[-1]


def deals(number, amount=5, **more):
    return {"id": [str(n) for n in range(number)], "amount": [amount] * number, **more}


def test_an_emptied_column_stops_the_whole_load_and_names_itself():
    first = night(deals(30))
    with pytest.raises(PermanentFailure, match=r"deals\.amount \(100%\)") as caught:
        night(deals(30, None), last=first)
    assert "accept_empty" in str(caught.value)
    assert "全都没有" in caught.value.told.zh
    assert night(deals(30), last=first).rows == 30


def test_what_the_company_says_is_meant_is_loaded_once_and_then_usual():
    first = night(deals(30))
    known = ConnectorOptions(accept_empty=("deals.amount",))
    second = night(deals(30, None), last=first, options=known)
    assert night(deals(30, None), last=second).rows == 30


@pytest.mark.parametrize(
    ("share", "rows", "stops"), [(1, 30, True), (1, 4, False), (10, 30, False), (5, 60, True)]
)
def test_a_few_values_may_well_be_gone(share, rows, stops):
    reasons = ["late" if n % share == 0 else None for n in range(rows)]
    first = night(deals(rows, reason=reasons))
    emptied = deals(rows, reason=pa.nulls(rows, pa.string()).to_pylist())
    if stops:
        with pytest.raises(PermanentFailure, match=r"deals\.reason"):
            night(emptied, last=first)
    else:
        night(emptied, last=first)


def test_an_increment_is_judged_by_what_every_record_had():
    moments = [UPTO] * 40
    first = night(deals(40, ended=moments, reason=["x", None] * 20))
    kept = night(deals(25, ended=[None] * 25, reason=[None] * 25), full=False, last=first)
    # What the last whole load had is still known after an increment.
    with pytest.raises(PermanentFailure, match=r"deals\.amount"):
        night(deals(25, None), full=False, last=kept)
    night(deals(5, None), full=False, last=kept)


def test_deleted_records_of_which_only_the_id_is_known_are_not_looked_at():
    first = night(deals(30))
    night(deals(3), last=first, deleted=400)


def test_a_first_load_without_any_amount_stops_unless_the_company_knows():
    with pytest.raises(PermanentFailure, match="no pipeline") as caught:
        night(deals(25, None))
    assert "opportunities.amount" in str(caught.value)
    night(deals(25, None), options=ConnectorOptions(accept_missing=("opportunities.amount",)))
    night(deals(10, None))
    night(deals(25, None), table="accounts")
    # The company's own field stands for the standard one.
    night(deals(25, None, custom_amount=[1] * 25))


def test_a_column_that_is_no_column_is_no_answer():
    with pytest.raises(ValueError, match=r"opportunities\.amount"):
        ConnectorOptions(accept_missing=("amount",))
