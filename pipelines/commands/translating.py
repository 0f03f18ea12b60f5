"""A further language: its catalogue begun, or brought up to date.

Add here: a place whose Chinese and English a further language translates as well. Keep out: how catalogues are
read (`pipelines/language/`).

Run as `python -m pipelines.commands.translating de`: `catalogues/de.po` gets every sentence there is, in English
where it has no translation yet. Beside the keyed sentences of `en.po` these are the texts that stand in Chinese
and English beside their subject (names of metrics, titles and advice of rules, notes of checks): their key is
the English text itself. What nobody asks for any more goes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from pipelines.language.catalogue import CATALOGUES
from pipelines.settings import DBT_PROJECT, PROJECT, load_settings

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def in_two_languages(folders: Iterable[Path]) -> set[str]:
    """The English of every text that the yml files of some folders hold in Chinese and English."""
    return {
        " ".join(words.split())
        for folder in folders
        for path in folder.rglob("*.yml")
        if "target" not in path.parts
        for words in _english(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER))
    }


def _english(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _english(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            twin = f"{str(key)[:-2]}zh"
            if str(key).endswith("en") and isinstance(value, str) and node.get(twin):
                yield value
            else:
                yield from _english(value)


def catalogue_of(language: str, texts: Iterable[str]) -> Catalog:
    """The whole catalogue of a language: what is translated already, the rest in English.

    Raises babel's UnknownLocaleError for a code that is none.
    """
    locale = Locale.parse(language)
    path = CATALOGUES / f"{language}.po"
    known = Catalog(locale=locale)
    if path.is_file():
        with path.open("rb") as file:
            known = read_po(file, locale=language)
    with (CATALOGUES / "en.po").open("rb") as file:
        english = read_po(file, locale="en")
    made = Catalog(locale=locale)
    for entry in english:
        if entry.id:
            given = known.get(entry.id if isinstance(entry.id, str) else entry.id[0])
            said = given.string if given is not None and given.string else entry.string
            forms = (said,) if isinstance(said, str) else tuple(said or ())
            if not isinstance(entry.id, str):  # as many forms as the language has
                said = tuple(forms[min(n, len(forms) - 1)] for n in range(made.num_plurals))
            made.add(entry.id, said)
    for words in sorted(texts):
        given = known.get(words)
        made.add(words, given.string if given is not None and given.string else words)
    return made


def main() -> None:
    """Write the catalogue of the language named on the command line."""
    language = sys.argv[1]
    folders = (DBT_PROJECT, PROJECT / "quality", load_settings().config_dir)
    made = catalogue_of(language, in_two_languages(folders))
    with (CATALOGUES / f"{language}.po").open("wb") as file:
        write_po(file, made, width=0, sort_output=True)


if __name__ == "__main__":
    main()
