"""The servers of `forewarn up`: the board's answer links over real HTTP, and that all end together."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pipelines.assets.notices import links_of, recipient_book
from pipelines.commands import serving
from pipelines.failures import PermanentFailure
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.signals import add_signal
from pipelines.ledger.store import open_ledger
from pipelines.settings import PROJECT, Settings, load_settings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(happened: Callable[[], bool], seconds: float = 240.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happened():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The shipped configuration with a data folder of its own."""
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    monkeypatch.setenv("FOREWARN_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("FOREWARN_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("FOREWARN_LEDGER_URL", raising=False)
    return load_settings()


@pytest.fixture
def answers(site: Settings) -> Iterator[httpx.Client]:
    """The board as `forewarn up` starts it, before the first night."""
    port = free_port()
    command = serving._commands(free_port(), port)["board"]
    child = subprocess.Popen(command, env=serving._environment(site), cwd=PROJECT)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

            def ready() -> bool:
                assert child.poll() is None
                try:
                    return client.get("/").status_code == 503
                except httpx.TransportError:
                    return False

            assert wait_for(ready)
            yield client
    finally:
        child.terminate()
        child.wait()


def test_a_signed_link_is_answered_and_the_ledger_has_it(
    site: Settings, answers: httpx.Client
) -> None:
    ledger = open_ledger(site.ledger_url)
    try:
        add_signal(
            ledger,
            "company",
            "company",
            "竞争对手降价",
            "zhang",
            now=site.now(),
            today=site.today(),
        )
        link = links_of(site, recipient_book(site))
        with ledger.reading() as session:
            from pipelines.ledger.models import Episode

            alert_id = session.query(Episode.alert_id).scalar()
        path = link.make(str(alert_id), "sales_director").removeprefix("http://127.0.0.1:3080")
        shown = answers.get(path)
        assert shown.status_code == 200
        assert "竞争对手降价" in shown.text
        assert "当前身份：销售总监" in shown.text
        assert answers.post(path, data={"action": "ack"}).status_code == 303
        answers.post(path, data={"action": "ack"})  # the same click twice
        found = show_alert(ledger, str(alert_id)).responses
    finally:
        ledger.close()
    assert [(row.person_id, row.action, row.channel) for row in found] == [
        ("sales_director", "ack", "link")
    ]
    assert answers.get(f"{path}x").status_code == 403


def test_a_port_that_is_taken_is_told_before_anything_starts(
    site: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PermanentFailure, match=f"port {port}.*--board-port"):
            serving.serve(free_port(), port)
    assert "Ctrl-C" not in capfd.readouterr().out


# Servers that start a process of their own and do not end when asked to: the worst of children.
STUBBORN = """
    import pathlib, signal, subprocess, sys, time
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path(sys.argv[1]).write_text(str(child.pid))
    time.sleep(600)
"""
# One program, three times up: what it imports takes seconds. In the last round a server ends by itself.
ENDS = """
    import pathlib, sys, time
    while not all(pathlib.Path(path).exists() for path in sys.argv[1:]):
        time.sleep(0.05)
"""
UP = """
    import pathlib, sys
    from pipelines.commands import serving
    serving.PATIENCE_SECONDS = 0.3
    stubborn, ends, folder, *ports = sys.argv[1:]
    for turn in ("term", "int", "itself"):
        pids = [f"{folder}/{turn}.{name}" for name in ("one", "two")]
        serving._commands = lambda *_: {
            "pages": [sys.executable, "-c", stubborn, pids[0]],
            "schedules": [sys.executable, "-c", stubborn, pids[1]],
            **({"links": [sys.executable, "-c", ends, *pids]} if turn == "itself" else {}),
        }
        code = serving.serve(*map(int, ports))
        pathlib.Path(f"{folder}/{turn}.code").write_text(f"{code}.")
"""


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as handle:
            return handle.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def written(path: Path) -> str:
    assert wait_for(lambda: path.exists() and bool(path.read_text())), path
    return path.read_text()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_signal_and_the_end_of_one_end_every_server_with_all_that_it_started(
    site: Settings, tmp_path: Path
) -> None:
    up = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(UP), textwrap.dedent(STUBBORN), textwrap.dedent(ENDS),
         str(tmp_path), str(free_port()), str(free_port())],
        env=dict(os.environ), cwd=PROJECT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    ways = {"term": (signal.SIGTERM, 0), "int": (signal.SIGINT, 0), "itself": (None, 1)}
    for turn, (number, code) in ways.items():
        grandchildren = [int(written(tmp_path / f"{turn}.{name}")) for name in ("one", "two")]
        if number is not None:
            up.send_signal(number)
        assert written(tmp_path / f"{turn}.code") == f"{code}."
        assert all(wait_for(lambda pid=pid: gone(pid), 10) for pid in grandchildren)
    _, errors = up.communicate(timeout=60)
    assert up.returncode == 0, errors
    assert "server of the links ended by itself" in errors


def test_dagsters_own_command_line_is_given_this_installation(
    site: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # What it is given is looked at in its place: Dagster itself takes five seconds to say its version.
    program = tmp_path / "dagster"
    program.write_text(
        '#!/bin/sh\necho "$@|$DAGSTER_HOME|$FOREWARN_CONFIG|$FOREWARN_DATA|$PWD"\nexit 3\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(serving, "_SCRIPTS", tmp_path)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    assert serving.run_dagster(["job", "execute", "-j", "nightly"]) == 3
    told = [
        "job execute -j nightly",
        site.data_dir / "dagster",
        site.config_dir,
        site.data_dir,
        PROJECT,
    ]
    assert capfd.readouterr().out.strip() == "|".join(map(str, told))
    assert (site.data_dir / "dagster" / "dagster.yaml").is_file()
