"""The bundle for Apache Superset, imported and opened in a real one on PostgreSQL: `make test-bi`.

Add here: what an analyst does with the bundle. Keep out: what the bundle holds (`commands/superset_bundle.py`),
and anything for `make test`, which does not collect this file: Superset is 150 packages.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import psycopg
import pytest

from pipelines.commands.superset_bundle import CHARTS, superset_bundle
from pipelines.publishing.postgres import follow
from pipelines.settings import PROJECT, load_settings

SUPERSET = Path(os.environ.get("SUPERSET", ".venv-bi/superset/bin/superset")).absolute()
CONFIG = """
SECRET_KEY = "of this test alone, forty characters long"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.db"
WTF_CSRF_ENABLED = TALISMAN_ENABLED = False
"""
ADMIN = {"username": "admin", "password": "of this test alone", "provider": "db", "refresh": False}


@pytest.fixture
def server(
    published: Path, tmp_path: Path, postgres_url: str, postgres_server: str
) -> Iterator[httpx.Client]:
    """Superset with the imported dashboard, its reader allowed to read and nothing else."""
    settings = load_settings(PROJECT / "config", published)
    plain = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    follow(settings, plain)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("create role bi_reader login in role forewarn_reader")
    reader = postgres_url.replace(
        "postgresql+psycopg://postgres", "postgresql+psycopg2://bi_reader"
    )
    assert "bi_reader" in reader
    with duckdb.connect(str(published / "current" / "forewarn.duckdb"), read_only=True) as marts:
        (tmp_path / "forewarn.zip").write_bytes(superset_bundle(marts, "zh", reader))
    (tmp_path / "superset_config.py").write_text(CONFIG.format(folder=tmp_path))
    environment = {
        **os.environ,
        "SUPERSET_CONFIG_PATH": str(tmp_path / "superset_config.py"),
        "FLASK_APP": "superset",
    }

    def superset(*words: str) -> None:
        done = subprocess.run([str(SUPERSET), *words], env=environment, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == 0, (words, done.stdout[-2000:], done.stderr[-3000:])

    superset("db", "upgrade")
    superset("init")
    superset("fab", "create-admin", "--username", ADMIN["username"], "--password", ADMIN["password"],
             "--firstname", "A", "--lastname", "B", "--email", "a@b.example")  # fmt: skip
    superset("import-dashboards", "--path", str(tmp_path / "forewarn.zip"), "--username", "admin")
    # A second import, as after an upgrade, takes the first one's place.
    superset("import-dashboards", "--path", str(tmp_path / "forewarn.zip"), "--username", "admin")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [str(SUPERSET), "run", "-h", "127.0.0.1", "-p", str(port)], env=environment
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            _wait_for(client, process)
            token = client.post("/api/v1/security/login", json=ADMIN).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield client
    finally:
        process.terminate()
        process.wait(30)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("drop owned by bi_reader")
            connection.execute("drop role bi_reader")


def _wait_for(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail("Superset did not come up")


@pytest.mark.timeout(3600)
@pytest.mark.postgres
def test_every_chart_of_the_dashboard_opens(server: httpx.Client, published: Path) -> None:
    (dashboard,) = server.get("/api/v1/dashboard/").json()["result"]
    assert dashboard["slug"] == "forewarn"
    charts = server.get(f"/api/v1/dashboard/{dashboard['id']}/charts").json()["result"]
    assert len(charts) == len(CHARTS)
    found: dict[str, list[dict]] = {}
    for one in charts:
        answer = server.get(f"/api/v1/chart/{one['id']}/data/")
        assert answer.status_code == 200, (one["slice_name"], answer.text[:500])
        (result,) = answer.json()["result"]
        assert result["error"] is None, one["slice_name"]
        found[one["slice_name"]] = result["data"]
    assert [name for name, rows in found.items() if not rows] == []
    with duckdb.connect(str(published / "current" / "forewarn.duckdb"), read_only=True) as marts:
        (amount,) = (
            marts.execute(
                "select sum(amount) from marts.wide_opportunities where is_open"
            ).fetchone()
            or ()
        )
        (alerts,) = (
            marts.execute("select count(*) from marts.wide_alerts where is_open").fetchone() or ()
        )
    assert float(found["在手商机金额"][0]["deal_amount"]) == pytest.approx(float(amount))
    assert len(found["未结束的预警"]) == alerts
    # What the marts say of themselves has come along.
    (dataset,) = [
        one for one in server.get("/api/v1/dataset/", params={"q": "(page_size:50)"}).json()["result"]
        if one["table_name"] == "wide_targets"
    ]  # fmt: skip
    columns = server.get(f"/api/v1/dataset/{dataset['id']}").json()["result"]["columns"]
    assert all(column["description"] for column in columns)
    page = server.get("/superset/dashboard/forewarn/")
    assert page.status_code in (200, 302)
