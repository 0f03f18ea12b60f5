"""One attempt to sign in: what it must come back with, and what a provider has to be able to do.

Add here: a value that goes along. Keep out: what single providers do with it.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer

from pipelines.configuration.mailbox import is_loopback
from pipelines.notifying.secrets import resolve

# People look for their phone; codes of providers last five minutes.
SECONDS = 600


class NotSignedIn(Exception):
    """The provider did not say who it is, or what it said was not for this attempt."""


@dataclass(frozen=True)
class Attempt:
    """`state` comes back in the address, `nonce` in the ID token; `verifier` is shown with the code (PKCE)."""

    back: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Attempts:
    """Keeps an attempt in a signed cookie of the browser that began it: no other browser can end it."""

    def __init__(self, key: str) -> None:
        secret = hashlib.sha256(f"sign in {key}".encode()).digest()
        self._signer = URLSafeTimedSerializer(secret, salt="forewarn-sign-in")

    def write(self, attempt: Attempt) -> str:
        return self._signer.dumps(vars(attempt))

    def read(self, cookie: str) -> Attempt:
        """Raises NotSignedIn for one that is not ours or too old."""
        try:
            return Attempt(**self._signer.loads(cookie, max_age=SECONDS))
        except (BadData, TypeError):
            raise NotSignedIn from None


class Provider(Protocol):
    """`name` stands in the ledger."""

    name: str

    def address(self, attempt: Attempt, done: str) -> str:
        """Where the browser is sent; it comes back to `done` with a code."""

    def identify(self, attempt: Attempt, code: str, done: str) -> str:
        """What the provider calls whoever has signed in. Raises NotSignedIn."""


def secret(reference: str) -> str:
    """The value behind `${NAME}`. Raises NotSignedIn where it is not set."""
    try:
        return resolve(reference, os.environ)
    except KeyError:
        raise NotSignedIn from None


def asked(
    address: str, *, token: str = "", content: dict[str, Any] | None = None, **query: str
) -> dict[str, Any]:
    """The JSON object at an address of the provider, `content` posted to it. Raises NotSignedIn."""
    import httpx  # here: 5 MiB that a board behind a proxy does not hold

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    method = "GET" if content is None else "POST"
    try:
        reply = httpx.request(
            method, address, params=query or None, json=content, headers=headers, timeout=10.0,
            trust_env=goes_outside(address),
        )  # fmt: skip
        found = reply.json() if reply.is_success else None
    except (httpx.HTTPError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise NotSignedIn
    return found


def goes_outside(address: str) -> bool:
    """Whether a proxy of the environment may stand between: not on the way to this machine."""
    return not is_loopback(urlsplit(address).hostname or "")
