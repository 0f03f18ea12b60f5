"""Maintenance keeps an installation small without taking anything that a figure or a reader needs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import http.server
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from raw_nights import NIGHTS, night, told
from sqlalchemy import select
from typer.testing import CliRunner
from upkeep_site import published

from pipelines.assets.missed_nights import missed_night
from pipelines.cli import app
from pipelines.ledger.copies import is_new
from pipelines.ledger.models import Notice
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.nights.instance import dagster_home
from pipelines.publishing.holding import held_version
from pipelines.raw_zone.packing import NEWEST_LEFT
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.upkeep.heartbeat import URL, beat
from pipelines.upkeep.maintenance import COPIES, COPIES_KEPT, maintain, reading


@pytest.fixture
def site(settings: Settings) -> Settings:
    settings.data_dir.mkdir(mode=0o700)
    published(settings)
    ledger = open_ledger(settings.ledger_url)
    now = settings.now()
    add_signal(ledger, "team", "T1", "客户要推迟", "ann", now=now, today=now.date())
    ledger.close()
    return settings


def orders(settings: Settings) -> int:
    return len(list((settings.raw_dir / "sheets" / "orders").glob("*.parquet")))


def test_raw_files_go_only_when_nothing_that_was_built_from_them_is_open(site: Settings) -> None:
    zone = RawZone(site.raw_dir, site.data_dir / "dlt")
    for number in range(NIGHTS):
        night(zone, number)
    before = told(site, zone)
    cut_off = site.raw_dir / "sheets" / "orders" / "1.5.packed-0.packing"
    cut_off.write_bytes(b"PAR1")
    maintain(site)
    assert not cut_off.exists()
    maintain(site)  # no night since: the published warehouse still names the small files
    assert orders(site) == NIGHTS + 1
    time.sleep(1.1)  # a manifest is dated to the second
    published(site, "run2")
    with reading(site):  # a backup is being taken
        maintain(site)
    assert orders(site) == NIGHTS + 1
    maintain(site)
    assert orders(site) == NEWEST_LEFT + 1
    assert told(site, zone) == before


def test_leftovers_and_old_versions_go_and_a_version_that_is_read_stays(site: Settings) -> None:
    with held_version(site.data_dir) as held:
        for number in range(2, 6):
            published(site, f"run{number}")
        (site.versions_dir / ".building-dead").mkdir()
        maintain(site)
        assert held.exists()
        with duckdb.connect(str(held / "forewarn.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*) from marts.fct_orders").fetchall() == [(3,)]
    maintain(site)
    assert sorted(path.name for path in site.versions_dir.iterdir()) == ["3", "4", "5"]


def test_dagsters_past_is_cut_and_the_ledger_is_copied(site: Settings) -> None:
    home = dagster_home(site)
    with dg.DagsterInstance.get() as instance:
        for age in (100, 91, 89, 0):
            run = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.SUCCESS)
            _age(home, run.run_id, age)
        open_run = instance.create_run_for_job(_job(), status=dg.DagsterRunStatus.STARTED)
        _age(home, open_run.run_id, 200)
    for number in range(COPIES_KEPT + 2):
        copy = site.data_dir / COPIES / f"ledger-2020-01-{number + 1:02}.db"
        copy.parent.mkdir(exist_ok=True)
        copy.touch()
    maintain(site)
    with dg.DagsterInstance.get() as instance:
        left = [record.dagster_run.status.value for record in instance.get_run_records()]
    assert sorted(left) == ["STARTED", "SUCCESS", "SUCCESS"]
    copies = sorted((site.data_dir / COPIES).glob("*.db"))
    assert len(copies) == COPIES_KEPT
    ledger = open_ledger(f"sqlite:///{copies[-1]}")
    assert not is_new(ledger)
    ledger.close()


def _job() -> dg.JobDefinition:
    @dg.op
    def work() -> None: ...

    @dg.job
    def nightly() -> None:
        work()

    return nightly


def _age(home: Path, run_id: str, days: int) -> None:
    stamp = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=days)
    with sqlite3.connect(home / "history" / "runs.db") as connection:
        connection.execute(
            "update runs set create_timestamp = ? where run_id = ?", [f"{stamp:%F %T.%f}", run_id]
        )


class _Monitor(http.server.BaseHTTPRequestHandler):
    answers: list[int] = []
    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(self.answers.pop(0))
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def monitor(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Monitor]]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Monitor)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv(URL, f"http://127.0.0.1:{server.server_port}/ping/s3cret?x=1")
    _Monitor.answers, _Monitor.asked = [], []
    yield _Monitor
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_heartbeat_is_called_again_if_need_be_and_its_key_is_not_told(
    monitor: type[_Monitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monitor.answers = [503, 200]
    said = beat()
    assert monitor.asked == ["/ping/s3cret?x=1"] * 2
    assert "was told" in str(said)
    monitor.answers = [500, 500, 500]
    failed = str(beat())
    assert "HTTP 500" in failed
    monkeypatch.setenv(URL, "http://127.0.0.1:9/ping/s3cret")
    assert "s3cret" not in str(said) + failed + str(beat())
    monkeypatch.delenv(URL)
    assert beat() is None


def test_a_night_that_did_not_start_is_noticed_and_one_that_runs_late_is_not(
    site: Settings,
) -> None:
    running = dataclasses.replace(site, company=site.company.model_copy(update={"clock": None}))
    now = dt.datetime.now(dt.UTC)
    assert missed_night(running, now + dt.timedelta(hours=26)) is None
    said = missed_night(running, now + dt.timedelta(hours=50))
    assert said is not None
    assert "50 hours" in said.en
    assert "50 小时" in said.zh
    assert missed_night(site, now + dt.timedelta(hours=50)) is None  # a frozen clock awaits none


def test_check_tells_of_a_night_that_did_not_start(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOREWARN_CONFIG", str(site.config_dir))
    monkeypatch.setenv("FOREWARN_DATA", str(site.data_dir))
    company = site.config_dir / "company.yml"
    company.write_text(company.read_text().replace("clock: 2026-03-31\n", ""))
    manifest = site.current.resolve() / "manifest.json"
    content = json.loads(manifest.read_text())
    days_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    (site.config_dir / "recipients.yml").write_text(
        "recipients:\n  - {person_id: ops, role: data_owner, language: en, channels: ['file://']}\n"
    )
    said = []
    for moment in (dt.datetime.now(dt.UTC), days_ago, days_ago - dt.timedelta(hours=1)):
        content["created_at"] = moment.isoformat(timespec="seconds")
        manifest.write_text(json.dumps(content))
        said.append(CliRunner().invoke(app, ["check"]).output)
    assert "No night has ended well" not in said[0]
    assert "72 hours ago" in said[1]
    assert "73 hours ago" in said[2]
    # The data owners hear of it once a day, however often it is noticed.
    ledger = open_ledger(site.ledger_url)
    with ledger.reading() as session:
        notices = [notice.title for notice in session.scalars(select(Notice))]
    ledger.close()
    assert notices == ["Data problem: no night has run"]
