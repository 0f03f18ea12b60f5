"""What is wrong with a configuration, collected so that all of it is told at once.

Add here: how a problem reads. Keep out: what makes a file wrong.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError


@dataclass(frozen=True)
class Problem:
    """One fault: the file, the key (dotted path or `row 3, column`), what is there, what would do."""

    file: str
    key: str
    found: str
    accepted: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.found}. Accepted: {self.accepted}."


class ConfigurationError(Exception):
    """The configuration cannot be used (exit code 2). `problems` holds every fault found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        heading = f"The configuration has {count} problem{'s' if count != 1 else ''}:"
        super().__init__("\n".join([heading, *(f"  - {problem}" for problem in self.problems)]))


class _StrictLoader(yaml.SafeLoader):
    """YAML without doubled keys, of which the plain loader silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen and key_node.tag != "tag:yaml.org,2002:merge":
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key_node.value} is there twice",
                        problem_mark=key_node.start_mark,
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_text(path: Path, problems: list[Problem], *, accepted: str) -> str | None:
    """The text of a UTF-8 file, with or without BOM; on any fault add a problem and return None."""
    if not path.is_file():
        problems.append(Problem(path.name, "", f"no such file in {path.parent}", accepted))
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        wanted = "UTF-8; in Excel, save it as “CSV UTF-8”" if path.suffix == ".csv" else "UTF-8"
        problems.append(Problem(path.name, "", f"is not UTF-8 text ({error.reason})", wanted))
    except OSError as error:
        problems.append(Problem(path.name, "", f"cannot be read ({error.strerror})", "a file"))
    return None


def read_yaml(path: Path, problems: list[Problem], *, accepted: str) -> Any:
    """Parse a YAML file; if it is missing, broken or empty add a problem and return None."""
    text = read_text(path, problems, accepted=accepted)
    if text is None:
        return None
    try:
        content = yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "cannot be parsed"
        problems.append(Problem(path.name, line, f"not valid YAML: {what}", accepted))
        return None
    if content is None:
        problems.append(Problem(path.name, "", "is empty", accepted))
    return content


# Keys whose values are never shown: somebody may have typed a secret instead of a reference.
_SECRET_KEYS = {"auth", "password", "mailbox"}
# Keys of a URL's other parts, which could carry one.
_URL_KEYS = {"base_url"}


def add_validation_problems(
    file: str,
    error: ValidationError,
    problems: list[Problem],
    prefix: str = "",
    model: type[BaseModel] | None = None,
) -> None:
    """Turn a pydantic error into problems. `model` lets an unknown key list the known ones.

    Values under `auth`, `password`, `mailbox` and `base_url` are not shown.
    """
    for item in error.errors():
        parts = [str(part) for part in item["loc"]]
        key = ".".join(([prefix] if prefix else []) + parts)
        if item["type"] == "missing":
            problems.append(Problem(file, key, "is missing", "a value for this key"))
        elif item["type"] == "extra_forbidden":
            known = _known_keys(model, item["loc"][:-1]) if model else []
            accepted = ", ".join(known) or "the documented keys of this file"
            problems.append(Problem(file, key, "unknown key", accepted))
        else:
            if (_SECRET_KEYS | _URL_KEYS) & set(parts):
                found = "a value that is not shown here"
            elif isinstance(item["input"], dict):
                found = "this entry"
            else:
                found = repr(item["input"])
            problems.append(Problem(file, key, found, _accepted(item["msg"])))


def _accepted(message: str) -> str:
    """What would be accepted, from the library's sentence."""
    for start in ("Value error, ", "Input should be ", "String should "):
        message = message.removeprefix(start)
    return message.rstrip(".")


def _known_keys(model: type[BaseModel] | None, location: tuple[int | str, ...]) -> list[str]:
    """Keys of the model at a place inside it, in the order they are declared."""
    for part in location:
        if isinstance(part, int) or model is None:
            continue
        field = model.model_fields.get(part)
        model = _model_in(field.annotation) if field else None
    return list(model.model_fields) if model else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for a in typing.get_args(annotation) if (found := _model_in(a))), None)
