"""Texts that are kept in a table or a file, and are read there in any language.

Add here: how a kept text is written and found again. Keep out: which tables keep what.

A table keeps a text in two columns, `<name>_zh` and `<name>_en`, for whoever reads it with SQL. Every further
language that has a catalogue stands in one column, `other_languages`: JSON of language -> name -> words, null
where there is none. So a third language needs no column of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipelines.language.catalogue import FALLBACK, languages
from pipelines.language.text import Worded

COLUMN = "other_languages"
OWN_COLUMNS = ("zh", "en")


def in_others(before: object = None, /, **told: object) -> str | None:
    """The cell of `other_languages` for texts by name, added to those that the cell held `before`.

    What is not a text (a name, nothing at all) reads the same everywhere and is left out.
    """
    words = _read(before)
    for language in languages():
        if language not in OWN_COLUMNS:
            own = {n: said.into(language) for n, said in told.items() if isinstance(said, Worded)}
            words.setdefault(language, {}).update({n: said for n, said in own.items() if said})
    words = {language: own for language, own in words.items() if own}
    return json.dumps(words, ensure_ascii=False, sort_keys=True) if words else None


def under_other_names(cell: object, names: Mapping[str, str]) -> str | None:
    """The cell of another table that keeps some of the same texts: their old names to the new ones."""
    words = {
        language: {names[name]: said for name, said in own.items() if name in names}
        for language, own in _read(cell).items()
    }
    return json.dumps(words, ensure_ascii=False, sort_keys=True) if words else None


def exactly(row: Mapping[Any, Any], name: str, language: str) -> str:
    """A text of a row in that language and no other, else empty."""
    if language in OWN_COLUMNS:
        said = row.get(f"{name}_{language}")
        return said if isinstance(said, str) else ""
    return _read(row.get(COLUMN)).get(language, {}).get(name, "")


def found(row: Mapping[Any, Any], name: str, language: str) -> str:
    """A text of a row in that language, else in English, else in Chinese, else empty."""
    languages_tried = (language, FALLBACK, *OWN_COLUMNS)
    return next(filter(None, (exactly(row, name, code) for code in languages_tried)), "")


def language_of(row: Mapping[Any, Any], name: str) -> str:
    """The language that the plain column `name` of a row speaks; English where it is none of them."""
    given = (code for code in languages() if exactly(row, name, code) == row[name])
    return next(given, FALLBACK)


def in_each(row: Mapping[Any, Any], name: str) -> dict[str, str]:
    """A text of a row in every language that there is."""
    return {language: found(row, name, language) for language in languages()}


def _read(cell: object) -> dict[str, dict[str, str]]:
    return json.loads(cell) if isinstance(cell, str) and cell else {}
