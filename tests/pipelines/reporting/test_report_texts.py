import ast
import re
import string
from pathlib import Path

import pytest

from pipelines import reporting
from pipelines.reporting.texts import LANGUAGES, TEXTS, say

HOME = Path(reporting.__file__).parent


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_both_languages_with_the_same_gaps() -> None:
    for key, (chinese, english) in TEXTS.items():
        assert chinese, key
        assert english, key
        assert fields(chinese) == fields(english), key


def test_chinese_texts_use_chinese_punctuation() -> None:
    for key, (chinese, _) in TEXTS.items():
        if re.search(r"[\u4e00-\u9fff]", chinese):
            assert not re.search(r"[\u4e00-\u9fff][,;:?!]", chinese), key


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("no.such.key", LANGUAGES[0])


def test_no_reader_sees_chinese_that_is_not_in_the_table() -> None:
    for path in [*HOME.glob("*.py"), *HOME.glob("templates/*")]:
        if path.name.endswith("texts.py") or path.name == "numbers.py":
            continue
        content = path.read_text(encoding="utf-8")
        found = set(re.findall(r"[\u4e00-\u9fff]+", content))
        if path.suffix == ".py":
            tree = ast.parse(content)
            docs = {ast.get_docstring(n) or "" for n in ast.walk(tree) if isinstance(n, ast.Module)}
            found = {word for word in found if not any(word in doc for doc in docs)}
        # The mark by which a rule's message is taken apart.
        assert found <= {"建议"}, path.name
