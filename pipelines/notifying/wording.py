"""The words of notices and pages: looked up in the catalogues under `notice.`.

Add here: nothing but how a word is looked up. Keep out: the words themselves
(`pipelines/language/catalogues/`), and what is said when.
"""

from __future__ import annotations

from pipelines.language import text

# A code of `pipelines.language.languages()`.
Language = str


def word(key: str, language: Language, **values: object) -> str:
    """The word or sentence of `notice.<key>`; KeyError for one that does not exist."""
    return text(f"notice.{key}", **values).into(language)
