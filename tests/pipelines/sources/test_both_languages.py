"""Every text that a source tells stands in its code in both languages, and both name the same.

Two scans: where a text is written, and where it is given away with a load or a rejected row.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest

from pipelines.settings import PROJECT
from pipelines.sources.http.replies import SHAPE, Refusal
from pipelines.sources.protocol import Extract, Rejection, Told
from pipelines.sources.records.columns import column_of
from pipelines.sources.records.fields import Field

SOURCES = PROJECT / "pipelines" / "sources"
# What is called with the English and the Chinese text of one fault, remark or next step.
TELLING = {"Told", "with_names", "CellFault", "Misfit", "_damaged", "_other_kind"}
# Of these both texts are written where they are called; others have a text of their own.
WRITTEN = {"Told", "with_names", "CellFault", "Misfit"}
# Where texts leave a source: what is made, and which of its fields go together.
GIVEN = {"Extract": Extract, "Rejection": Rejection, "replace": None}
PAIRS = {"message": "message_zh", "reason": "reason_zh"}
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


def calls(text: str) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            yield name, node


def code(file: str) -> str:
    return (SOURCES / file).read_text(encoding="utf-8")


def tellings(text: str) -> Iterator[ast.Call]:
    for called, call in calls(text):
        if called in WRITTEN or (called in TELLING and len(call.args) >= 2):
            yield call


def givings(text: str) -> Iterator[tuple[ast.Call, str, str | None]]:
    """Calls that give a text away, with the code of the English and of the Chinese one."""
    for called, call in calls(text):
        if called not in GIVEN:
            continue
        shape = GIVEN[called]
        names = [item.name for item in fields(shape)] if shape else []
        given = {name: ast.unparse(value) for name, value in zip(names, call.args, strict=False)}
        given |= {word.arg: ast.unparse(word.value) for word in call.keywords if word.arg}
        for en, zh in PAIRS.items():
            if en in given or zh in given:
                yield call, given.get(en, ""), given.get(zh)


def is_given(en: str, zh: str | None) -> bool:
    """Whether both are the halves of one `Told`."""
    return zh != en and zh == re.sub(r"\.en\b", ".zh", en)


def words(node: ast.expr) -> str:
    """The text's own words, without what is put into it."""
    parts = (part.value for part in ast.walk(node) if isinstance(part, ast.Constant))
    return " ".join(part for part in parts if isinstance(part, str))


def things(node: ast.expr) -> set[str]:
    """The names of what is put into a text."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def is_told(*texts: ast.expr) -> bool:
    if len(texts) < 2:
        return False
    en, zh = texts[:2]
    is_chinese = CJK.search(words(zh)) or not OWN_WORD.search(words(en))
    is_pure = not ENGLISH.search(SNIPPET.sub("", words(zh)))
    wanted = {SAME.get(name, name) for name in things(en) - OTHERS_WORDS}
    return bool(is_chinese) and is_pure and wanted <= things(zh)


ALL = [str(path.relative_to(SOURCES)) for path in sorted(SOURCES.rglob("*.py"))]
FILES = [file for file in ALL if any(tellings(code(file)))]
GIVING = [file for file in ALL if any(givings(code(file)))]


@pytest.mark.parametrize("file", FILES)
def test_every_text_is_told_in_both_languages(file: str) -> None:
    wrong = [ast.unparse(call) for call in tellings(code(file)) if not is_told(*call.args)]
    assert wrong == []


@pytest.mark.parametrize("file", GIVING)
def test_every_remark_and_reason_is_given_in_both_languages(file: str) -> None:
    wrong = [ast.unparse(call) for call, en, zh in givings(code(file)) if not is_given(en, zh)]
    assert wrong == []


def test_the_texts_are_found() -> None:
    assert sum(len(list(tellings(code(file)))) for file in FILES) > 250
    assert {"spreadsheet/values/cells.py", "records/values.py"} <= set(FILES)
    assert sum(len(list(givings(code(file)))) for file in GIVING) >= 22
    # Every system gives remarks on its loads.
    systems = {path.name for path in SOURCES.iterdir() if (path / "connector.py").exists()}
    assert len(systems) >= 7
    assert systems <= {file.split("/")[0] for file in GIVING}


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("Told(f'{a} is no date', f'“{a}”不是日期')", True),
        ("Told(f'{a} is no date', '不是日期')", False),
        ("Told(f'{a} is no date', f'{a} is no date')", False),
        ("Told(f'{a} is no date', f'{a} is 不是日期')", False),
        ("Told(f'{a} is no date')", False),
        ("protocol.Told(f'{a} is no date', '')", False),
        ("with_names('new fields', '新增的字段', a)", True),
        ("with_names('new fields', 'new fields', a)", False),
    ],
)
def test_a_text_that_leaves_something_out_is_seen(call: str, answer: bool) -> None:
    (node,) = tellings(call)
    assert is_told(*node.args) is answer


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("Extract('a', message=told.en or None, message_zh=told.zh or None)", True),
        ("Extract('a', message=A.en if A else None, message_zh=A.zh if A else None)", True),
        ("replace(a, message=told.en, message_zh=told.zh)", True),
        ("Rejection('a', why.en, column='b', reason_zh=why.zh)", True),
        ("Extract('a', message=told.en)", False),
        ("Extract('a', message='; '.join(notes) or None)", False),
        ("Extract('a', message='text', message_zh='text')", False),
        ("Extract('a', message=told.en, message_zh=other.zh)", False),
        ("Extract('a', message_zh=told.zh)", False),
        ("dataclasses.replace(a, message=told.en)", False),
        ("protocol.Rejection('a', why.en, column='b')", False),
        ("Rejection('a', 'required, but empty')", False),
    ],
)
def test_a_text_that_is_given_in_one_language_is_seen(call: str, answer: bool) -> None:
    ((_, en, zh),) = givings(call)
    assert is_given(en, zh) is answer


def test_what_a_system_says_is_quoted_in_chinese() -> None:
    refused = Refusal("Could not read it", cause="code 7, no right", status=200, code="7")
    assert refused.told == Told("code 7, no right", "系统返回“code 7, no right”")
    # What the shared rules say themselves is no quotation.
    changed = Refusal("Could not read it", cause="no 'data' in the answer", status=200, code=SHAPE)
    assert changed.told.en == "no 'data' in the answer"
    assert changed.told.zh == "HTTP 200 的返回内容不是约定的格式"


def test_what_python_itself_says_of_a_value_is_told_in_chinese_too() -> None:
    _, faults = column_of([10**18], Field("x", "timestamp", form="epoch_ms"))
    assert faults[0].en
    assert CJK.search(faults[0].zh)
