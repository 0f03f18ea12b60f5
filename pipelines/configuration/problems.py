"""What is wrong with a configuration, collected so that all of it is told at once.

Add here: how a problem reads. Keep out: what makes a file wrong.
"""

from __future__ import annotations

import reprlib
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.language.catalogue import has
from pipelines.language.text import Clause, Said, Text, text

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Problem:
    """One fault: the file, the key (dotted path or `row 3, column`), what is there, what would do."""

    file: str
    key: Said
    found: Said
    accepted: Said

    @property
    def told(self) -> Text:
        """The whole fault: where it is, what is there, what would do."""
        where = text("config.place", file=self.file, key=self.key) if self.key else self.file
        found, accepted = Clause(self.found), Clause(self.accepted)
        return text("config.problem", where=where, found=found, accepted=accepted)

    def __str__(self) -> str:
        return str(self.told)


class ConfigurationError(Exception):
    """The configuration cannot be used (exit code 2). `problems` holds every fault found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        heading = str(text("config.problems", count=len(self.problems)))
        return "\n".join([heading, *(f"  - {problem}" for problem in self.problems)])


# No file of ours goes deeper than eight; a rule's conditions may nest further.
MOST_NESTED = 40
_LONGEST = 300
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200
_SHORT.maxlevel = 4


# libyaml's loader says the same some ten times as fast, where it is installed.
FastLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(FastLoader):  # type: ignore[misc]
    """YAML without doubled keys, of which the plain loader silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen and key_node.tag != "tag:yaml.org,2002:merge":
                    raise yaml.MarkedYAMLError(
                        problem=str(text("config.key_twice", key=key_node.value)),
                        problem_mark=key_node.start_mark,
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # 30 February, a number of 5,000 digits
            said = text("config.no_value", value=str(node.value)[:40])
            raise yaml.MarkedYAMLError(problem=str(said), problem_mark=node.start_mark) from error


def read_text(path: Path, problems: list[Problem], *, accepted: Said) -> str | None:
    """The text of a UTF-8 file, with or without BOM; on any fault add a problem and return None."""
    if not path.is_file():
        problems.append(
            Problem(path.name, "", text("config.no_such_file", parent=path.parent), accepted)
        )
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        wanted = text("config.utf8_of_excel") if path.suffix == ".csv" else "UTF-8"
        problems.append(
            Problem(path.name, "", text("config.not_utf8", reason=error.reason), wanted)
        )
    except OSError as error:
        problems.append(
            Problem(
                path.name,
                "",
                text("config.unreadable", strerror=error.strerror),
                text("config.a_file"),
            )
        )
    return None


def read_yaml(path: Path, problems: list[Problem], *, accepted: Said) -> Any:
    """Parse a YAML file; if it is missing, broken or empty add a problem and return None."""
    written = read_text(path, problems, accepted=accepted)
    if written is None:
        return None
    try:
        content = yaml.load(written, Loader=_StrictLoader)
        # Entries that name each other without end, or nested beyond any use, stop here and not in
        # whoever reads them next.
        _deepest(content, MOST_NESTED)
    except (RecursionError, _TooDeep):
        problems.append(
            Problem(path.name, "", text("config.too_deep", count=MOST_NESTED), accepted)
        )
        return None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = text("config.line", line=mark.line + 1) if mark else ""
        what = getattr(error, "problem", None) or text("config.not_parsed")
        problems.append(Problem(path.name, line, text("config.not_yaml", what=what), accepted))
        return None
    if content is None:
        problems.append(Problem(path.name, "", text("config.empty"), accepted))
    return content


class _TooDeep(Exception):
    """A file is nested deeper than any configuration needs."""


def _deepest(
    content: Any,
    left: int,
    above: frozenset[int] = frozenset(),
    passed: dict[int, int] | None = None,
) -> None:
    """Raise `_TooDeep` unless everything below `content` ends within `left` levels.

    `passed` holds what was seen to end, and within how many: an alias is walked once, not each time.
    """
    if not isinstance(content, dict | list):
        return
    if left == 0 or id(content) in above:
        raise _TooDeep
    passed = {} if passed is None else passed
    if passed.get(id(content), left + 1) <= left:
        return
    for part in content.values() if isinstance(content, dict) else content:
        _deepest(part, left - 1, above | {id(content)}, passed)
    passed[id(content)] = left


def read_model(
    path: Path,
    problems: list[Problem],
    model: type[Model],
    *,
    accepted: Said,
    example: Said | None = None,
) -> Model | None:
    """A YAML file of keys as the model of it; None if it has faults, which go to `problems`.

    `accepted` says what may stand in the file, `example` what keys look like (default: the same).
    """
    content = read_yaml(path, problems, accepted=accepted)
    if content is None:
        return None
    if not isinstance(content, dict):
        problems.append(Problem(path.name, "", text("config.not_keys"), example or accepted))
        return None
    try:
        return model(**content)
    except ValidationError as error:
        add_validation_problems(path.name, error, problems, model=model)
        return None


def shown(value: object) -> str:
    """A value as it was written, cut where it is long: aliases of YAML can make it endless."""
    found = _SHORT.repr(value)
    return found if len(found) <= _LONGEST else f"{found[:_LONGEST]} ..."


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
            problems.append(
                Problem(file, key, text("config.missing"), text("config.a_value_for_key"))
            )
        elif item["type"] == "extra_forbidden":
            known = _known_keys(model, item["loc"][:-1]) if model else []
            accepted: Said = ", ".join(known) or text("config.documented_keys")
            problems.append(Problem(file, key, text("config.unknown_key"), accepted))
        else:
            found: Said
            if (_SECRET_KEYS | _URL_KEYS) & set(parts):
                found = text("config.not_shown")
            elif isinstance(item["input"], dict):
                found = text("config.this_entry")
            else:
                found = shown(item["input"])
            problems.append(Problem(file, key, found, accepted_by(item)))


def accepted_by(item: Any) -> Said:
    """What would be accepted: our own validators say it in a text, the library's kinds have theirs."""
    context = item.get("ctx") or {}
    error = context.get("error")
    if isinstance(error, ValueError) and error.args and isinstance(error.args[0], Text):
        return error.args[0]
    key = f"config.accepted.{item['type']}"
    if has(key):
        values = {name: str(value) for name, value in context.items() if name != "error"}
        return text(key, count=context.get("min_length"), **values)
    message = item["msg"]
    for start in ("Value error, ", "Input should be ", "String should "):
        message = message.removeprefix(start)
    return str(message).rstrip(".")


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
