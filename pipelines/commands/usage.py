"""A command typed wrongly, told in the language of the process.

Add here: another way of typing a command wrongly. Keep out: what a command itself refuses (its own module),
options that all commands share (`options.py`).

Typer writes these sentences in English; its exceptions say what is wrong, and the words come from the catalogues.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from typer.exceptions import Abort, TyperException

from pipelines.language import Said, text

_NO_COMMAND = re.compile(r"No such command '(?P<name>.*?)'\.")
_NEAR = re.compile(r"Did you mean (?P<near>.+?)\?")
_TOO_MUCH = re.compile(r"unexpected extra argument\(s\) \((?P<extra>.*)\)")
# What the fault of a type is called to the key of what is wanted.
_WANTED = {
    "int": "command.usage.wants_whole_number",
    "float": "command.usage.wants_number",
    "bool": "command.usage.wants_yes_or_no",
}


def told_usage(error: Any) -> Said:
    """What is wrong with the command, of an exception of Typer's."""
    kind, message = type(error).__name__, error.format_message()
    if kind == "NoSuchOption":
        near = [*(error.possibilities or ())]
        if near:
            return text("command.usage.no_option_near", name=error.option_name, near=sorted(near))
        return text("command.usage.no_option", name=error.option_name)
    if kind == "MissingParameter":
        key = "argument" if error.param.param_type_name == "argument" else "option"
        return text(f"command.usage.missing_{key}", name=_name(error.param))
    if kind == "BadOptionUsage":
        key = "takes_none" if "does not take" in message else "wants_value"
        return text(f"command.usage.option_{key}", name=error.option_name)
    if kind == "BadParameter" and error.param is not None:
        # Without a fault of a type it is a callback of ours that refused, in the reader's language already.
        faults: list[Any] = getattr(error.__cause__, "errors", list)()
        wanted = _WANTED.get(str(faults[0]["type"]).partition("_")[0]) if faults else None
        why = text(wanted) if wanted else error.message
        return text("command.usage.bad_value", name=_name(error.param), why=why)
    if unknown := _NO_COMMAND.search(message):
        if close := _NEAR.search(message):
            names = close["near"].replace("'", "")
            return text("command.usage.no_command_near", name=unknown["name"], near=names)
        return text("command.usage.no_command", name=unknown["name"])
    if more := _TOO_MUCH.search(message):
        return text("command.usage.too_much", extra=more["extra"])
    return text("command.usage.no_command_given") if message == "Missing command." else message


def _name(param: Any) -> str:
    return str(param.opts[0]) if param.param_type_name == "option" else str(param.name)


def ended(call: Any) -> None:
    """Run Typer's `main` without its own ending, and end the process as it would.

    Exit code 2 and two lines on standard error for a command typed wrongly: what is wrong, how it is used.
    """
    try:
        code = call()
    except TyperException as error:
        lines: list[Said] = []
        context = getattr(error, "ctx", None)
        if type(error).__name__ == "NoArgsIsHelpError":
            lines.append(error.format_message())
        else:
            lines.append(text("command.usage.wrong", what=told_usage(error)))
            if context is not None:
                lines += [
                    context.get_usage(),
                    text("command.usage.help", command=f"{context.command_path} --help"),
                ]
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.exit(getattr(error, "exit_code", 2))
    except Abort:
        sys.stderr.write(f"{text('command.usage.aborted')}\n")
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
