"""Other tools read the marts, each the real one: `make test-bi`.

Add here: what a tool must read alike. Keep out: Superset (`superset_opens.py`).
"""

from __future__ import annotations

import csv
import getpass
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest

from pipelines.publishing.postgres import follow
from pipelines.settings import PROJECT, load_settings

READERS = Path(os.environ.get("READERS", ".venv-bi/readers/bin/python")).absolute()


@pytest.mark.postgres
def test_every_tool_gives_the_same_answer(published: Path, postgres_url: str) -> None:
    plain = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    follow(load_settings(PROJECT / "config", published), plain)
    current = (published / "current").resolve()
    done = subprocess.run(
        [str(READERS), str(Path(__file__).with_name("read_marts.py")), str(current), plain],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(current / "forewarn.duckdb"), read_only=True) as marts:
        row = marts.execute(
            "select count(*), sum(amount) from marts.wide_opportunities where is_open"
        ).fetchone()
    assert row is not None
    expected = [float(value) for value in row]
    found = json.loads(done.stdout)
    assert len(found) == 9
    assert all(values == pytest.approx(expected) for values in found.values()), found


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[str]:
    """A MariaDB of the machine's own package, on a socket alone; gives its address."""
    data, socket = tmp_path / "mariadb", tmp_path / "mariadb.sock"
    made = [
        "mariadb-install-db",
        "--no-defaults",
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
    ]
    subprocess.run(
        [*made, "--skip-test-db", f"--user={getpass.getuser()}"], check=True, capture_output=True
    )
    options = [
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={socket}",
        "--skip-networking",
        f"--user={getpass.getuser()}",
    ]
    server = subprocess.Popen(
        ["mariadbd", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 60
        while not socket.exists() and time.monotonic() < until:
            time.sleep(0.2)
        subprocess.run(
            [
                "mariadb",
                "--no-defaults",
                f"--socket={socket}",
                "-uroot",
                "-e",
                "create database sales",
            ],
            check=True,
        )
        yield f"mysql+pymysql://root@localhost/sales?charset=utf8mb4&unix_socket={socket}"
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.skipif(shutil.which("mariadbd") is None, reason="MariaDB is not installed")
def test_the_script_of_the_mysql_page_copies_marts(
    published: Path, tmp_path: Path, mariadb: str
) -> None:
    page = (PROJECT / "docs" / "bi" / "mysql.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.S | re.M)
    (tmp_path / "to_mysql.py").write_text(script, encoding="utf-8")
    (tmp_path / "ask.py").write_text(ASK)
    current = published / "current"
    for _ in range(2):  # the second time the tables are there already
        done = subprocess.run([str(READERS), str(tmp_path / "to_mysql.py"), str(current), mariadb],
                              capture_output=True, text=True, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [str(READERS), str(tmp_path / "ask.py"), mariadb],
        capture_output=True,
        text=True,
        check=True,
    )
    with duckdb.connect(str(current / "forewarn.duckdb"), read_only=True) as marts:
        row = marts.execute("select count(*), sum(amount)::varchar, max(created_on)::varchar "
                            "from marts.wide_opportunities where is_open").fetchone()  # fmt: skip
        comment = marts.execute("select comment from duckdb_columns() where table_name = 'wide_targets' "
                                "and column_name = 'scope_name'").fetchone()  # fmt: skip
    assert row is not None
    assert comment is not None
    assert json.loads(done.stdout) == [
        ["wide_alerts", "wide_opportunities", "wide_targets"],
        list(row),
        comment[0],
    ]


ASK = """
import json, sys
import sqlalchemy as sa
with sa.create_engine(sys.argv[1]).connect() as mysql:
    looked = sa.inspect(mysql)
    row = mysql.execute(sa.text("select count(*), cast(sum(amount) as char), cast(max(created_on) as char) "
                                "from wide_opportunities where is_open")).one()
    (told,) = [one["comment"] for one in looked.get_columns("wide_targets") if one["name"] == "scope_name"]
    print(json.dumps([sorted(looked.get_table_names()), list(row), told]))
"""


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_opens_the_weekly_workbook(published: Path, tmp_path: Path) -> None:
    (book,) = sorted((published / "reports").glob("*/weekly.xlsx"))[-1:]
    # Every sheet a CSV of its own (the last field of the filter's options).
    every = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", every,
         "--outdir", str(tmp_path / "out"), str(book)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    sheets = openpyxl.load_workbook(book, data_only=True)
    filled = [sheet for sheet in sheets.worksheets if sheet.max_row > 1]
    assert filled
    for sheet in filled:
        (page,) = (tmp_path / "out").glob(f"weekly-{sheet.title}.csv")
        rows = [
            row for row in csv.reader(page.read_text(encoding="utf-8").splitlines()) if any(row)
        ]
        texts = {
            str(cell)
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if isinstance(cell, str)
        }
        shown = {cell for row in rows for cell in row}
        lines = {line for text in texts for line in text.splitlines()}
        assert len({*texts, *lines} & shown) >= 0.5 * len(texts), (sheet.title, texts - shown)
