"""A night whose clock stood ahead: later loads count, the early one keeps its place, and it is told."""

from __future__ import annotations

import datetime as dt

from test_warehouse import IDS, Given, orders, query, zone

from pipelines.raw_zone.load_order import in_sequence
from pipelines.raw_zone.rows import KnownExtract
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.protocol import Extract
from quality.clock import check_clock

__all__ = ["zone"]
NOW = dt.datetime.now(dt.UTC)
AHEAD = NOW + dt.timedelta(days=400)


def load(number: int, stamped: dt.datetime) -> KnownExtract:
    return KnownExtract(str(number), "s", "zoho", stamped, Extract("orders"), sequence=number)


def test_a_load_after_one_from_the_future_is_in_force(settings: Settings, zone: RawZone) -> None:
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1")), now=NOW - dt.timedelta(days=2))
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "wrong")), now=AHEAD)
    assert query(settings, zone, IDS) == [("wrong",)]  # the newest there is
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "3")), now=NOW)
    assert query(settings, zone, IDS) == [("3",)]
    newest = "select max(_loaded_at) <= now() from raw.spreadsheet__orders"
    assert query(settings, zone, newest) == [(True,)]
    history = "select count(*) from config.extract_history where loaded_at > now()"
    assert query(settings, zone, history) == [(0,)]


def test_what_a_load_from_the_future_asked_for_is_asked_again(
    settings: Settings, zone: RawZone
) -> None:
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1")), now=AHEAD)
    assert zone.previous("sheets").cursor("orders", "a.csv") is None
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1")), now=NOW)
    assert zone.previous("sheets").cursor("orders", "a.csv") == "x"


def test_each_day_still_knows_what_was_loaded_by_then() -> None:
    days = [NOW - dt.timedelta(days=3), AHEAD, NOW - dt.timedelta(days=1), NOW]
    ordered = in_sequence([load(n, day) for n, day in reversed([*enumerate(days, 1)])], NOW)
    assert [item.load_id for item in ordered] == ["1", "2", "3", "4"]
    moments = [item.loaded_at for item in ordered]
    assert moments == sorted(moments)
    assert days[0] < moments[1] < days[2]


def test_loads_from_before_there_was_a_sequence_go_by_their_stamp() -> None:
    old = [
        KnownExtract(str(n), "s", "zoho", NOW - dt.timedelta(days=n), Extract("orders"))
        for n in (1, 5, 3)
    ]
    assert [item.load_id for item in in_sequence([*old, load(9, NOW)], NOW)] == ["5", "3", "1", "9"]


def test_it_is_told_once_for_a_source(settings: Settings, zone: RawZone) -> None:
    zone.load("sheets", "spreadsheet", Given(*orders("a.csv", "1")), now=AHEAD)
    zone.load("sheets", "spreadsheet", Given(*orders("b.csv", "2")), now=NOW)
    query(settings, zone, IDS)
    import duckdb

    with duckdb.connect(str(settings.data_dir / "warehouse.duckdb")) as connection:
        history = connection.execute("select * from config.extract_history").df()
    (told,) = check_clock(history)
    assert told.severity == "warning"
    assert str(AHEAD.year) in told.message_zh
    assert check_clock(history[history["loaded_at"] == history["stamped_at"]]) == []
