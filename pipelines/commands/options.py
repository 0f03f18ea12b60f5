"""The options that go with every command in any position, and help in the language of the process.

Add here: an option that all commands share. Keep out: options of one command (`cli.py`), and what
a command does.

`forewarn --lang en alerts --data d list` and `forewarn alerts list --data d --lang en` are the same.
"""

import os
import re
import sys
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from pipelines.commands.usage import ended
from pipelines.language import has, languages, speak, text
from pipelines.language.speaking import VARIABLE, speak_as
from pipelines.nights.redaction import redact_logs

_PROJECT = Path(__file__).resolve().parent.parent.parent
_TYPED = re.compile(r"(?:^|\s)--lang[ =](\w+)")
_LANGUAGE = re.compile(r"^language:\s*[\"']?(\w+)", re.M)


def speak_first() -> None:
    """Speak FOREWARN_LANG or the company's language before the configuration is read as a whole.

    Only the one line is looked at, so that help and errors of usage are quick and never fail. A command
    typed wrongly is refused before its options are read, so `--lang` is looked for as it was typed.
    """
    typed = _TYPED.search(" ".join(sys.argv[1:]))
    if typed and typed.group(1) in languages():
        os.environ[VARIABLE] = typed.group(1)
    folder = os.environ.get("FOREWARN_CONFIG")
    path = (Path(folder) if folder else _PROJECT / "config") / "company.yml"
    try:
        found = _LANGUAGE.search(path.read_text(encoding="utf-8-sig", errors="replace"))
    except OSError:
        found = None
    speak_as(found.group(1) if found and found.group(1) in languages() else None)


def hide_secrets() -> None:
    """Secrets of the chosen configuration stay out of every log of this process."""
    folder = os.environ.get("FOREWARN_CONFIG")
    redact_logs(Path(folder) if folder else _PROJECT / "config")


def _choose_folder(context: typer.Context, param: typer.CallbackParam, value: str | None) -> None:
    # Through the environment, so that Dagster's own processes and dbt see the same folders.
    if value is not None and not context.resilient_parsing:
        os.environ[f"FOREWARN_{str(param.name).upper()}"] = str(Path(value).expanduser().resolve())
        speak_first()
        hide_secrets()


def _choose_language(context: typer.Context, value: str | None) -> None:
    if value is None or context.resilient_parsing:
        return
    if value not in languages():
        raise typer.BadParameter(str(text("command.no_language", known=[*languages()])))
    os.environ[VARIABLE] = value
    speak(value)


def _option(name: str, callback: Any, metavar: str) -> Any:
    return typer.Option(name, callback=callback, metavar=metavar, is_eager=True, expose_value=False)


def _shared(
    config: Annotated[str | None, _option("--config", _choose_folder, "FOLDER")] = None,
    data: Annotated[str | None, _option("--data", _choose_folder, "FOLDER")] = None,
    lang: Annotated[str | None, _option("--lang", _choose_language, "CODE")] = None,
) -> None:
    """Bears the shared options; never called."""


@cache
def shared_options() -> tuple[Any, ...]:
    """--config, --data and --lang; their values go to the environment, not to the command."""
    bearer = typer.Typer(add_completion=False)
    bearer.command()(_shared)
    return tuple(typer.main.get_command(bearer).params)


def _key(path: str) -> str:
    """`forewarn alerts list` as the key of its help: command.help.alerts.list."""
    return ".".join(["command.help", *path.split()[1:]])


def _words(parameters: list[Any]) -> None:
    for parameter in parameters:
        name = str(parameter.name)
        key = f"command.option.{name}"
        if has(key):
            parameter.help = str(text(key))
        elif name in {"help", "install_completion", "show_completion"}:
            parameter.help = str(text(f"command.option.own.{name}"))


def _titles() -> None:
    from typer import rich_utils

    rich_utils.OPTIONS_PANEL_TITLE = str(text("command.panel.options"))
    rich_utils.ARGUMENTS_PANEL_TITLE = str(text("command.panel.arguments"))
    rich_utils.COMMANDS_PANEL_TITLE = str(text("command.panel.commands"))
    rich_utils.REQUIRED_LONG_STRING = str(text("command.panel.required"))
    rich_utils.DEFAULT_STRING = str(text("command.panel.default", value="{}"))


class _Speaking:
    """What commands and groups share: the shared options, and help in the language of the process."""

    speaking = False

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own parameters and the shared ones."""
        found = [*super().get_params(ctx), *shared_options()]  # type: ignore[misc]
        if self.speaking:
            _words(found)
        return found

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """How it is typed, in one line."""
        pieces = " ".join(self.collect_usage_pieces(ctx))  # type: ignore[attr-defined]
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{text('command.usage.usage')} ")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Look the words up, those of its commands too, then write as always."""
        path = ctx.command_path
        self.speaking = True
        setattr(self, "help", str(text(_key(path))))  # noqa: B010
        for name, command in getattr(self, "commands", {}).items():
            command.help = command.short_help = str(text(_key(f"{path} {name}")))
        _titles()
        super().format_help(ctx, formatter)  # type: ignore[misc]


class SpeakingCommand(_Speaking, TyperCommand):
    """A command that speaks."""


class SpeakingGroup(_Speaking, TyperGroup):
    """A group of commands that speaks, also where one is typed wrongly."""

    def main(self, *args: Any, standalone_mode: bool = True, **settings: Any) -> Any:
        """As Typer's."""
        call = partial(super().main, *args, **{**settings, "standalone_mode": False})
        return ended(call) if standalone_mode else call()


class SpeakingApp(typer.Typer):
    """A Typer whose commands and groups are the above."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(cls=SpeakingGroup, **settings)

    def command(self, name: str | None = None, **settings: Any) -> Any:  # type: ignore[override]
        """As Typer's, with the shared options."""
        return super().command(name, cls=SpeakingCommand, **settings)
