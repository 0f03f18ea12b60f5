"""The language this process speaks to whoever started it.

Add here: how that language is chosen. Keep out: the languages of single readers, who are asked by
`Text.into(language)`.
"""

from __future__ import annotations

from pipelines.language.catalogue import FALLBACK, LANGUAGES

_spoken = FALLBACK


def speak(language: str) -> None:
    """From now on `str()` of a text is in this language. Raises ValueError for an unknown one."""
    global _spoken
    if language not in LANGUAGES:
        raise ValueError(f"no catalogue for {language!r}; there are: {', '.join(LANGUAGES)}")
    _spoken = language


def spoken() -> str:
    """The language in force: the company's, or what `--lang` says; English before either is known."""
    return _spoken
