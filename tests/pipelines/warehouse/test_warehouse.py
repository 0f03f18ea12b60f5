"""What dbt reads as sources: the versions in force on a day, and the company's own tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.entity_schemas import canonical_schema
from pipelines.raw_zone import rows as raw_rows
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings, load_settings
from pipelines.sources.protocol import Batch, Extract, Finding, Previous, Rejection
from pipelines.warehouse.binding import bind, connect

SCHEMA = canonical_schema("orders")
for _name in ("_file", "_address", "_raw"):
    SCHEMA = SCHEMA.append(pa.field(_name, pa.string()))

Item = Batch | Rejection | Extract


class Given:
    """A connector that yields what it is given."""

    def __init__(self, *items: Item) -> None:
        self.items = items

    def tables(self) -> dict[str, pa.Schema]:
        deals = canonical_schema("opportunities").append(pa.field("_file", pa.string()))
        return {"orders": SCHEMA, "opportunities": deals}

    def check(self, previous: object = None) -> list[Finding]:
        return []

    def extract(self, previous: Previous, upto: dt.datetime) -> Iterator[Item]:
        yield from self.items


def orders(file: str, *ids: str) -> list[Item]:
    rows = [
        {
            "order_id": key,
            "account_id": "a",
            "amount": Decimal("10.50"),
            "ordered_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
            "_file": file,
        }
        for key in ids
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    return [Batch("orders", table), Extract("orders", file=file, cursor="x", rows=len(ids))]


@pytest.fixture
def zone(settings: Settings) -> RawZone:
    return RawZone(settings.raw_dir, settings.data_dir / "dlt")


def at(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 12, tzinfo=dt.UTC)


def query(
    settings: Settings, zone: RawZone, sql: str, known_at: dt.datetime | None = None
) -> list[Any]:
    settings.data_dir.mkdir(exist_ok=True)
    path = settings.data_dir / "warehouse.duckdb"
    path.unlink(missing_ok=True)
    bind(path, settings, zone, as_of=dt.date(2026, 3, 31), known_at=known_at)
    with connect(path) as connection:
        return connection.execute(sql).fetchall()


IDS = "select order_id from raw.spreadsheet__orders order by 1"


def test_every_entity_has_a_typed_view_even_when_no_source_gives_it(
    settings: Settings, zone: RawZone
) -> None:
    zone.load("sheets", "spreadsheet", Given(*orders("orders.csv", "1")), now=at(1))
    assert query(settings, zone, "select count(*) from raw.spreadsheet__targets") == [(0,)]
    types = query(
        settings,
        zone,
        "select typeof(target_amount), typeof(effective_from), typeof(_loaded_at) "
        "from (values (1)) left join raw.spreadsheet__targets on true",
    )
    assert types == [("DECIMAL(18,2)", "DATE", "TIMESTAMP WITH TIME ZONE")]


def test_the_newest_good_version_of_each_file_is_in_force(
    settings: Settings, zone: RawZone
) -> None:
    first = [*orders("a.csv", "1", "2"), *orders("b.csv", "9")]
    zone.load("sheets", "spreadsheet", Given(*first), now=at(1))
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1", "3")), now=at(2))
    refused = Extract("orders", "rejected", "a.csv", "y", message="no heading amount")
    zone.load("sheets", "spreadsheet", Given(refused), now=at(3))
    assert query(settings, zone, IDS) == [("1",), ("3",), ("9",)]
    state = "select state, message from config.extracts where file = 'a.csv'"
    assert query(settings, zone, state) == [("rejected", "no heading amount")]
    zone.load("sheets", "spreadsheet", Given(Extract("orders", "gone", "b.csv")), now=at(4))
    assert query(settings, zone, IDS) == [("1",), ("3",)]


def test_a_past_moment_sees_the_version_of_then(settings: Settings, zone: RawZone) -> None:
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1")), now=at(10))
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1", "2")), now=at(20))
    assert query(settings, zone, IDS, at(15)) == [("1",)]
    assert query(settings, zone, IDS, at(25)) == [("1",), ("2",)]
    assert query(settings, zone, IDS, at(5)) == [("1",)]  # before the first load: its first version


def deals(file: str, **closes: str) -> list[Item]:
    rows = [
        {"opportunity_id": key, "expected_close_date": dt.date.fromisoformat(day), "_file": file}
        for key, day in closes.items()
    ]
    schema = canonical_schema("opportunities").append(pa.field("_file", pa.string()))
    table = pa.Table.from_pylist(rows, schema=schema)
    return [
        Batch("opportunities", table),
        Extract("opportunities", file=file, cursor="x", rows=len(rows)),
    ]


def test_every_good_version_of_the_deals_is_bound_with_its_end(
    settings: Settings, zone: RawZone
) -> None:
    for day, items in (
        (1, deals("a.csv", one="2026-04-01", two="2026-04-02")),
        (2, deals("a.csv", one="2026-05-01")),
        (3, [Extract("opportunities", "rejected", "a.csv", "y", message="no heading stage")]),
        (4, deals("b.csv", two="2026-06-01")),
        (5, [Extract("opportunities", "gone", "b.csv")]),
    ):
        zone.load("sheets", "spreadsheet", Given(*items), now=at(day))
    sql = (
        "select opportunity_id, month(expected_close_date), day(_loaded_at), day(_replaced_at) "
        "from raw.spreadsheet__opportunity_versions order by _loaded_at, 1"
    )
    first = [("one", 4, 1, 2), ("two", 4, 1, 2), ("one", 5, 2, None)]
    assert query(settings, zone, sql) == [*first, ("two", 6, 4, 5)]
    # On a past day the end of a version that had not come yet is not known.
    assert query(settings, zone, sql, at(4)) == [*first, ("two", 6, 4, None)]
    assert query(settings, zone, sql, at(1)) == [("one", 4, 1, None), ("two", 4, 1, None)]


def test_rows_before_are_told_and_only_the_current_quarantine_is_shown(
    settings: Settings, zone: RawZone
) -> None:
    bad = Rejection("orders", "no such date", "a.csv", "orders!C5", "ordered_at", "31.02.")
    batch, _ = orders("a.csv", "1", "2")
    first = Extract("orders", file="a.csv", cursor="1", rows=2, rejected_rows=1)
    zone.load("sheets", "spreadsheet", Given(batch, bad, first), now=at(1))
    assert query(settings, zone, "select address, value from config.rejected") == [
        ("orders!C5", "31.02.")
    ]
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1", "2", "3")), now=at(2))
    assert query(settings, zone, "select count(*) from config.rejected") == [(0,)]
    assert query(settings, zone, "select rows, rows_previous from config.extracts") == [(3, 2)]


def test_loads_of_before_there_was_chinese_are_bound_beside_later_ones(
    settings: Settings, zone: RawZone, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EXTRACTS_SCHEMA", "REJECTED_SCHEMA"):
        schema = getattr(raw_rows, name)
        earlier = pa.schema([field for field in schema if not field.name.endswith("_zh")])
        assert len(earlier) == len(schema) - 1
        monkeypatch.setattr(raw_rows, name, earlier)
    for day, file in ((1, "old.csv"), (2, "new.csv")):
        bad = Rejection("orders", "no date", file, "orders!C5", reason_zh="没有日期")
        batch, _ = orders(file, file)
        told = {"message": "1 row is bad", "message_zh": "有 1 行读不出"}
        closing = Extract("orders", file=file, cursor="1", rows=1, rejected_rows=1, **told)
        zone.load("sheets", "spreadsheet", Given(batch, bad, closing), now=at(day))
        monkeypatch.undo()  # the update comes between the two nights
    texts = "select file, message, message_zh from config.extracts order by file"
    assert query(settings, zone, texts) == [
        ("new.csv", "1 row is bad", "有 1 行读不出"),
        ("old.csv", "1 row is bad", None),
    ]
    assert zone.previous("sheets").cursor("orders", "old.csv") == "1"
    reasons = "select file, reason, reason_zh from config.rejected order by file"
    both = [("new.csv", "no date", "没有日期"), ("old.csv", "no date", None)]
    assert query(settings, zone, reasons) == both
    # As in the first night after the update: only old loads are there.
    assert query(settings, zone, reasons, at(1)) == both[1:]
    assert query(settings, zone, texts, at(1)) == [("old.csv", "1 row is bad", None)]


def test_the_company_calendar_wins_over_the_country(company_folder: Path, tmp_path: Path) -> None:
    (company_folder / "calendar.csv").write_text(
        "date,is_workday,note\n2026-05-01,true,Stocktaking\n2026-05-04,false,Bridge day\n"
    )
    settings = load_settings(company_folder, tmp_path / "data")
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    days = query(
        settings,
        zone,
        "select date_day::varchar, is_workday from config.calendar "
        "where date_day between '2026-05-01' and '2026-05-05' order by 1",
    )
    assert days == [
        ("2026-05-01", True),
        ("2026-05-02", False),
        ("2026-05-03", False),
        ("2026-05-04", False),
        ("2026-05-05", True),
    ]


def test_chinese_make_up_workdays_are_workdays(company_folder: Path, tmp_path: Path) -> None:
    text = (company_folder / "company.yml").read_text().replace("calendar: DE", "calendar: CN")
    (company_folder / "company.yml").write_text(text)
    settings = load_settings(company_folder, tmp_path / "data")
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    # Saturday 2026-02-14 makes up for a day of the Spring Festival week that follows it.
    sql = "select is_workday from config.calendar where date_day in ('2026-02-14', '2026-02-17') order by date_day"
    assert query(settings, zone, sql) == [(True,), (False,)]
