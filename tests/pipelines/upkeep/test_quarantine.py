"""Rows set aside stand until their record comes in well or somebody accepts them with a reason."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.ledger.quarantine import accepted
from pipelines.ledger.store import open_ledger
from pipelines.raw_zone.quarantine import open_rows
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.protocol import Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.registry import connector_of
from pipelines.warehouse.binding import bind, connect
from quality.rejected import SHARE_CHECK, check_rejected_rows

SCHEMA = pa.schema([("name", pa.string()), ("id", pa.string())])
GOOD = "order_id,account_id,amount,ordered_at\n"


class Records:
    """An incremental feed: what changed since the cursor, records without a name are refused."""

    def __init__(self, records: dict[str, tuple[int, str]]) -> None:
        self.records = records  # id -> (when it changed, its name)

    def tables(self) -> dict[str, pa.Schema]:
        return {"deals": SCHEMA}

    def check(self) -> list[Finding]:
        return []

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        since = int(previous.cursor("deals") or 0)
        new = {k: name for k, (moment, name) in self.records.items() if moment > since}
        rows = [{"id": key, "name": name} for key, name in new.items() if name]
        bad = [key for key, name in new.items() if not name]
        yield Batch("deals", pa.Table.from_pylist(rows, schema=SCHEMA))
        for key in bad:
            yield Rejection("deals", "no name", address=key, column="name", reason_zh="没有名称")
        last = max((moment for moment, _ in self.records.values()), default=0)
        yield Extract(
            "deals", cursor=str(last), rows=len(rows), rejected_rows=len(bad), full=since == 0
        )


def at(day: int) -> dt.datetime:
    return dt.datetime(2026, 3, day, 18, tzinfo=dt.UTC)


def test_a_record_refused_three_nights_ago_is_set_aside_until_it_comes_in_well(
    tmp_path: Path,
) -> None:
    zone = RawZone(tmp_path / "raw", tmp_path / "dlt")
    records = {"1": (1, "A"), "2": (1, ""), "3": (1, "")}

    def still(day: int, **changes: tuple[int, str]) -> set[str | None]:
        records.update(changes)
        zone.load("crm", "zoho", Records(records), now=at(day))
        return {row.address for row in open_rows(zone, zone.known_extracts("crm"))}

    assert still(1) == {"2", "3"}
    assert still(2, **{"4": (2, "D")}) == {"2", "3"}
    assert still(3, **{"2": (3, "B")}) == {"3"}
    assert still(4, **{"2": (4, "")}) == {"2", "3"}  # refused again after it had been well
    # Told again as a whole, the feed itself says what stands.
    records["3"] = (1, "C")  # mended without a new time of change: only a replay sees it
    report = zone.load("crm", "zoho", Records(records), now=at(5), again={("deals", None)})
    assert report.rows == {"deals": 3}
    assert [row.address for row in open_rows(zone, zone.known_extracts("crm"))] == ["2"]
    # And a past day knows what was open then.
    then = zone.known_extracts("crm", at(3))
    assert [row.address for row in open_rows(zone, then)] == ["3"]


@pytest.fixture
def site(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("FOREWARN_CONFIG", str(settings.config_dir))
    monkeypatch.setenv("FOREWARN_DATA", str(settings.data_dir))
    sheet = settings.config_dir / "sheets" / "orders.csv"
    rows = [f"o{n},a1,{100 + n},2026-03-0{n}" for n in range(1, 8)]
    sheet.write_text(GOOD + "\n".join([*rows, "o8,a1,a lot,2026-03-08"]) + "\n")
    return settings


def forewarn(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["quarantine", *arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def load(settings: Settings) -> RawZone:
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    for source in settings.sources:
        connector = connector_of(source, settings)
        zone.load(source.name, source.system, connector, now=dt.datetime.now(dt.UTC))
    return zone


def test_corrected_at_the_source_and_replayed(site: Settings) -> None:
    load(site)
    listed = forewarn("list")
    assert "sheets.orders.amount, orders.csv: 1 row." in listed
    ident = listed.split()[0]
    shown = forewarn("show", ident)
    assert "a lot" in shown
    assert "orders.csv" in shown
    assert "1 were set aside, 1 are now" in forewarn("replay", ident, code=1)
    sheet = site.config_dir / "sheets" / "orders.csv"
    sheet.write_text(sheet.read_text().replace("a lot", "800"))
    assert "8 rows read again; 1 were set aside, 0 are now" in forewarn("replay", ident)
    assert "Nothing is set aside" in forewarn("list")
    assert "no id begins with zz" in str(
        CliRunner().invoke(app, ["quarantine", "show", "zz"]).exception
    )


def test_a_file_that_was_refused_as_a_whole_is_listed_and_replayed(site: Settings) -> None:
    load(site)
    sheet = site.config_dir / "sheets" / "orders.csv"
    good = sheet.read_text().replace("a lot", "800")
    sheet.write_text(good.replace("amount", "何物"))
    # The row of the version in force, and the file as a whole.
    assert "1 were set aside, 2 are now" in forewarn("replay", code=1)
    listed = forewarn("list")
    assert "sheets.orders, orders.csv: refused as a whole" in listed
    assert "sheets.orders.amount" in listed  # of the version that is still in force
    sheet.write_text(good)
    assert "2 were set aside, 0 are now" in forewarn("replay")
    assert "Nothing is set aside" in forewarn("list")
    sheet.unlink()  # a file that is gone takes what it had set aside with it
    (site.config_dir / "sheets" / "accounts.csv").write_text("account_id,account_name\na1,A\n")
    load(site)
    assert "Nothing is set aside" in forewarn("list")


def test_accepted_rows_are_told_and_counted_no_more_and_the_reason_is_kept(site: Settings) -> None:
    zone = load(site)
    (row,) = json.loads(forewarn("list", "--json"))
    forewarn("accept", row["row"], code=2)  # not without a reason
    assert "1 row is accepted" in forewarn(
        "accept", row["row"], "--reason", "a test order", "--by", "ann"
    )
    assert "Nothing is set aside" in forewarn("list")
    assert "[accepted]" in forewarn("list", "--all")
    assert "accepted by ann on" in forewarn("show", row["row"])
    ledger = open_ledger(site.ledger_url)
    agreed = accepted(ledger)
    ledger.close()
    assert [one.reason for one in agreed.values()] == ["a test order"]
    path = site.data_dir / "warehouse.duckdb"
    for keys, told, passed in ((set(), 1, True), (set(agreed), 0, True)):
        path.unlink(missing_ok=True)
        bind(path, site, zone, as_of=dt.date(2026, 3, 31), known_at=None, accepted=keys)
        with connect(path) as connection:
            rejected = connection.execute("select * from config.rejected").df()
            extracts = connection.execute("select * from config.extracts").df()
        results = check_rejected_rows(rejected, extracts)
        assert sum(not one.passed for one in results if one.check != SHARE_CHECK) == told
        (share,) = [one for one in results if one.check == SHARE_CHECK]
        assert (share.passed, share.failed_rows) == (passed, told)
    # Another value in the same place is another row: it is told again.
    sheet = site.config_dir / "sheets" / "orders.csv"
    sheet.write_text(sheet.read_text().replace("a lot", "plenty"))
    load(site)
    assert "1 row." in forewarn("list")
    (other,) = json.loads(forewarn("list", "--json"))
    forewarn("accept", other["group"], "--reason", "a test order as well")
    assert "1 row is open again" in forewarn("accept", other["row"], "--undo")
