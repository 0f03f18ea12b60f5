"""A sentence that is not yet in any language: its key and what goes into it.

Add here: how values become words inside a sentence. Keep out: ways of writing figures for a page
(`figures.py`).

A text is made where something happens and put into words where somebody reads it, so one finding
reads Chinese in the report of one reader and English on the terminal of another.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pipelines.language.catalogue import languages, sentence
from pipelines.language.speaking import spoken


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


# Three dots are an ellipsis and stay.
_FULL_STOP = re.compile(r"(?<!\.)[.。]\s*$")


class InEach(Text):
    """Words that are there in several languages already, such as a text that was written to a file.

    Of a language that has none it is the English ones.
    """

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__("each", dict(words))

    def into(self, language: str) -> str:
        """The words of that language, else the English ones."""
        return str(self.values.get(language) or self.values["en"])


class InBoth(InEach):
    """Words that a data file holds in English and in Chinese, such as a note beside a dbt test."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__({"en": en, "zh": zh})


_BETWEEN = {
    "sentences": {"zh": "；", "en": "; "},
    "clauses": {"zh": "，", "en": ", "},
    "and": {"zh": "和 ", "en": " and "},
}


class Joined(Text):
    """Several texts behind each other as one, with the marks of the language between them."""

    def __init__(self, parts: Sequence[Text], between: str = "sentences") -> None:
        super().__init__("joined", {"parts": tuple(parts), "between": between})

    def into(self, language: str) -> str:
        """The texts in their order; a language without marks of its own has the English ones."""
        marks = _BETWEEN[self.values["between"]]
        mark = marks.get(language, marks["en"])
        return mark.join(part.into(language) for part in self.values["parts"])


# What a person is told: a text, or words that are nobody's to translate (a name, a system's answer).
Said: TypeAlias = Text | str


@dataclass(frozen=True)
class Clause:
    """A sentence that goes into another one: without the full stop it may end in."""

    of: Said

    def into(self, language: str) -> str:
        return _FULL_STOP.sub("", in_words(self.of, language))


def in_words(value: object, language: str) -> str:
    """One value as it stands inside a sentence of that language."""
    if isinstance(value, Worded):
        return value.into(language)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, list | tuple):
        parts = [in_words(part, language) for part in value]
        return listed(parts, language)
    return str(value)


def kept(said: Said) -> dict[str, str]:
    """What was said, in every language, as a file or a run's record keeps it; `InEach` reads it."""
    return {language: in_words(said, language) for language in languages()}


def listed(parts: Sequence[str], language: str) -> str:
    """Names in a row, without an "and" in which the last two may be taken for one."""
    if language == "zh":  # Babel has only 和 before the last, or no mark at all
        return "、".join(parts)
    from babel.lists import format_list  # here: reading Babel's tables takes a while

    return format_list(parts, style="unit", locale=language)
