"""What stops a night, what does not, and that nothing is lost either way."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
from nightly_site import Installation, make_installation, same_marts

from pipelines.publishing.versions import read_manifest

pytestmark = pytest.mark.nightly


def killed_at(site: Installation, line: str, extra_seconds: float = 0.0) -> None:
    """Start a run and kill its whole process with SIGKILL when it has printed a line."""
    run = site.started("run")
    assert run.wait_for(line)
    time.sleep(extra_seconds)
    run.kill()
    run.ended()


def statuses(site: Installation) -> list[str]:
    """The status of every run that Dagster knows."""
    home = site.data / "dagster" / "history" / "runs.db"
    with sqlite3.connect(f"file:{home}?mode=ro", uri=True) as connection:
        return [status for (status,) in connection.execute("select status from runs")]


def test_killed_in_every_step_the_next_run_publishes_the_same_marts(
    published: Installation, tmp_path: Path
) -> None:
    site = make_installation(tmp_path / "site")
    killed_at(site, "nightly run as of", 1.5)  # starting, or reading the sheets
    killed_at(site, "extract ", 0.5)  # binding
    killed_at(site, "extract ", 4.0)  # in the middle of the build
    assert not site.current.exists()
    killed_at(site, "warn ", 0.4)  # in the middle of publishing
    killed_at(site, "publish ", 0.1)  # before or while telling
    time.sleep(1)  # the kernel ends dbt with its parent
    run = site.started("run")
    assert run.wait_for("nightly run as of")
    # Who comes meanwhile is told who holds the lock, and disturbs nothing.
    second = site.forewarn("run")
    assert second.returncode == 1
    assert f"process {run.pid}" in second.stderr
    done = run.ended()
    assert done.returncode == 0, done.stdout + done.stderr
    assert same_marts(site.current, published.current) == []
    assert not list((site.data / "versions").glob(".building-*"))
    # None of the killed runs stands as started, and the data owner has heard of them.
    assert statuses(site).count("STARTED") == 0
    assert statuses(site).count("FAILURE") >= 3
    told = [
        p.read_text(encoding="utf-8") for p in (site.data / "outbox" / "data_owner").rglob("*.md")
    ]
    assert any("进程在完成之前就结束了" in text for text in told)


def test_rows_that_vanish_stop_the_publication_and_readers_keep_the_last_version(
    published: Installation, tmp_path: Path
) -> None:
    site = published.copy(tmp_path / "site")
    orders = site.sheets / "orders.csv"
    lines = orders.read_text(encoding="utf-8-sig").splitlines()
    orders.write_text("\n".join(lines[: len(lines) // 2]), encoding="utf-8")
    before = {path.name for path in (site.data / "outbox").rglob("*.md")}
    done = site.forewarn("run")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "orders" in done.stdout
    assert read_manifest(site.current).version == 1  # type: ignore[union-attr]
    # The data owner hears why; nobody else hears anything.
    (notice,) = [p for p in (site.data / "outbox").rglob("*.md") if p.name not in before]
    assert notice.parent.name == "data_owner"
    told = notice.read_text(encoding="utf-8")
    assert "未通过质量检查" in told
    assert "orders" in told
    assert "2026-10-30" in told


def test_a_wrong_configuration_is_told_by_file_and_key_before_anything_runs(
    published: Installation, tmp_path: Path
) -> None:
    site = Installation(tmp_path / "site")
    (site.root).mkdir()
    subprocess.run(["cp", "-r", str(published.config), str(site.config)], check=True)
    wrong = (
        ("company.yml", "language: zh", "language: fr", "company.yml: language"),
        ("company.yml", "currency: CNY", "currency: yuan", "company.yml: currency"),
        ("sources.yml", "system: spreadsheet", "system: excel", "sources.yml: sources[0]"),
        ("stages.csv", ",won", ",sold", "stages.csv: row"),
    )
    for file, old, new, _ in wrong:
        path = site.config / file
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")
    done = site.forewarn("run")
    assert done.returncode == 2, done.stdout + done.stderr
    assert [told for *_, told in wrong if told not in done.stderr] == []
    assert done.stderr.count("Accepted") >= len(wrong)


def test_a_rule_that_names_no_metric_is_refused_and_the_others_run(
    published: Installation, tmp_path: Path
) -> None:
    site = published.copy(tmp_path / "site")
    rules = site.config / "alert_rules.yml"
    text = rules.read_text(encoding="utf-8")
    broken = text.replace("metric: win_rate", "metric: win_rat", 1)
    assert broken != text
    rules.write_text(broken, encoding="utf-8")
    check = site.forewarn("check")
    assert check.returncode == 2
    assert "win_rat" in check.stdout
    assert "win_rate" in check.stdout  # the fix


def test_a_day_that_has_not_been_is_refused(published: Installation) -> None:
    done = published.forewarn("run", "--as-of", "2030-01-01")
    assert done.returncode == 1
    assert "2026-10-30" in done.stderr
    wrong = published.forewarn("run", "--as-of", "yesterday")
    assert wrong.returncode == 2
