"""What a reply is, and what a system's own rules may say about it.

Add here: a question that several systems ask of a reply. Keep out: sending (`client.py`), and the
error codes of one system: its connector passes a `judge` to the client.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from pipelines.failures import PermanentFailure
from pipelines.language import Said, Text, text

_UNREAD = object()
SHAPE = "_shape"  # code of a verdict: JSON, but not of the expected shape
# What to do where the rules of the system know nothing better.
USUAL_STEP = text("sources.http.check_address_rights_options_source")

Action = Literal["accept", "retry", "login", "transient", "permanent"]


class Refusal(PermanentFailure):
    """The system understood the request and refused it. `status` and `code` as it gave them."""

    def __init__(
        self,
        tried: Said,
        *,
        where: Said = "",
        cause: Said = "",
        next_step: Said = "",
        status: int = 0,
        code: str = "",
    ) -> None:
        super().__init__(tried, where=where, cause=cause, next_step=next_step)
        self.status, self.code = status, code

    @property
    def words(self) -> Text:
        """The cause, for a load that goes on; in Chinese the system's own words stand in quotes."""
        if self.code == SHAPE:
            return text("sources.not_the_agreed_shape", status=self.status, said=self.cause)
        return text("sources.said_by_system", said=self.cause)


@dataclass
class Reply:
    """One complete reply. `headers` has lower-case names; `where` is the endpoint without query."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    where: str
    _json: Any = field(default=_UNREAD, repr=False)

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def json(self) -> Any:
        """The body as JSON; raises ValueError if it is none."""
        if self._json is _UNREAD:
            self._json = parse_json(self.body)
        return self._json

    def json_or_none(self) -> Any:
        """The body as JSON, or None if it is not JSON (an HTML page, a cut body, nothing)."""
        try:
            return self.json
        except ValueError:
            return None


@dataclass(frozen=True)
class Verdict:
    """What to do with a reply.

    accept: give it to the caller, whatever its status; retry: try again within the policy, after
    `wait` seconds if the system named a time; login: the token is dead, log in once and repeat;
    transient: stop now, a later run may succeed (a daily limit); permanent: stop now, a person has
    to act. `code` is the system's own error code, for callers that catch `Refusal`.
    """

    action: Action
    cause: Said = ""
    next_step: Said = ""
    code: str = ""
    wait: float | None = None


# Gets every reply before the general rules; None leaves it to them.
Judge = Callable[[Reply], Verdict | None]


def parse_json(body: bytes) -> Any:
    """JSON by the quick parser, and by the lenient one when that refuses.

    A lone surrogate or 1e309 in one record would otherwise make a whole page unreadable; so they
    get through to the column rules, which reject the one record. Raises ValueError.
    """
    body = body.removeprefix(b"\xef\xbb\xbf")  # a mark that some servers begin with
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if body.lstrip()[:1] not in (b"{", b"["):
            raise ValueError(str(error)) from None
        try:
            return json.loads(body)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def shape_fault(
    content: Any, expected: Mapping[str, type | tuple[type, ...]] | type
) -> Text | None:
    """Why a JSON body is not of the expected shape; None if it is.

    `expected` is a type for the whole body, or a mapping of keys that must be there to their types.
    """
    if isinstance(expected, type):
        if isinstance(content, expected):
            return None
        return text("sources.http.shape.other", wanted=expected.__name__, found=_named(content))
    if not isinstance(content, dict):
        return text("sources.http.shape.no_object", found=_named(content))
    for key, kind in expected.items():
        if key not in content:
            return text("sources.http.shape.without", key=repr(key))
        if not isinstance(content[key], kind):
            return text("sources.http.shape.is", key=repr(key), found=_named(content[key]))
    return None


def _named(content: Any) -> str:
    return "null" if content is None else type(content).__name__
