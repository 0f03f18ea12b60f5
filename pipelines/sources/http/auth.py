"""Tokens that are reused, renewed before they end, and renewed once when a system calls them dead.

Add here: a way to carry a credential that two systems share. Keep out: how one system gives out its
token; its connector passes a function `fetch(client) -> Token`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.failures import PermanentFailure

if TYPE_CHECKING:
    from pipelines.sources.http.client import ReadOnlyClient
    from pipelines.sources.http.transport import Outgoing


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

    def prepare(self, client: ReadOnlyClient, outgoing: Outgoing) -> Token | None:
        """Log in if need be and put the credential into the request; the token that was used."""
        ...

    def renew(self, client: ReadOnlyClient, used: Token | None) -> bool:
        """Log in again after `used` was refused; False if there is nothing to renew."""
        ...


class FixedAuth:
    """A key that never changes, as headers: `FixedAuth({"Authorization": "Bearer ..."})`."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)

    def prepare(self, client: ReadOnlyClient, outgoing: Outgoing) -> Token | None:
        client.redactor.learn(*self._headers.values())
        # "Bearer abc": the part after the scheme is the secret wherever it turns up.
        client.redactor.learn(*(value.split()[-1] for value in self._headers.values() if value))
        outgoing.headers.update(self._headers)
        return None

    def renew(self, client: ReadOnlyClient, used: Token | None) -> bool:
        return False


def bearer(outgoing: Outgoing, token: Token) -> None:
    """The usual place of a token: `Authorization: Bearer`."""
    outgoing.headers["Authorization"] = f"Bearer {token.value}"


class TokenAuth:
    """Fetches a token when first needed and keeps it.

    `fetch(client)` logs in, by `client.get_json(..., authorised=False)` and the like; what it raises
    goes to the caller. `place(outgoing, token)` puts the token into a request (header, parameter or
    body). A token is renewed `early` seconds before its end. `most_logins` per run guards against a
    system that gives out dead tokens, and accounts against being locked.
    """

    def __init__(
        self,
        fetch: Callable[[ReadOnlyClient], Token],
        *,
        place: Callable[[Outgoing, Token], None] = bearer,
        early: float = 60.0,
        most_logins: int = 20,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch, self._place, self._early = fetch, place, early
        self._most_logins, self._clock = most_logins, clock
        self._token: Token | None = None
        self._ends_at: float | None = None
        self._lock = threading.RLock()
        self.logins = 0

    def token(self, client: ReadOnlyClient) -> Token:
        """The token in use; logs in if there is none or it is about to end."""
        with self._lock:
            about_to_end = self._ends_at is not None and self._clock() >= self._ends_at
            if self._token is None or about_to_end:
                self._login(client)
            assert self._token is not None
            return self._token

    def prepare(self, client: ReadOnlyClient, outgoing: Outgoing) -> Token | None:
        token = self.token(client)
        self._place(outgoing, token)
        return token

    def renew(self, client: ReadOnlyClient, used: Token | None) -> bool:
        with self._lock:
            # Another thread may have renewed it meanwhile.
            if self._token is used:
                self._login(client)
            return True

    def _login(self, client: ReadOnlyClient) -> None:
        if self.logins >= self._most_logins:
            raise PermanentFailure(
                f"Could not stay logged in to {client.name}",
                cause=f"the system has ended {self.logins} sessions within one run",
                next_step="look for another program that logs in with the same account",
            )
        self.logins += 1
        self._token = None  # a failed login must not leave the dead token in use
        token = self._fetch(client)
        client.redactor.learn(token.value)
        self._token = token
        self._ends_at = None
        if token.lives_for is not None:
            # A token that lives shorter than `early` would otherwise be renewed for every request.
            self._ends_at = self._clock() + max(token.lives_for - self._early, token.lives_for / 2)
