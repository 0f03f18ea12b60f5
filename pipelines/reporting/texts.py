"""The words of the report: looked up in the catalogues under `report.`.

Add here: nothing but how a word is looked up. Keep out: the words themselves
(`pipelines/language/catalogues/`), figures (`pipelines/language/figures.py`), layout, and sentences
of alerts (they come with them).
"""

from __future__ import annotations

from pipelines.language import has, text


def say(key: str, language: str, **values: object) -> str:
    """The text of `report.<key>` in a language, filled in. Raises KeyError for an unknown key."""
    return text(f"report.{key}", **values).into(language)


def knows(key: str) -> bool:
    """Whether there is such a text: for keys made from data, such as a state or a metric."""
    return has(f"report.{key}")


def say_or(key: str, language: str, otherwise: str) -> str:
    """The text of a key made from data (a state, a metric), or the data's own word."""
    return say(key, language) if knows(key) else otherwise
