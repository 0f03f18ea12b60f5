import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from report_marts import AS_OF
from report_page import Page

from pipelines.configuration.company import Company
from pipelines.failures import PermanentFailure, TransientFailure
from pipelines.reporting.weekly import write_weekly_report


def test_the_files_and_their_languages(full_marts: Path, company: Company, tmp_path: Path) -> None:
    paths = write_weekly_report(full_marts, tmp_path / "out", company=company, as_of=AS_OF)
    assert [path.name for path in paths] == [
        "weekly.html", "weekly.en.html", "weekly.xlsx", "weekly.en.xlsx",
    ]  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(p.name for p in paths)
    assert Page(paths[0].read_text()).root.get("lang") == "zh-CN"
    assert Page(paths[1].read_text()).root.get("lang") == "en"


def test_an_english_company_leads_in_english(full_marts: Path, tmp_path: Path) -> None:
    company = Company(name="Acme", language="en", currency="USD")
    paths = write_weekly_report(
        full_marts, tmp_path, company=company, as_of=AS_OF, languages=["en"]
    )
    assert [path.name for path in paths] == ["weekly.html", "weekly.xlsx"]
    assert "USD 42.0M" in paths[0].read_text()


def test_the_same_input_gives_the_same_bytes(
    full_marts: Path, company: Company, tmp_path: Path
) -> None:
    """Also in another process, with another hash seed, time zone and locale."""
    first = write_weekly_report(full_marts, tmp_path / "a", company=company, as_of=AS_OF)
    script = (
        "import sys, datetime as dt; from pathlib import Path;"
        "from pipelines.configuration.company import Company;"
        "from pipelines.reporting.weekly import write_weekly_report;"
        "write_weekly_report(Path(sys.argv[1]), Path(sys.argv[2]),"
        "company=Company.model_validate_json(sys.argv[3]), as_of=dt.date(2026, 10, 30))"
    )
    subprocess.run(
        [sys.executable, "-c", script, full_marts, tmp_path / "b", company.model_dump_json()],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "America/New_York", "LC_ALL": "C"},
        cwd=Path(__file__).parents[3],
    )
    for path in first:
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_no_warehouse_says_what_to_do(company: Company, tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure, match="forewarn run"):
        write_weekly_report(tmp_path / "none.duckdb", tmp_path, company=company, as_of=AS_OF)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_warehouse_is_no_passing_trouble(
    company: Company, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(b"not a database" * 1000)
    with pytest.raises(PermanentFailure):
        write_weekly_report(broken, tmp_path / "out", company=company, as_of=AS_OF)


def test_a_warehouse_held_by_a_writer_can_be_tried_again(
    full_marts: Path, company: Company, tmp_path: Path
) -> None:
    held = tmp_path / "held.duckdb"
    shutil.copy(full_marts, held)
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(TransientFailure):
            write_weekly_report(held, tmp_path / "out", company=company, as_of=AS_OF)
        holder.communicate(b"")


def test_an_unknown_language_is_refused(full_marts: Path, company: Company, tmp_path: Path) -> None:
    with pytest.raises(PermanentFailure, match="zh, en"):
        write_weekly_report(full_marts, tmp_path, company=company, as_of=AS_OF, languages=["fr"])


def test_marts_older_than_the_day_are_announced(
    full_marts: Path, company: Company, tmp_path: Path
) -> None:
    later = AS_OF + dt.timedelta(days=1)
    page = write_weekly_report(full_marts, tmp_path, company=company, as_of=later)[0]
    assert "报表数据只更新到 2026年10月30日" in Page(page.read_text()).words("//header")


def test_the_readers_file_is_only_read(full_marts: Path, company: Company, tmp_path: Path) -> None:
    before = full_marts.read_bytes()
    with duckdb.connect(str(full_marts), read_only=True):  # a reader is no obstacle
        pass
    write_weekly_report(full_marts, tmp_path, company=company, as_of=AS_OF)
    assert full_marts.read_bytes() == before
