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
from functools import reduce
from typing import Any, Protocol, TypeAlias, runtime_checkable

from pipelines.language.catalogue import languages, sentence, translated
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


def one_of(words: Mapping[str, str], language: str) -> str:
    """Words of that language, else what its catalogue has for the English ones, else the English ones.

    What stands in two languages beside a model, a rule or a check has its third in that language's
    catalogue, under the English sentence.
    """
    return words.get(language) or translated(words["en"], language) or words["en"]


class InEach(Text):
    """Words that are there in several languages already, such as a text that was written to a file."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__("each", dict(words))

    def into(self, language: str) -> str:
        """As `one_of` finds them."""
        return one_of(self.values, language)


class InBoth(InEach):
    """Words that a data file holds in English and in Chinese, such as a note beside a dbt test."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__({"en": en, "zh": zh})


class Joined(Text):
    """Several texts behind each other as one, with the marks of the language between them.

    `between`: sentences, clauses, or and.
    """

    def __init__(self, parts: Sequence[Text], between: str = "sentences") -> None:
        super().__init__("joined", {"parts": tuple(parts), "between": between})

    def __bool__(self) -> bool:
        return bool(self.values["parts"])

    def into(self, language: str) -> str:
        """The texts in their order."""
        return between(
            [part.into(language) for part in self.values["parts"]], self.values["between"], language
        )


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
    if isinstance(value, str):
        return value
    # Not isinstance of the protocol: that looks every name of it up, and warnings are many.
    if (into := getattr(value, "into", None)) is not None:
        return str(into(language))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, list | tuple):
        parts = [in_words(part, language) for part in value]
        return listed(parts, language)
    return str(value)


def kept(said: Said) -> dict[str, str]:
    """What was said, in every language, as a file or a run's record keeps it; `InEach` reads it."""
    return {language: in_words(said, language) for language in languages()}


def between(parts: Sequence[str], what: str, language: str) -> str:
    """Parts with the mark that a language sets between `sentences`, `clauses`, `names`, or for `and`."""
    marks = {
        "sentences": "language.between.sentences",
        "clauses": "language.between.clauses",
        "names": "language.between.names",
        "and": "language.between.and",
    }
    return reduce(
        lambda one, two: text(marks[what], one=one, two=two).into(language), parts or [""]
    )


def listed(parts: Sequence[str], language: str) -> str:
    """Names in a row, without an "and" in which the last two may be taken for one."""
    return between(parts, "names", language)
