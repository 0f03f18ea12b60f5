"""The language this process speaks to whoever started it.

Add here: how that language is chosen. Keep out: the languages of single readers, who are asked by
`Text.into(language)`.
"""

from __future__ import annotations

import os

from pipelines.language.catalogue import FALLBACK, languages

# `--lang` says it to this process and to those it starts, whatever the company speaks.
VARIABLE = "FOREWARN_LANG"
_spoken = FALLBACK


def speak(language: str) -> None:
    """From now on `str()` of a text is in this language. Raises ValueError for an unknown one."""
    global _spoken
    if language not in languages():
        raise ValueError(f"no catalogue for {language!r}; there are: {', '.join(languages())}")
    _spoken = language


def spoken() -> str:
    """The language in force: the company's, or what `--lang` says; English before either is known."""
    return _spoken


def speak_as(language: str | None) -> None:
    """Speak what FOREWARN_LANG says, else `language`; without either nothing changes.

    An unknown language in FOREWARN_LANG is passed over: `--lang` has refused it before.
    """
    wanted = os.environ.get(VARIABLE)
    chosen = wanted if wanted in languages() else language
    if chosen:
        speak(chosen)
