"""What the doctor says to one question: how it stands, and what to do about it.

Add here: nothing else. Keep out: the questions (`doctor.py`, `doctor_data.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.language import Text, text
from pipelines.settings import Settings

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Answer:
    """What was asked, how it stands, and what to do if it is not well."""

    question: str
    state: State
    said: Text
    next_step: Text | None = None


Question = Callable[[Settings, dt.datetime], Iterator[Answer]]


def answer(question: str, state: State, key: str, **values: object) -> Answer:
    """The catalogue's sentence `doctor.QUESTION.KEY`, with its `.next` unless all is well."""
    name = f"doctor.{question}.{key}"
    step = None if state == "ok" else text(f"{name}.next", **values)
    return Answer(question, state, text(name, **values), step)
