"""What gets into the raw zone counts whole or not at all, and any past moment can be told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.raw_zone.zone import RawZone
from pipelines.sources.protocol import Batch, Extract, Finding, Previous, Rejection

SCHEMA = pa.schema([("id", pa.string()), ("amount", pa.decimal128(18, 2)), ("_file", pa.string())])


def at(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 18, tzinfo=dt.UTC)


class Folder:
    """A small real connector: files are lists of ids; their content is the cursor."""

    def __init__(self, files: dict[str, list[str]], fail_after: int | None = None) -> None:
        self.content, self.fail_after = files, fail_after
        self.seen: Previous | None = None

    def tables(self) -> dict[str, pa.Schema]:
        return {"orders": SCHEMA}

    def check(self, previous: object = None) -> list[Finding]:
        return []

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        self.seen = previous
        for number, (name, ids) in enumerate(self.content.items()):
            if self.fail_after is not None and number >= self.fail_after:
                raise TransientFailure("Could not read orders", cause="HTTP 500", where=name)
            if previous.cursor("orders", name) == ",".join(ids):
                continue
            rows = [{"id": key, "amount": None, "_file": name} for key in ids if key != "bad"]
            yield Batch("orders", pa.Table.from_pylist(rows, schema=SCHEMA))
            if "bad" in ids:
                yield Rejection(
                    "orders", "no amount", name, "A2", "amount", "=cmd", reason_zh="没有金额"
                )
            yield Extract("orders", file=name, cursor=",".join(ids), rows=len(rows))


@pytest.fixture
def zone(tmp_path: Path) -> RawZone:
    return RawZone(tmp_path / "raw", tmp_path / "dlt")


def ids(zone: RawZone, loads: list[str]) -> list[str]:
    return [
        row["id"]
        for path in zone.files("sheets", "orders", loads)
        for row in pq.read_table(path).to_pylist()
    ]


def test_rows_carry_source_and_load_time_and_an_unchanged_source_loads_nothing(
    zone: RawZone,
) -> None:
    report = zone.load("sheets", "spreadsheet", Folder({"a": ["1", "2"]}), now=at(1))
    assert report.rows == {"orders": 2}
    (load,) = zone.completed_loads("sheets")
    row = pq.read_table(zone.files("sheets", "orders", [load])[0]).to_pylist()[0]
    assert (row["source"], row["_loaded_at"]) == ("sheets", at(1))
    assert zone.load("sheets", "spreadsheet", Folder({"a": ["1", "2"]}), now=at(2)).unchanged
    assert zone.completed_loads("sheets") == [load]


def test_the_cursor_comes_back_from_the_completed_load(zone: RawZone) -> None:
    zone.load("sheets", "spreadsheet", Folder({"a": ["1"]}), now=at(1))
    second = Folder({"a": ["1"], "b": ["2"]})
    zone.load("sheets", "spreadsheet", second, now=at(2))
    assert second.seen is not None
    assert second.seen.cursor("orders", "a") == "1"
    assert second.seen.loaded_at == at(1)
    assert ids(zone, zone.completed_loads("sheets")) == ["1", "2"]


def test_a_source_that_fails_half_way_leaves_nothing_and_keeps_its_own_words(zone: RawZone) -> None:
    with pytest.raises(TransientFailure, match="HTTP 500"):
        zone.load("sheets", "spreadsheet", Folder({"a": ["1"], "b": ["2"]}, 1), now=at(1))
    assert zone.completed_loads("sheets") == []
    zone.load("sheets", "spreadsheet", Folder({"a": ["1"], "b": ["2"]}), now=at(2))
    assert ids(zone, zone.completed_loads("sheets")) == ["1", "2"]


def test_files_of_a_load_that_never_completed_are_not_seen(zone: RawZone, tmp_path: Path) -> None:
    zone.load("sheets", "spreadsheet", Folder({"a": ["1"]}), now=at(1))
    zone.load("sheets", "spreadsheet", Folder({"a": ["1", "2"]}), now=at(2))
    loads = zone.completed_loads("sheets")
    (record,) = (tmp_path / "raw/sheets/_dlt_loads").glob(f"*{loads[1]}*")
    record.write_text("")  # as after a kill between opening and writing the record
    assert zone.completed_loads("sheets") == loads[:1]
    assert zone.previous("sheets").cursor("orders", "a") == "1"


def test_a_past_moment_knows_what_was_loaded_then_and_the_first_load_stands_in_before(
    zone: RawZone,
) -> None:
    zone.load("sheets", "spreadsheet", Folder({"a": ["1"]}), now=at(1))
    zone.load("sheets", "spreadsheet", Folder({"a": ["1", "2"]}), now=at(5))
    cursors = {
        day: [item.extract.cursor for item in zone.known_extracts("sheets", at(day))]
        for day in (4, 6)
    }
    assert cursors == {4: ["1"], 6: ["1", "1,2"]}
    before = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
    assert [item.extract.cursor for item in zone.known_extracts("sheets", before)] == ["1"]


def test_rejected_rows_are_kept_for_people_without_formulas(zone: RawZone, tmp_path: Path) -> None:
    report = zone.load("sheets", "spreadsheet", Folder({"a": ["1", "bad"]}), now=at(1))
    assert len(report.rejections) == 1
    (copy,) = (tmp_path / "quarantine/sheets").glob("*.csv")
    said = copy.read_text(encoding="utf-8-sig")
    assert '"orders","a","A2","amount","\'=cmd","no amount"' in said
    assert '"no amount","没有金额"\n' in said
    assert copy.stat().st_mode & 0o077 == 0


def test_file_and_address_of_a_rejected_row_are_no_formulas_either(
    zone: RawZone, tmp_path: Path
) -> None:
    # As it stands, behind what is not seen, and behind what separates lists elsewhere.
    names = ("=cmd|x", "\u200b=cmd", "\ufeff @x", "a;=cmd")
    zone.load("sheets", "spreadsheet", Folder(dict.fromkeys(names, ["bad"])), now=at(1))
    (copy,) = (tmp_path / "quarantine/sheets").glob("*.csv")
    said = copy.read_text(encoding="utf-8-sig")
    for name in names:
        assert f'"orders","{"" if name[0] == "a" else chr(39)}{name}","A2","amount"' in said


def test_another_schema_than_declared_is_refused(zone: RawZone) -> None:
    class Liar(Folder):
        def tables(self) -> dict[str, pa.Schema]:
            return {"orders": SCHEMA.append(pa.field("more", pa.string()))}

    with pytest.raises(PermanentFailure, match="another schema"):
        zone.load("sheets", "spreadsheet", Liar({"a": ["1"]}), now=at(1))
