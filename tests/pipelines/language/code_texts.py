"""What the code says and which keys it asks for, read from its syntax trees.

Shared by the tests of the catalogues; holds no test itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

from pipelines.settings import PROJECT

# Words, and the marks that join them: a full-width sign alone is not said to anybody.
CHINESE = re.compile(r"[\u4e00-\u9fff、。，；：！？（）【】]")
# A sentence: two words of letters in a row. A list of keys has commas between them.
ENGLISH = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
# Calls whose strings a person reads, and which of their arguments (positions, names).
TELLING: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "Failure": ((0,), ("tried", "cause", "next_step")),
    "Finding": ((0, 2, 3), ("subject", "text", "next_step")),
    "Problem": ((2, 3), ("found", "accepted")),
    "Misfit": ((0,), ()),
    "CellFault": ((0,), ()),
    "FileRejected": ((0,), ("next_step",)),
    "Verdict": ((1, 2), ("cause", "next_step")),
    "InBoth": ((0, 1), ("en", "zh")),
    "CheckResult": ((), ("told",)),
    "counted": ((), ("told",)),
    "Rejection": ((1,), ("reason", "reason_zh")),
    "Extract": ((), ("message", "message_zh")),
    "Refused": ((0, 1), ()),
    "Refusal": ((0,), ("tried", "cause", "next_step")),
    "say": ((0,), ()),
    "echo": ((0,), ()),
    "write": ((0,), ()),
    "BadParameter": ((0,), ()),
    "info": ((0,), ()),
    "warning": ((0,), ()),
    "error": ((0,), ()),
}


@cache
def modules() -> dict[str, ast.Module]:
    """Every module of the pipeline and of the quality checks, by its path."""
    return {
        str(path.relative_to(PROJECT)): ast.parse(path.read_text(encoding="utf-8"))
        for top in ("pipelines", "quality")
        for path in sorted((PROJECT / top).rglob("*.py"))
    }


def _docstrings(tree: ast.Module) -> set[int]:
    return {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }


def chinese_strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String literals with Chinese in them that are no docstrings: (line, text)."""
    documentation = _docstrings(tree)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and CHINESE.search(node.value)
        ):
            yield node.lineno, node.value


def english_sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """English sentences that go straight into something that tells a person: (line, text)."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        name = "Failure" if name.endswith("Failure") or name == "WriterBusy" else name
        positions, keywords = TELLING.get(name, ((), ()))
        told = [argument for at, argument in enumerate(node.args) if at in positions]
        told += [keyword.value for keyword in node.keywords if keyword.arg in keywords]
        for argument in told:
            for words in _words(argument):
                if ENGLISH.search(words):
                    yield argument.lineno, words


def _words(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        # A command is typed as it stands in every language.
        if not node.value.startswith("forewarn "):
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) else "\0" for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from _words(node.body)
        yield from _words(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _words(value)


@cache
def asked_for() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Strings that may be keys, and patterns of those that are put together from a state or a name."""
    plain: set[str] = set()
    patterns: set[str] = set()
    for tree in modules().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                patterns.add(
                    "".join(
                        re.escape(str(part.value))
                        if isinstance(part, ast.Constant)
                        else "[a-z0-9_.]+"
                        for part in node.values
                    )
                )
    for path in (PROJECT / "pipelines").rglob("*.j2"):
        plain |= set(re.findall(r"['\"]([\w.]+)['\"]", path.read_text(encoding="utf-8")))
    # A pattern needs a fixed beginning or end that says which texts are meant.
    useful = [
        p
        for p in patterns
        if " " not in p
        and (re.match(r"[a-z_]+(\\\.|_)", p) or re.search(r"\+(_|\\\.)[a-z_]{4,}$", p))
    ]
    return frozenset(plain), tuple(re.compile(p) for p in sorted(useful))


def is_asked_for(key: str) -> bool:
    """Whether the code asks for the key, whole or without the room that its looker-up adds."""
    plain, patterns = asked_for()
    names = (key, key.partition(".")[2])
    return any(n in plain or any(p.fullmatch(n) for p in patterns) for n in names)


# Calls that make a text of a key, by name; in some rooms a call adds the room's name to the key.
_MAKING = {"text": "", "text_": "", "words": "", "Text": ""}
_IN_ROOMS = {
    ("pipelines/reporting/", "say"): "report.",
    ("pipelines/notifying/", "word"): "notice.",
}


def texts_made() -> Iterator[tuple[str, str, set[str] | None]]:
    """Every key that the code writes out: (place, key, values given; None where they are a mapping)."""
    for name, tree in modules().items():
        rooms = {call: key for (room, call), key in _IN_ROOMS.items() if name.startswith(room)}
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            first, call = node.args[0], getattr(node.func, "attr", getattr(node.func, "id", ""))
            prefix = {**_MAKING, **rooms}.get(call)
            if prefix is None or not isinstance(first, ast.Constant):
                continue
            key = f"{prefix}{first.value}"
            if re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", key):
                given = {keyword.arg for keyword in node.keywords}
                values = None if None in given else {str(one) for one in given}
                yield f"{name}:{node.lineno}", key, values
