"""A past day gives what a run on that day would have given, whatever killed the runs on the way.

The runs of these tests are killed in every step: a night more to show either by itself would show no
more.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import sqlite3
import time
from pathlib import Path

import pandas as pd
import pytest
from nightly_site import AS_OF, Installation, make_installation, same_marts

from pipelines.publishing.versions import read_manifest

pytestmark = pytest.mark.nightly


def as_known_on(sheets: Path, day: dt.date) -> None:
    """Cut the sheets to what they held at the end of a day; state comes from history alone."""
    end = f"{day.isoformat()} 23:59:59"

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(sheets / f"{name}.csv", dtype=str, encoding="utf-8-sig")

    def write(name: str, frame: pd.DataFrame) -> None:
        frame.to_csv(sheets / f"{name}.csv", index=False, encoding="utf-8-sig")

    def until(frame: pd.DataFrame, column: str) -> pd.DataFrame:
        return frame[frame[column].str.replace("T", " ") <= end]

    history = until(read("stage_history"), "changed_at")
    write("stage_history", history)
    deals = until(read("opportunities"), "created_at").copy()
    last = history.sort_values("changed_at").groupby("opportunity_id").tail(1)
    last = last.set_index("opportunity_id")
    deals["stage"] = deals["opportunity_id"].map(last["to_stage"]).fillna(deals["stage"])
    later = deals["closed_at"].fillna("").str.replace("T", " ") > end
    deals.loc[later, ["closed_at", "lost_reason"]] = None
    deals["amount"] = deals["opportunity_id"].map(last["amount"]).fillna(deals["amount"])
    deals["updated_at"] = deals["opportunity_id"].map(last["changed_at"])
    write("opportunities", deals)
    write("activities", until(read("activities"), "occurred_at"))
    leads = until(read("leads"), "created_at").copy()
    write("leads", leads)
    write("accounts", until(read("accounts"), "created_at"))
    orders = until(read("orders"), "ordered_at").copy()
    delivered_later = orders["delivered_at"].fillna("").str.replace("T", " ") > end
    orders.loc[delivered_later, "delivered_at"] = None
    write("orders", orders)
    users = read("users")
    users = users[users["valid_from"].fillna("") <= day.isoformat()].copy()
    users.loc[users["valid_to"].fillna("") > day.isoformat(), "valid_to"] = None
    write("users", users)


# They speak of the load, which is of today in both, not of the day.
OF_THE_LOAD = ("rpt_data_quality", "rpt_freshness")


def killed_at(site: Installation, line: str, extra_seconds: float, *arguments: str) -> None:
    """Start a run and kill its whole process with SIGKILL when it has printed a line."""
    run = site.started("run", *arguments)
    assert run.wait_for(line)
    time.sleep(extra_seconds)
    run.kill()
    run.ended()


def statuses(site: Installation) -> list[str]:
    """The status of every run that Dagster knows."""
    home = site.data / "dagster" / "history" / "runs.db"
    with sqlite3.connect(f"file:{home}?mode=ro", uri=True) as connection:
        return [status for (status,) in connection.execute("select status from runs")]


def told_of_a_dead_run(site: Installation) -> bool:
    found = (site.data / "outbox" / "data_owner").rglob("*.md")
    return any("进程在完成之前就结束了" in path.read_text(encoding="utf-8") for path in found)


@pytest.fixture(scope="module")
def today(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The day asked for today, killed in every step until its publication."""
    site = make_installation(tmp_path_factory.mktemp("today") / "site")
    day = ("--as-of", AS_OF.isoformat())
    killed_at(site, "nightly run as of", 1.5, *day)  # starting, or reading the sheets
    killed_at(site, "extract ", 0.5, *day)  # binding
    killed_at(site, "extract ", 4.0, *day)  # in the middle of the build
    assert not site.current.exists()
    killed_at(site, "warn ", 0.4, *day)  # in the middle of publishing
    time.sleep(1)  # the kernel ends dbt with its parent
    run = site.started("run", *day)
    assert run.wait_for("nightly run as of")
    # Who comes meanwhile is told who holds the lock, and disturbs nothing.
    second = site.forewarn("run")
    assert second.returncode == 1
    assert f"process {run.pid}" in second.stderr
    done = run.ended()
    assert done.returncode == 0, done.stdout + done.stderr
    return site


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """A run on that day, on what the sheets held by then, killed before or while it tells anybody."""
    site = make_installation(tmp_path_factory.mktemp("then") / "site")
    as_known_on(site.sheets, AS_OF)
    company = site.config / "company.yml"
    company.write_text(
        company.read_text(encoding="utf-8").replace("clock: 2026-10-30", f"clock: {AS_OF}"),
        encoding="utf-8",
    )
    killed_at(site, "publish ", 0.1)
    done = site.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return site


def test_killed_in_every_step_no_run_is_left_open_and_the_owner_hears_of_it(
    today: Installation, then: Installation
) -> None:
    for site in (today, then):
        assert not list((site.data / "versions").glob(".building-*"))
        # None of the killed runs stands as started, and the data owner has heard of them.
        assert statuses(site).count("STARTED") == 0
        assert told_of_a_dead_run(site)
    assert statuses(today).count("FAILURE") >= 3


def test_a_day_six_months_back_equals_a_run_on_that_day(
    published: Installation, today: Installation, then: Installation, tmp_path: Path
) -> None:
    """Neither the day that passed since nor what killed the runs on the way is in any mart."""
    manifest = read_manifest(today.current)
    assert manifest is not None
    assert manifest.as_of == AS_OF
    differences = same_marts(today.current, then.current)
    assert [line for line in differences if not line.startswith(OF_THE_LOAD)] == []

    # The report of that day, asked for on an installation that has published a later one and was
    # never killed, is the same to the byte, and nothing else of the installation changes.
    later = published.copy(tmp_path / "later")
    before = state_of(later)
    day, past = AS_OF.isoformat(), tmp_path / "past"
    done = later.forewarn("backfill", day, day, "--report", "--out", str(past))
    assert done.returncode == 0, done.stdout + done.stderr
    assert state_of(later) == before
    out = past / f"day={day}"
    (past / "parquet").mkdir()
    for path in out.glob("*.parquet"):
        path.rename(past / "parquet" / path.name)
    assert same_marts(today.current, past) == []
    for name in ("weekly.html", "weekly.en.html"):
        own = today.data / "reports" / AS_OF.isoformat() / name
        assert (out / name).read_bytes() == own.read_bytes(), name


def state_of(site: Installation) -> dict[str, str]:
    """What a report of another day must leave alone: files but dbt's cache, and the ledger's rows."""
    files = {
        str(path.relative_to(site.data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in site.data.rglob("*")
        if path.is_file()
        and not path.relative_to(site.data).parts[0].startswith(("dbt", "ledger.db"))
    }
    with contextlib.closing(sqlite3.connect(site.data / "ledger.db")) as ledger:
        return files | {"ledger.db": "\n".join(ledger.iterdump())}


def test_nothing_after_the_day_is_in_any_mart(published: Installation, tmp_path: Path) -> None:
    assert published.query(
        "select count(*) from marts.fct_orders where ordered_on > date '2026-10-30'"
    ) == [(0,)]
    assert published.query(
        "select count(*) from marts.fct_stage_events where entered_at >= timestamp '2026-10-31'"
    ) == [(0,)]
