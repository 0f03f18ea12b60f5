"""An alert's sentence taken apart again, in whatever language it was written.

Add here: a part that some page shows elsewhere or not at all. Keep out: how the sentence is put together
(`alerting/words/messages.py`), and what a page does with its parts.

Where a part begins is read from the catalogues, so that a further language needs nothing here. A sentence
written by hand has no such parts and stays whole.
"""

from __future__ import annotations

import re
from functools import cache

from pipelines.language.catalogue import languages, sentence

_LEVELS = ("alerts.level.normal", "alerts.level.warning", "alerts.level.danger")


def without_level(said: str) -> str:
    """The sentence without the level it begins with, for a line that shows the level itself."""
    return _level_head(languages()).sub("", said).strip()


def without_advice(said: str) -> tuple[str, str]:
    """What the sentence says, and the advice at its end (empty without one)."""
    for head in _advice_heads(languages()):
        if head in said:
            body, _, advice = said.rpartition(head)
            return body.strip(), advice.strip()
    return said, ""


@cache
def _level_head(known: tuple[str, ...]) -> re.Pattern[str]:
    heads = []
    for language in known:
        levels = "|".join(re.escape(sentence(key, language)) for key in _LEVELS)
        before, _, after = _before("alerts.head", "{where}", language).partition("{level}")
        heads.append(f"{re.escape(before)}(?:{levels}){re.escape(after)}")
    return re.compile(rf"^\s*(?:{'|'.join(heads)})")


@cache
def _advice_heads(known: tuple[str, ...]) -> tuple[str, ...]:
    heads = {_before("alerts.advice", "{advice}", language) for language in known}
    return tuple(sorted(heads, key=len, reverse=True))  # one may be the end of another


def _before(key: str, blank: str, language: str) -> str:
    return sentence(key, language).partition(blank)[0]
