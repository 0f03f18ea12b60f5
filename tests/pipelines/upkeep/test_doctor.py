"""The doctor: what is well, what is not, and what to do about it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import re
import shutil
import sqlite3
import textwrap
import time
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from upkeep_site import published

from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.nights.instance import dagster_home
from pipelines.nights.writer_lock import writer_lock
from pipelines.settings import PROJECT, Settings
from pipelines.upkeep import doctor, doctor_data
from pipelines.upkeep.doctor import Answer, examine


def states(settings: Settings, now: dt.datetime | None = None) -> dict[str, Answer]:
    return {answer.question: answer for answer in examine(settings, now)}


def problems(settings: Settings, now: dt.datetime | None = None) -> set[str]:
    return {name for name, answer in states(settings, now).items() if answer.state == "problem"}


@pytest.fixture
def site(settings: Settings) -> Settings:
    settings.data_dir.mkdir(mode=0o700)
    published(settings)
    open_ledger(settings.ledger_url).close()
    # The company's today runs on: a frozen clock has no late night.
    return dataclasses.replace(
        settings, company=settings.company.model_copy(update={"clock": None})
    )


def test_a_sound_installation_has_no_problem_and_everything_is_answered(site: Settings) -> None:
    found = states(site)
    assert problems(site) == set()
    assert {
        "packages", "rights", "disk", "clock", "lock", "night", "version", "ledger", "answers",
        "secrets",
    } <= set(found)  # fmt: skip
    for answer in found.values():
        assert answer.said.zh
        assert answer.said.en


def test_before_the_first_night_it_says_what_to_do(settings: Settings) -> None:
    assert "night" in problems(settings)
    assert "forewarn run" in str(states(settings)["night"].next_step)


def test_a_night_that_did_not_come_is_noticed_by_the_hour(site: Settings) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=47)
    answer = states(site, later)["night"]
    assert answer.state == "problem"
    assert "47" in answer.said.en


def test_an_unchanged_night_that_ended_well_counts_as_one(site: Settings) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=47)
    home = site.data_dir / "dagster" / "history"
    home.mkdir(parents=True)
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute(
            "create table runs (id integer, status text, end_time real, pipeline_name text default 'nightly')"
        )
        put = "insert into runs values (1, 'SUCCESS', ?, ?)"
        # Another job that ended well is no night.
        connection.execute(put, [later.timestamp() - 3600, "weekly_report"])
        connection.commit()
        assert "night" in problems(site, later)
        connection.execute(put, [later.timestamp() - 3600, "nightly"])
    assert "night" not in problems(site, later)


@pytest.mark.postgres
def test_nights_that_postgresql_remembers_count_as_well(
    site: Settings, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dagster._core.instance.config import dagster_instance_config

    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=47)
    home = dagster_home(site)
    page = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^    storage:\n(?:      .*\n)+", page, flags=re.M)
    # As the page says: in the place of the section, since Dagster takes not both.
    own = (home / "dagster.yaml").read_text()
    ours = re.sub(r"^event_log_storage:\n(?:  .*\n)+", textwrap.dedent(block), own, flags=re.M)
    (home / "dagster.yaml").write_text(ours)
    assert "storage" in dagster_instance_config(str(home))[0]
    monkeypatch.setenv("DAGSTER_PG_URL", postgres_url.replace("+psycopg", "+psycopg2"))
    assert states(site)["runs"].state == "warning"  # nothing there to be asked
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute(
            "create table runs (id int, status text, end_time float, pipeline_name text)"
        )
        connection.execute(
            "insert into runs values (1, 'SUCCESS', %s, 'nightly')", [later.timestamp() - 3600]
        )
    assert "night" not in problems(site, later)
    assert states(site)["runs"].state == "ok"


def test_the_last_run_that_failed_and_runs_that_died_are_named(site: Settings) -> None:
    home = site.data_dir / "dagster" / "history"
    home.mkdir(parents=True)
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute(
            "create table runs (id integer, status text, end_time real, pipeline_name text default 'nightly')"
        )
        connection.executemany(
            "insert into runs (id, status, end_time) values (?, ?, 0)",
            [(1, "STARTED"), (2, "STARTED"), (3, "SUCCESS")],
        )
    assert states(site)["runs"].state == "warning"
    with sqlite3.connect(home / "runs.db") as connection:
        connection.execute("insert into runs (id, status, end_time) values (4, 'FAILURE', 0)")
    assert "runs" in problems(site)


def test_a_damaged_version_an_open_folder_and_a_clock_that_stands_back(site: Settings) -> None:
    (site.current / "forewarn.duckdb").write_bytes(b"x")
    assert "version" in problems(site)
    site.data_dir.chmod(0o755)
    assert states(site)["rights"].state == "warning"
    yesterday = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    assert "clock" in problems(site, yesterday)


def test_feeds_that_stay_out_and_answers_that_are_overdue_are_named(site: Settings) -> None:
    file = site.current / "parquet" / "rpt_freshness.parquet"
    for feed, state in (
        ("fresh", "ok"),
        ("late", "warning"),
        ("empty", "warning"),
        ("stale", "problem"),
    ):
        rows = {
            "source": ["crm", "books"],
            "entity": ["orders", "orders"],
            "state": ["fresh", feed],
        }
        pq.write_table(pa.table(rows), file)
        (answer,) = doctor_data.feeds(site, site.now())
        assert answer.state == state, feed
        assert (state == "ok") != ("books.orders" in answer.said.en)
    ledger, today = open_ledger(site.ledger_url), site.today()
    long_ago = today - dt.timedelta(days=14)
    for level, day in (("danger", long_ago), ("warning", today)):
        add_signal(
            ledger,
            "company",
            "company",
            "大客户要走",
            "P01",
            now=site.now(),
            today=day,
            level=level,
        )
    ledger.close()
    _, answer = doctor_data.ledger(site, site.now())
    assert answer.state == "warning"
    assert "1 warning is overdue for an answer (of 2" in answer.said.en


def test_packages_that_are_not_as_pinned_are_named(
    site: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = "duckdb==0.1 \\\n    --hash=sha256:1\ngone==2 ; sys_platform == 'win32' \\\n    --hash=sha256:2\n"
    (tmp_path / "requirements.lock").write_text(lock)
    monkeypatch.setattr(doctor, "PROJECT", tmp_path)
    (answer,) = doctor._packages(site, site.now())
    assert answer.state == "warning"
    assert answer.said.en == "not as pinned: duckdb"


def test_what_is_broken_is_an_answer_like_any_other(site: Settings) -> None:
    (site.current / "parquet" / "rpt_freshness.parquet").write_bytes(b"x")
    found = states(site)
    assert found["feeds"].state == "problem"
    assert found["secrets"].state == "ok"


def test_a_full_disk_is_foreseen(site: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: usage._replace(free=10**6))
    assert "disk" in problems(site)


def test_a_run_at_work_is_no_problem_but_said(site: Settings) -> None:
    child = os.fork()
    ready = site.data_dir / "ready"
    if child == 0:
        with writer_lock(site.data_dir, "another night"):
            ready.touch()
            while ready.exists():
                time.sleep(0.01)
        os._exit(0)
    while not ready.exists():
        time.sleep(0.01)
    answer = states(site)["lock"]
    ready.unlink()
    os.waitpid(child, 0)
    assert answer.state == "warning"
    assert "another night" in str(answer.said)


def test_a_lost_ledger_and_a_secret_that_is_not_set(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site.data_dir / "ledger.db").unlink()
    assert "ledger" in problems(site)
    (site.config_dir / "recipients.yml").write_text(
        "recipients: [{channels: ['mailto://${MAIL_PASSWORD}@x']}]\n# ${NOT_THIS}\n"
    )
    answer = states(site)["secrets"]
    assert answer.state == "problem"
    assert "MAIL_PASSWORD" in answer.said.en
    assert "NOT_THIS" not in answer.said.en
    monkeypatch.setenv("MAIL_PASSWORD", "s3cret")
    assert "secrets" not in problems(site)
    assert "s3cret" not in json.dumps([a.said.en for a in examine(site)])


def test_a_damaged_raw_file_is_named(site: Settings) -> None:
    folder = site.raw_dir / "crm" / "orders"
    folder.mkdir(parents=True)
    (folder / "1.2.a.parquet").write_bytes(b"PAR1 not")
    assert "raw" in problems(site)
    assert str(Path("crm") / "orders") in str(states(site)["raw"].said)
