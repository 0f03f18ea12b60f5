"""Options that go with every command in any position, and help in the language of the process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.commands.options import speak_first
from pipelines.language import has, speak, spoken

COMMAND = typer.main.get_command(app)
RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("FOREWARN_CONFIG", "FOREWARN_DATA", "FOREWARN_LANG"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    yield
    speak("en")


def walk(command, path=()):
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*path, name))


@pytest.mark.parametrize(
    ("path", "command"),
    [pytest.param(*each, id=" ".join(each[0]) or "-") for each in walk(COMMAND)],
)
def test_every_command_and_option_is_explained_and_has_the_shared_options(path, command):
    assert has(".".join(["command.help", *path]))
    context = typer.Context(command)
    names = [str(parameter.name) for parameter in command.get_params(context)]
    assert {"config", "data", "lang"} <= set(names)
    own = {"help", "install_completion", "show_completion"}
    unexplained = [name for name in names if name not in own and not has(f"command.option.{name}")]
    assert not unexplained


@pytest.mark.parametrize(
    "arguments",
    [
        ["--data", "{data}", "--lang", "zh", "alerts", "list"],
        ["alerts", "--lang", "zh", "--data", "{data}", "list"],
        ["alerts", "list", "--data", "{data}", "--lang", "zh"],
        ["--lang", "zh", "alerts", "--data", "{data}", "list"],
    ],
)
def test_the_shared_options_may_stand_anywhere(arguments, company_folder: Path, tmp_path: Path):
    os.environ["FOREWARN_CONFIG"] = str(company_folder)
    data = tmp_path / "elsewhere"
    done = RUNNER.invoke(app, [argument.format(data=data) for argument in arguments])
    assert done.exit_code == 0, done.output
    assert done.output == "没有未结的预警。\n"  # though the company speaks English
    assert (data / "ledger.db").exists()


def test_lists_come_as_json(company_folder: Path, tmp_path: Path):
    arguments = ["alerts", "list", "--json", "--config", str(company_folder)]
    done = RUNNER.invoke(app, [*arguments, "--data", str(tmp_path / "data")])
    assert done.output == "[]\n"


def test_a_language_without_a_catalogue_is_refused():
    done = RUNNER.invoke(app, ["--lang", "xx", "alerts", "list"])
    assert done.exit_code == 2
    assert "no such language" in " ".join(done.output.split())


def test_help_is_in_the_language_of_the_company(company_folder: Path):
    os.environ["FOREWARN_CONFIG"] = str(company_folder)
    speak_first()
    assert "Open warnings" in RUNNER.invoke(app, ["alerts", "list", "--help"]).output
    company = company_folder / "company.yml"
    company.write_text(company.read_text().replace("language: en", "language: zh"))
    speak_first()
    assert spoken() == "zh"
    shown = RUNNER.invoke(app, ["alerts", "--help"]).output
    assert "未结的预警" in shown
    assert "Open warnings" not in shown


def test_the_version_is_told():
    assert RUNNER.invoke(app, ["--version"]).output.startswith("forewarn ")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["alrts"], "没有命令 alrts；相近的是 alerts。"),
        (["alerts", "list", "--al"], "没有选项 --al；相近的有 --all"),
        (["alerts", "snooze", "x", "--reason", "y"], "缺少选项 --until。"),
        (["sample"], "缺少参数 directory。"),
        (["sample", "x", "--reps", "many"], "--reps 的值无效：应为整数。"),
        (["run", "--as-of"], "选项 --as-of 后面要写一个值。"),
        (["run", "twice"], "多写了内容：twice。"),
        (["alerts", "--lang", "xx", "list"], "没有这种语言"),
    ],
)
def test_a_command_typed_wrongly_is_told_in_the_language_of_the_process(typed, said):
    speak("zh")
    done = RUNNER.invoke(app, typed)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert not {"Usage", "Error", "Try"} & {*done.stderr.replace(":", " ").split()}
