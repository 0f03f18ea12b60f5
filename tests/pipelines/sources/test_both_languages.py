"""What a reader is told of a source is told whole in every language: nothing is said by code alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import pipelines.sources
from pipelines.language import has
from pipelines.sources.http.replies import SHAPE, Refusal
from pipelines.sources.records.columns import column_of
from pipelines.sources.records.fields import Field

SOURCES = Path(pipelines.sources.__file__).parent
CJK = re.compile(r"[\u4e00-\u9fff]")
FILES = sorted(SOURCES.rglob("*.py"))
FAILURES = {"PermanentFailure", "TransientFailure", "Refusal", "LoginRefused"}
# Of files, rows and checks; all their arguments are read by people, or are names and places.
TOLD = {"FileRejected", "Rejection", "Finding", "Remark", "Note"}


@cache
def calls(path: Path) -> tuple[ast.Call, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_sentence(node: ast.expr) -> bool:
    """Whether words of a language stand in the code: at least two of them in a row."""
    if isinstance(node, ast.BinOp):
        return is_sentence(node.left) or is_sentence(node.right)
    if isinstance(node, ast.JoinedStr):
        parts = [p.value for p in node.values if isinstance(p, ast.Constant)]
        return any(re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", str(part)) for part in parts)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", node.value) or CJK.search(node.value))
    return False


def said(call: ast.Call) -> Iterator[ast.expr]:
    """The parts of a failure, or of what is told of a file, that are sentences."""
    if name_of(call) in TOLD:
        yield from call.args
        yield from (k.value for k in call.keywords if k.arg not in ("value", "file", "address"))
        return
    yield from call.args[:1]
    yield from (k.value for k in call.keywords if k.arg in ("tried", "cause", "next_step"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCES)))
def test_no_failure_is_worded_in_the_code(path: Path) -> None:
    wrong = [
        ast.unparse(node)
        for call in calls(path)
        if name_of(call) in FAILURES | TOLD
        for node in said(call)
        if is_sentence(node)
    ]
    assert wrong == []


def test_what_a_child_says_of_a_workbook_has_its_sentences() -> None:
    """A child knows keys only, since words are slow to import."""
    keys = {
        str(node.value)
        for path in FILES
        if "formats" in path.parts
        for call in calls(path)
        if name_of(call) in ("Refused", "refused", "damaged")
        for node in call.args
        if isinstance(node, ast.Constant) and str(node.value).startswith("sheets.")
    }
    assert len(keys) > 10
    assert [key for key in sorted(keys) if not has(key)] == []


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("'could not read it'", True),
        ("f'{name} could not be read'", True),
        ("'a' + 'no such field'", True),
        ("'看不到'", True),
        ("f'{item.name}: {names}'", False),
        ("text('sources.emptied', table=t)", False),
        ("'INVALID_FIELD'", False),
    ],
)
def test_a_sentence_in_the_code_is_seen(code: str, answer: bool) -> None:
    assert is_sentence(ast.parse(code, mode="eval").body) is answer


def test_what_a_system_says_is_quoted_in_chinese() -> None:
    refused = Refusal("Could not read it", cause="code 7, no right", status=200, code="7")
    assert refused.words.en == "code 7, no right"
    assert refused.words.zh == "系统返回“code 7, no right”"
    # What the shared rules say themselves is no quotation.
    changed = Refusal("Could not read it", cause="no 'data' in the answer", status=200, code=SHAPE)
    assert "no 'data' in the answer" in changed.words.en
    assert changed.words.zh.startswith("HTTP 200 的返回内容不是约定的格式")


def test_what_python_itself_says_of_a_value_is_told_in_chinese_too() -> None:
    _, faults = column_of([10**18], Field("x", "timestamp", form="epoch_ms"))
    assert faults[0].en
    assert CJK.search(faults[0].zh)
