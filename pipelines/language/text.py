"""A sentence that is not yet in any language: its key and what goes into it.

Add here: how values become words inside a sentence. Keep out: ways of writing figures for a page
(`figures.py`).

A text is made where something happens and put into words where somebody reads it, so one finding
reads Chinese in the report of one reader and English on the terminal of another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from babel.lists import format_list

from pipelines.language.catalogue import sentence
from pipelines.language.speaking import spoken

# Chinese has no list without a word before the last but the one that drops the marks as well.
_LIST: dict[str, Any] = {"zh": "standard"}


@runtime_checkable
class Worded(Protocol):
    """Whatever can be put into words of a language: a text, an amount, a day."""

    def into(self, language: str) -> str: ...


@dataclass(frozen=True)
class Text:
    """A key of the catalogues and the values of its sentence.

    Values may be texts themselves, lists (joined as the language joins them), dates (ISO) and
    anything with `into(language)`; everything else stands as `str()` writes it: names are never
    rewritten.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def into(self, language: str) -> str:
        """The whole sentence. Raises KeyError for an unknown key or a value that is missing."""
        count = self.values.get("count")
        worded = {name: in_words(value, language) for name, value in self.values.items()}
        found = sentence(self.key, language, count if isinstance(count, int | float) else None)
        return found.format_map(worded)

    @property
    def en(self) -> str:
        """In English: what logs and data files keep beside the Chinese."""
        return self.into("en")

    @property
    def zh(self) -> str:
        """In Chinese."""
        return self.into("zh")

    def __str__(self) -> str:
        return self.into(spoken())

    def __hash__(self) -> int:
        return hash((self.key, str(sorted(self.values.items(), key=str))))


def text(key: str, /, **values: Any) -> Text:
    """The sentence of a key, to be put into words later."""
    return Text(key, values)


def in_words(value: object, language: str) -> str:
    """One value as it stands inside a sentence of that language."""
    if isinstance(value, Worded):
        return value.into(language)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, list | tuple):
        parts = [in_words(part, language) for part in value]
        # Names in a row: no "and" where a reader may take the last two for one.
        return format_list(parts, style=_LIST.get(language, "unit"), locale=language)
    return str(value)
