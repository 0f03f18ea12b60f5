"""A past day gives what a run on that day would have given."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import sqlite3
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


def test_a_day_six_months_back_equals_a_run_on_that_day(
    published: Installation, tmp_path: Path
) -> None:
    today = make_installation(tmp_path / "today")
    done = today.forewarn("run", "--as-of", AS_OF.isoformat())
    assert done.returncode == 0, done.stdout + done.stderr

    then = make_installation(tmp_path / "then")
    as_known_on(then.sheets, AS_OF)
    company = then.config / "company.yml"
    company.write_text(
        company.read_text(encoding="utf-8").replace("clock: 2026-10-30", f"clock: {AS_OF}"),
        encoding="utf-8",
    )
    done = then.forewarn("run")
    assert done.returncode == 0, done.stdout + done.stderr

    manifest = read_manifest(today.current)
    assert manifest is not None
    assert manifest.as_of == AS_OF
    differences = same_marts(today.current, then.current)
    assert [line for line in differences if not line.startswith(OF_THE_LOAD)] == []

    # The report of that day, asked for on an installation that has published a later one, is the
    # same to the byte, and nothing else of the installation changes.
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
    differences = same_marts(today.current, past)
    assert [line for line in differences if not line.startswith(OF_THE_LOAD)] == []
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
