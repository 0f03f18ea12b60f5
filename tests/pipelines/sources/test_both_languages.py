"""Every text that a source tells stands in its code in both languages, and both name the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from pipelines.settings import PROJECT
from pipelines.sources.http.columns import column_of
from pipelines.sources.http.fields import Field

SOURCES = PROJECT / "pipelines" / "sources"
# What is called with the English and the Chinese text of one fault, remark or next step.
TELLING = {"Told", "CellFault", "Misfit", "_damaged", "_other_kind"}
CJK = re.compile("[\u4e00-\u9fff]")
OWN_WORD = re.compile(r"[a-z]{2,}")
# Words of English sentences, which no column or setting is called.
ENGLISH = re.compile(r"\b(the|is|are|was|and|of|but|not|which|has|have|it|in|no)\b")
SNIPPET = re.compile("`[^`]*`")  # configuration is written the same in both languages
# What stands for a thing in English, and what stands for the same one in Chinese.
SAME = {
    "quoted": "value",
    "many": "count",
    "detail": "detail_zh",
    "problem": "variable",
    "en": "zh",
}
# The words of a library or the system are English only, and stand in the English text alone.
OTHERS_WORDS = {"error", "getattr", "str", "type"}


def tellings(file: str) -> Iterator[ast.Call]:
    tree = ast.parse((SOURCES / file).read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = call.func.id if isinstance(call.func, ast.Name) else ""
        if called in TELLING and len(call.args) >= 2:
            yield call


def words(node: ast.expr) -> str:
    """The text's own words, without what is put into it."""
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return " ".join(part for part in parts if isinstance(part, str))


def things(node: ast.expr) -> set[str]:
    """The names of what is put into a text."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def is_told(en: ast.expr, zh: ast.expr) -> bool:
    is_chinese = CJK.search(words(zh)) or not OWN_WORD.search(words(en))
    is_pure = not ENGLISH.search(SNIPPET.sub("", words(zh)))
    wanted = {SAME.get(name, name) for name in things(en) - OTHERS_WORDS}
    return bool(is_chinese) and is_pure and wanted <= things(zh)


FILES = [
    file
    for path in sorted(SOURCES.rglob("*.py"))
    if any(tellings(file := str(path.relative_to(SOURCES))))
]


@pytest.mark.parametrize("file", FILES)
def test_every_text_is_told_in_both_languages(file: str) -> None:
    wrong = [ast.unparse(call) for call in tellings(file) if not is_told(*call.args[:2])]
    assert wrong == []


def test_the_texts_are_found() -> None:
    assert sum(len(list(tellings(file))) for file in FILES) > 200
    assert {"spreadsheet/cells.py", "spreadsheet/mail_parts.py", "http/values.py"} <= set(FILES)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("Told(f'{a} is no date', f'“{a}”不是日期')", True),
        ("Told(f'{a} is no date', '不是日期')", False),
        ("Told(f'{a} is no date', f'{a} is no date')", False),
        ("Told(f'{a} is no date', f'{a} is 不是日期')", False),
    ],
)
def test_a_text_that_leaves_something_out_is_seen(call: str, answer: bool) -> None:
    (node,) = (n for n in ast.walk(ast.parse(call)) if isinstance(n, ast.Call))
    assert is_told(*node.args) is answer


def test_what_python_itself_says_of_a_value_is_told_in_chinese_too() -> None:
    _, faults = column_of([10**18], Field("x", "timestamp", form="epoch_ms"))
    assert faults[0].en
    assert CJK.search(faults[0].zh)
