"""Tokens that are reused, renewed before they end, and renewed once when a system calls them dead.

Add here: a way to carry a credential that two systems share. Keep out: how one system gives out its
token; its connector passes a function `fetch(client) -> Token`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipelines.failures import Failure, PermanentFailure
from pipelines.language import Said, text
from pipelines.sources.http.logins import LoginMemory, LoginRefused
from pipelines.sources.http.redaction import Redactor
from pipelines.sources.http.replies import SHAPE, Refusal, Reply
from pipelines.sources.http.transport import Outgoing


class Asking(Protocol):
    """What a login needs of the client that asks; see `ReadOnlyClient` for what the calls do."""

    base_url: str
    name: str
    redactor: Redactor

    def forget_cookies(self) -> None: ...

    def post_form(
        self, path: str, form: Mapping[str, str], *, expect: Any = None, tried: Said = ""
    ) -> Reply: ...

    def post_json(
        self,
        path: str,
        json: Any,
        *,
        params: Mapping[str, Any] | None = None,
        expect: Any = None,
        authorised: bool = True,
        tried: Said = "",
    ) -> Reply: ...


@dataclass(frozen=True)
class Token:
    """A token as a login gave it. `lives_for`: seconds from now, None if the system does not say.

    `base_url`: where data calls go, if the login names another address than the configured one.
    """

    value: str = field(repr=False)
    lives_for: float | None = None
    base_url: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


class Auth(Protocol):
    """What the client needs of a credential."""

    def prepare(self, client: Asking, outgoing: Outgoing) -> Token | None:
        """Log in if need be and put the credential into the request; the token that was used."""
        ...

    def renew(self, client: Asking, used: Token | None) -> bool:
        """Log in again after `used` was refused; False if there is nothing to renew."""
        ...

    def refused(self, failure: Failure) -> Failure:
        """Use this credential no more: it was refused for good. What to raise, now and ever after."""
        ...

    def accepted(self) -> None:
        """The system has answered a request with this credential."""
        ...


class FixedAuth:
    """A key that never changes, as headers: `FixedAuth({"Authorization": "Bearer ..."})`."""

    def __init__(self, headers: Mapping[str, str], *, memory: LoginMemory | None = None) -> None:
        self._headers, self._memory = dict(headers), memory
        self._refused: LoginRefused | None = None
        self._asked = self._known_good = False

    def prepare(self, client: Asking, outgoing: Outgoing) -> Token | None:
        if self._refused:
            raise self._refused
        if self._memory and not self._asked:
            self._memory.stop_if_refused()
        self._asked = True
        client.redactor.learn(*self._headers.values())
        # "Bearer abc": the part after the scheme is the secret wherever it turns up.
        client.redactor.learn(*(value.split()[-1] for value in self._headers.values() if value))
        outgoing.headers.update(self._headers)
        return None

    def renew(self, client: Asking, used: Token | None) -> bool:
        return False

    def refused(self, failure: Failure) -> Failure:
        self._refused = _as_login(failure)
        if self._memory:
            self._memory.refused(self._refused)
        return self._refused

    def accepted(self) -> None:
        if self._memory and not self._known_good:
            self._memory.accepted()
        self._known_good = True


def bearer(outgoing: Outgoing, token: Token) -> None:
    """The usual place of a token: `Authorization: Bearer`."""
    outgoing.headers["Authorization"] = f"Bearer {token.value}"


class TokenAuth:
    """Fetches a token when first needed and keeps it.

    `fetch(client)` logs in, by `client.post_json(..., authorised=False)` and the like. A login that
    the system refuses is the last one: whoever asks again gets the same `LoginRefused`, and `memory`
    keeps it for later runs. `place(outgoing, token)` puts the token into a request (header, parameter or
    body). A token is renewed `early` seconds before its end. `most_logins` per run guards against a
    system that gives out dead tokens, and accounts against being locked. `signed`: there is no login,
    each request is signed with the secret; a refused one is refused for good, and remembered.
    """

    def __init__(
        self,
        fetch: Callable[[Asking], Token],
        *,
        place: Callable[[Outgoing, Token], None] = bearer,
        early: float = 60.0,
        most_logins: int = 20,
        memory: LoginMemory | None = None,
        signed: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._place, self._early, self._signed = fetch, place, early, signed
        self._most_logins, self._clock, self._memory = most_logins, clock, memory
        self._token: Token | None = None
        self._ends_at: float | None = None
        self._known_good = False
        self._refused: LoginRefused | None = None
        self._lock = threading.RLock()
        self.logins = 0

    def token(self, client: Asking) -> Token:
        """The token in use; logs in if there is none or it is about to end."""
        with self._lock:
            if self._refused:
                raise self._refused
            about_to_end = self._ends_at is not None and self._clock() >= self._ends_at
            if self._token is None or about_to_end:
                self._login(client)
            assert self._token is not None
            return self._token

    def prepare(self, client: Asking, outgoing: Outgoing) -> Token | None:
        token = self.token(client)
        self._place(outgoing, token)
        return token

    def renew(self, client: Asking, used: Token | None) -> bool:
        with self._lock:
            # Another thread may have renewed it meanwhile.
            if self._token is used and not self._signed:
                self._login(client)
            return not self._signed

    def refused(self, failure: Failure) -> Failure:
        """A token that was just given out is refused: logging in once more would change nothing."""
        with self._lock:
            self._refused = _as_login(failure)
            if self._memory and self._signed:
                self._memory.refused(self._refused)
            return self._refused

    def accepted(self) -> None:
        # Of a login its own answer tells; of a signature only that of a request.
        if self._memory and self._signed and not self._known_good:
            self._memory.accepted()
        self._known_good = True

    def _login(self, client: Asking) -> None:
        if self._refused:
            raise self._refused
        if self.logins >= self._most_logins:
            raise PermanentFailure(
                text("sources.login.sessions", source=client.name),
                cause=text("sources.login.sessions.why", count=self.logins),
                next_step=text("sources.login.sessions.step"),
            )
        if self._memory and not self.logins:
            self._memory.stop_if_refused()
        self.logins += 1
        self._token = None  # a failed login must not leave the dead token in use
        try:
            token = self._fetch(client)
        except PermanentFailure as failure:
            self._refused = _as_login(failure)
            if self._memory and _means_the_credentials(failure):
                self._memory.refused(self._refused)
            raise self._refused from None
        client.redactor.learn(token.value)
        if self._memory and not self._signed:
            self._memory.accepted()
        self._token = token
        self._ends_at = None
        if token.lives_for is not None:
            # A token that lives shorter than `early` would otherwise be renewed for every request.
            self._ends_at = self._clock() + max(token.lives_for - self._early, token.lives_for / 2)


def _means_the_credentials(failure: PermanentFailure) -> bool:
    """A page of a proxy, another shape, a private key that is none: nobody has judged them."""
    if not isinstance(failure, Refusal) or failure.code == SHAPE:
        return False
    return failure.code != str(failure.status) or failure.status == 401


def _as_login(failure: Failure) -> LoginRefused:
    return LoginRefused(
        failure.tried, where=failure.where, cause=failure.cause, next_step=failure.next_step
    )
