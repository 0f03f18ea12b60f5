"""Packed raw files tell every row of every load once, on every day, whenever the work is cut off."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from raw_nights import NIGHTS, night, told

from pipelines.nights.storage import damage
from pipelines.raw_zone.packing import FEWEST, LOAD_ID, NEWEST_LEFT, covered, is_packed, pack
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings


@pytest.fixture
def zone(settings: Settings) -> RawZone:
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    for number in range(NIGHTS):
        night(zone, number)
    return zone


def test_every_day_is_told_as_before_also_when_cut_off_and_packed_again(
    settings: Settings, zone: RawZone
) -> None:
    before = told(settings, zone)
    folders = [zone.root / "sheets" / table for table in ("orders", "_extracts")]
    loads = zone.completed_loads("sheets")
    assert [pack(folder, loads) for folder in folders] == [NIGHTS - NEWEST_LEFT] * 2
    # Cut off here, both stand side by side: nothing is told twice.
    assert told(settings, zone) == before
    for path, by in covered(folders[0]):
        assert is_packed(by)
        path.unlink()
    assert told(settings, zone) == before
    for path, _ in covered(folders[1]):
        path.unlink()
    assert told(settings, zone) == before
    # A record's versions lie side by side, load after load, so that what stayed the same costs nothing.
    (packed,) = [path for path in folders[0].glob("*.parquet") if is_packed(path)]
    rows = pq.ParquetFile(packed).read(columns=["order_id", LOAD_ID]).to_pylist()
    placed = [(row["order_id"], loads.index(row[LOAD_ID])) for row in rows]
    assert placed == sorted(placed)
    assert len({load for _, load in placed}) > 1
    # There is nothing more to pack until as many nights have come again; the packed file joins them.
    assert pack(folders[0], loads) == 0
    for number in range(NIGHTS, NIGHTS + FEWEST):
        night(zone, number)
    grown = told(settings, zone)
    assert pack(folders[0], zone.completed_loads("sheets")) == FEWEST + 1
    assert told(settings, zone) == grown
    for path, _ in covered(folders[0]):
        path.unlink()
    assert told(settings, zone) == grown
    assert len(list(folders[0].glob("*.parquet"))) == 1 + NEWEST_LEFT


def test_a_load_that_is_not_complete_stays_out_and_another_schema_stays_apart(
    settings: Settings, zone: RawZone
) -> None:
    folder = zone.root / "sheets" / "orders"
    cut_off = folder / "1700000003.7.a.parquet"
    shutil.copy(folder / "1700000003.5.a.parquet", cut_off)
    odd = folder / "1700000004.5.a.parquet"
    table = pq.read_table(odd)
    place = table.schema.get_field_index("status")
    pq.write_table(table.set_column(place, "status", table["status"].cast(pa.large_string())), odd)
    before = told(settings, zone)
    assert pack(folder, zone.completed_loads("sheets")) == NIGHTS - NEWEST_LEFT - 1
    gone = {path.name for path, _ in covered(folder)}
    assert {cut_off.name, odd.name}.isdisjoint(gone)
    assert told(settings, zone) == before


def test_a_damaged_packed_file_is_not_to_be_taken_away(settings: Settings, zone: RawZone) -> None:
    folder = zone.root / "sheets" / "orders"
    pack(folder, zone.completed_loads("sheets"))
    (packed,) = [path for path in folder.glob("*.parquet") if is_packed(path)]
    Path(packed).write_bytes(packed.read_bytes()[:-40] + b"x" * 40)
    failure = damage(settings.data_dir)
    assert failure is not None
    assert "do not take it away" in str(failure)
