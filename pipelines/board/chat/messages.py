"""What all platforms have in common: a message that was checked, and why one is not taken.

Add here: something that every platform says of a message. Keep out: what single platforms do.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from pipelines.configuration.chat import Chat, Platform
from pipelines.notifying.secrets import resolve


class Untrue(Exception):
    """The request does not come from the platform, or came before; the caller learns no more."""


@dataclass(frozen=True)
class Heard:
    """A message of a person. `senders`: every id the platform gives them. `keys`: what must be new.

    `once` are keys of the proof itself: one that was used before is a forgery, while one of `keys` is
    the platform that asks again. `answer` makes the reply of the request, `say` sends it afterwards.
    """

    platform: Platform
    senders: tuple[str, ...]
    text: str
    keys: tuple[str, ...]
    once: tuple[str, ...] = ()
    answer: Callable[[str], Response] | None = None
    say: Callable[[str], None] | None = None


@dataclass(frozen=True)
class Request:
    """A request as it came, unchanged."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


# What a platform makes of a request: a reply at once, or a message.
Hear = Callable[[Chat, Request], "Heard | Response"]


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that says nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def fresh(written: str, *, within: float, unit: float = 1.0) -> None:
    """Raises Untrue for a moment (in `unit` seconds since 1970) that is too long ago or to come."""
    is_number = written.isascii() and written.isdecimal() and len(written) < 16
    if not is_number or abs(time.time() - int(written) * unit) > within:
        raise Untrue


def secret(reference: str) -> str:
    """The value behind `${NAME}`. Raises Untrue where it is not set: then nothing can be proved."""
    try:
        return resolve(reference, os.environ)
    except KeyError:
        raise Untrue from None


def field(content: Any, *path: str) -> str:
    """A text deep in a JSON object, empty where there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, str) else ""
