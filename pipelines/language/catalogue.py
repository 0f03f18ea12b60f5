"""The catalogues: one gettext file per language, key to sentence.

Add here: how a sentence is found for a key. Keep out: the sentences (`catalogues/*.po`).

A key is a path of words (`alerts.late_orders.title`); its msgstr is the whole sentence, with `{name}`
where a value goes. An entry with msgid_plural chooses its form by the value called `count`.

What stands beside its subject in Chinese and English (names of metrics, titles of rules, notes of checks) has
its words in a further language here too: the key of such an entry is the English sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

CATALOGUES = Path(__file__).parent / "catalogues"
# What a sentence is shown in where a language lacks it: a test sees to it that none does.
FALLBACK = "en"


def languages() -> tuple[str, ...]:
    """Every language that has a file, Chinese first."""
    return _found(CATALOGUES, CATALOGUES.stat().st_mtime_ns)


@cache
def _found(folder: Path, _: int) -> tuple[str, ...]:
    return tuple(sorted((path.stem for path in folder.glob("*.po")), reverse=True))


@cache
def catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    """Key to sentence, or to its plural forms. Raises ValueError for a language without a file."""
    path = CATALOGUES / f"{language}.po"
    if not path.is_file():
        raise ValueError(f"no catalogue for {language!r}; there are: {', '.join(languages())}")
    from babel.messages.pofile import read_po  # here: a command that says nothing is quick

    with path.open("rb") as file:
        read = read_po(file, locale=language)
    return {
        entry.id if isinstance(entry.id, str) else entry.id[0]: (
            entry.string if isinstance(entry.string, str) else tuple(entry.string or ())
        )
        for entry in read
        if entry.id
    }


def translated(english: str, language: str) -> str | None:
    """What a further language has for an English sentence that stands beside its subject, not here."""
    known = catalogue(language) if language in languages() else {}
    for key in (english, f"{english}."):  # a note is quoted inside a sentence, without its stop
        said = known.get(key)
        if isinstance(said, str) and said:
            return said.removesuffix(".") if key != english else said
    return None


def has(key: str) -> bool:
    """Whether the catalogues know a key: for keys made from data, such as a state or a metric."""
    return key in catalogue(FALLBACK)


def sentence(key: str, language: str, count: float | None = None) -> str:
    """The unfilled sentence of a key. Raises KeyError for a key that no catalogue has."""
    entry = catalogue(language).get(key) or catalogue(FALLBACK)[key]
    if isinstance(entry, str):
        return entry
    return entry[min(_form(language, count), len(entry) - 1)]


def _form(language: str, count: float | None) -> int:
    """Which plural form a number takes, in the order of the language's own categories."""
    rule, order = _plurals(language)
    return order.index(rule(0 if count is None else count))


@cache
def _plurals(language: str) -> tuple[Callable[[float], str], list[str]]:
    """The category of a number, and the categories in their order."""
    from babel import Locale

    rule = Locale.parse(language).plural_form
    tags = _tags(rule)
    return rule, [tag for tag in ("zero", "one", "two", "few", "many", "other") if tag in tags]


def _tags(rule: object) -> set[str]:
    return {*getattr(rule, "tags", ()), "other"}
