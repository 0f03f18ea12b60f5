"""What docs/operations.md tells an administrator to type works, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner
from upkeep_site import published

from pipelines.cli import app
from pipelines.configuration.board_file import read_board
from pipelines.configuration.problems import Problem
from pipelines.ledger.store import open_ledger
from pipelines.settings import PROJECT, Settings

PAGE, CHINESE = (
    (PROJECT / "docs" / name).read_text(encoding="utf-8")
    for name in ("operations.md", "operations.zh-CN.md")
)
DEPLOY = PROJECT / "deploy"


def commands_of(page: str) -> list[str]:
    """The lines that the page says to type, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page, flags=re.S | re.M)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = commands_of(PAGE)
ORDERS = "order_id,account_id,amount,ordered_at\no1,a1,100,2026-03-01\n"


def test_the_page_has_its_commands_in_both_languages() -> None:
    assert commands_of(CHINESE) == COMMANDS
    assert len(re.findall(r"^## ", CHINESE, flags=re.M)) == len(
        re.findall(r"^## ", PAGE, flags=re.M)
    )
    kinds = {line.removeprefix("sudo ").split()[0] for line in COMMANDS}
    assert kinds == {"deploy/install.sh", "forewarn", "systemctl", "cp", "install"}
    said = {line.split()[1] for line in COMMANDS if line.startswith("forewarn ")}
    assert {"run", "check", "doctor", "maintain", "backup", "restore", "publish"} <= said


@pytest.mark.postgres
def test_every_command_of_the_page_runs(
    settings: Settings, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.config_dir / "sheets" / "orders.csv").write_text(ORDERS)
    for name in ("alert_rules.yml", "recipients.yml"):
        shutil.copy(PROJECT / "config" / name, settings.config_dir / name)
    settings.data_dir.mkdir(mode=0o700)
    monkeypatch.setenv("FOREWARN_CONFIG", str(settings.config_dir))
    monkeypatch.setenv("FOREWARN_DATA", str(settings.data_dir))
    monkeypatch.setenv("FOREWARN_PUBLISH_URL", postgres_url)
    root = tmp_path / "machine"
    for number, line in enumerate(COMMANDS):
        # A folder of its own for what is written outside; a second installation is the upgrade.
        words = shlex.split(line.removeprefix("sudo "))
        words = [re.sub(r"^/(backup|restored)", rf"{tmp_path}/\1", word) for word in words]
        words = [re.sub(r"^/var/lib/forewarn", str(settings.data_dir), word) for word in words]
        if words[0] == "deploy/install.sh":
            environment = {**os.environ, "ROOT": str(root), "PACKAGES": "no"}
            subprocess.run(words, cwd=PROJECT, env=environment, check=True, capture_output=True)
            assert (root / "opt/forewarn/pipelines/cli.py").is_file()
            assert (root / "etc/forewarn/environment").stat().st_mode & 0o077 == 0
            assert (
                f"folder: {root}/var/lib/forewarn/sample"
                in (root / "etc/forewarn/sources.yml").read_text()
            )
            (root / "etc/forewarn/company.yml").write_text("mine")
            # What an earlier release had and this one has not is gone after the upgrade.
            gone = root / "opt/forewarn/dbt_project/models/marts/fct_gone.sql"
            assert not gone.exists()
            gone.write_text("select 1")
        elif words[0] == "systemctl":
            for unit in words[3:]:
                assert (root / "etc/systemd/system" / unit).is_file(), unit
        elif words[0] == "install":
            # The service's account may make no folder at the root itself.
            assert words[1:-1] == ["-d", "-o", "forewarn", "-m", "700"]
            Path(words[-1]).mkdir(mode=0o700)
        elif words[0] == "cp":
            assert (PROJECT / words[1]).is_file()
            if words[2].startswith("/etc/forewarn/"):
                shutil.copy(PROJECT / words[1], settings.config_dir / Path(words[2]).name)
        elif words[1] == "run":
            # Whole nights are tried in tests/nightly; here one is as good as done.
            open_ledger(settings.ledger_url).close()
            published(settings, f"run{number}")
        else:
            words += ["--reps", "4", "--world", "young"] if words[1] == "sample" else []
            before = {name: os.environ[name] for name in ("FOREWARN_CONFIG", "FOREWARN_DATA")}
            done = CliRunner().invoke(app, words[1:])
            os.environ.update(before)
            allowed = {0, 1} if words[1] == "doctor" else {0}
            assert done.exit_code in allowed, (line, done.output, done.exception)
    assert (
        root / "etc/forewarn/company.yml"
    ).read_text() == "mine"  # an upgrade keeps what is yours
    assert (tmp_path / "restored" / "data" / "ledger.db").is_file()


def test_dagsters_command_is_one_that_dagster_has() -> None:
    from dagster._cli.job import job_execute_command

    pages = ("README.md", "README.zh-CN.md", "docs/contract.md", "docs/operations.md")
    for page in pages:
        text = (PROJECT / page).read_text(encoding="utf-8")
        found = re.findall(r"dagster job execute ([^`\n#]+)", text)
        assert found, page
        for arguments in found:
            context = job_execute_command.make_context("job execute", shlex.split(arguments))
            assert "nightly" in context.params.values()
            # Without a place for its jobs it ends at once: it looks into no pyproject.toml.
            assert context.params["module_name"] == "pipelines.definitions"


def test_commands_within_sentences_have_their_names_and_options() -> None:
    top: Any = typer.main.get_command(app)
    everywhere = {"--config", "--data", "--lang", "--version", "--install-completion"}
    pages = [*PROJECT.glob("README*.md"), *(PROJECT / "docs").rglob("*.md")]
    told = {
        said
        for page in pages
        for said in re.findall(r"`forewarn ([^`]+)`", page.read_text(encoding="utf-8"))
    }
    assert len(told) > 40
    for said in told:
        first, *more = re.findall(r"--[\w-]+|[\w.]+", said)
        command = top.commands.get(first)
        assert command is not None or first in everywhere, said
        below = list(getattr(command, "commands", {}).values())
        known = {
            option
            for each in (command, *below)
            for parameter in (each.params if each else [])
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        assert {word for word in more if word.startswith("--")} <= known | everywhere, said
        if below and more and re.match(r"[a-z]+$", more[0]):
            assert more[0] in {one.name for one in below}, said


def test_what_the_page_names_is_there() -> None:
    for path in re.findall(r"`(deploy/[\w/.-]+)`", PAGE + CHINESE):
        assert (PROJECT / path).exists(), path
    for name in re.findall(r"`(FOREWARN_\w+)`", PAGE + CHINESE):
        assert f"\n{name}=" in (PROJECT / ".env.example").read_text(), name
    for link in re.findall(r"\]\(([^)#]+)(?:#[\w-]+)?\)", PAGE + CHINESE):
        assert (PROJECT / "docs" / link).exists(), link


def test_every_variable_that_is_read_is_listed() -> None:
    listed = set(re.findall(r"^(\w+)=", (PROJECT / ".env.example").read_text(), flags=re.M))
    read = {
        name
        for folder in ("pipelines", "quality", "dbt_project")
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in (".py", ".yml") and "target" not in path.parts
        for name in re.findall(r"\bFOREWARN_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert read <= listed


def test_services_cron_and_image_call_what_the_install_puts_there(tmp_path: Path) -> None:
    python = Path(sys.executable).parent
    units = []
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text(encoding="utf-8")
        if unit.suffix == ".service":
            (command,) = re.findall(r"^ExecStart=(.*)$", text, flags=re.M)
            assert command.startswith("/opt/forewarn/.venv/bin/forewarn ")
            assert CliRunner().invoke(app, [*command.split()[1:], "--help"]).exit_code == 0
            assert "User=forewarn" in text
            assert "ProtectSystem=strict" in text
            assert "ReadWritePaths=/var/lib/forewarn" in text
        copy = tmp_path / unit.name
        copy.write_text(text.replace("/opt/forewarn/.venv/bin", str(python)))
        units.append(str(copy))
    tried = _tool("systemd-analyze", "verify", *units)
    assert tried is None or not [line for line in tried.splitlines() if "forewarn-" in line]
    for line in (DEPLOY / "cron").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            words = line.split()
            assert words[5:7] == ["forewarn", "/usr/local/bin/forewarn"]
            assert CliRunner().invoke(app, [words[7], "--help"]).exit_code == 0
    image = (DEPLOY / "container" / "Containerfile").read_text(encoding="utf-8")
    copied = re.findall(r"^COPY ([\w. /-]+) \S+$", image, flags=re.M)
    for name in " ".join(copied).split():
        assert (PROJECT / name).exists(), name
    assert re.search(r"^USER forewarn$", image, flags=re.M)
    compose = yaml.safe_load((DEPLOY / "container" / "compose.yml").read_text(encoding="utf-8"))
    assert compose["services"]["forewarn"]["read_only"] is True
    for script in ("install.sh", "forewarn"):
        subprocess.run(["sh", "-n", str(DEPLOY / script)], check=True)
        assert os.access(DEPLOY / script, os.X_OK)


def test_proxies_let_nobody_say_who_he_is() -> None:
    problems: list[Problem] = []
    board = read_board(DEPLOY / "board.yml", problems)
    assert problems == []
    assert (board.auth.mode, board.auth.header) == ("proxy", "X-Forwarded-User")
    nginx = (DEPLOY / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    assert board.hosts == tuple(set(re.findall(r"server_name ([\w.]+);", nginx)))
    for place in re.findall(r"    location .*?^    }", nginx, flags=re.S | re.M):
        (given,) = re.findall(r"X-Forwarded-User (\S+);", place)
        # Nobody's own header gets through, and only the signed links open without a login.
        assert given == ("$remote_user" if "auth_basic_user_file" in place else '""'), place
        # A location that sets a header inherits none: without these cookies are not marked as secure.
        assert "X-Forwarded-Proto https;" in place
        assert "X-Forwarded-For $remote_addr;" in place
        assert "auth_basic" in place or place.startswith("    location ~ ^/(a|api|chat|static)/")
    caddy = (DEPLOY / "proxy" / "Caddyfile").read_text(encoding="utf-8")
    handled = re.findall(r"\thandle ?(\S*) \{(.*?)^\t\}", caddy, flags=re.S | re.M)
    assert [path for path, _ in handled] == ["/a/*", "/api/*", "/chat/*", "/static/*", ""]
    for path, block in handled:
        assert ("basic_auth" in block) == (not path)
        assert "header_up X-Forwarded-User {http.auth.user.id}" in block or (
            "header_up -X-Forwarded-User" in block and path
        )


def _tool(*command: str) -> str | None:
    """What a tool of the machine says on standard error; None where the machine has none."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        return None
    return done.stderr
