"""What stops a night, what does not, and that nothing is lost either way."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from faults.fault_nights import raw_file_damaged
from nightly_site import Installation

from pipelines.publishing.versions import damaged_files, read_manifest

pytestmark = pytest.mark.nightly


def test_rows_that_vanish_stop_the_publication_and_readers_keep_the_last_version(
    published: Installation, tmp_path: Path
) -> None:
    site = published.copy(tmp_path / "site")
    orders = site.sheets / "orders.csv"
    lines = orders.read_text(encoding="utf-8-sig").splitlines()
    orders.write_text("\n".join(lines[: len(lines) // 2]), encoding="utf-8")
    # A file of the raw zone is cut short: the night says so, and goes on once it is back.
    damaged, mend = raw_file_damaged(site, random.Random(3))
    assert damaged.returncode == 1, damaged.stdout + damaged.stderr
    mend()
    before = {path.name for path in (site.data / "outbox").rglob("*.md")}
    done = site.forewarn("run")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "orders" in done.stdout
    manifest = read_manifest(site.current)
    assert manifest is not None
    assert manifest.version == 1
    assert damaged_files(site.current, manifest) == []
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
