"""Posting one message to one program, signed as Standard Webhooks has it.

Add here: a header, a rule about addresses. Keep out: what is posted (`queueing.py`), when it is tried
again (`outbox.py`).

    webhook-id         stays the same however often one message is sent: whoever has it ignores it
    webhook-timestamp  seconds since 1970 of this sending; receivers refuse what is minutes old
    webhook-signature  v1,BASE64(HMAC-SHA256(secret, "id.timestamp.body"))
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pipelines.configuration.mailbox import is_loopback
from pipelines.language import Text, text
from pipelines.notifying.channels import Outcome
from pipelines.notifying.messages import Message
from pipelines.notifying.secrets import redacted, resolve
from pipelines.sources.http.addresses import (
    behind_proxy,
    is_public,
    only_public_peers,
    resolved,
)

SECONDS = 10.0
_PREFIX = "whsec_"
_SHORTEST = 24


def key_of_secret(secret: str) -> bytes | None:
    """The key behind a secret: `whsec_` and Base64, or any text of 24 signs; None if it is too short."""
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            return None
        return key if len(key) >= _SHORTEST else None
    return secret.encode() if len(secret) >= _SHORTEST else None


def signature(key: bytes, ident: str, timestamp: int, body: bytes) -> str:
    """What a receiver computes too."""
    signed = f"{ident}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def refusal(
    url: str, *, private: bool, resolve_name: Callable[[str], list[str]] = resolved
) -> Text | None:
    """Why nothing is sent to an address; None if it may be.

    In the clear only to this machine. Networks that are not public, this machine included, only
    where the configuration says so: whoever may name an address must not reach what is inside.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        return text("webhooks.no_address")
    if not host or parts.scheme not in ("http", "https") or parts.username:
        return text("webhooks.no_address")
    if parts.scheme == "http" and not is_loopback(host):
        return text("webhooks.in_the_clear")
    if private:
        return None
    try:
        is_inside = not is_public(host)
    except ValueError:
        is_inside = any(not is_public(address) for address in resolve_name(host))
    return text("webhooks.private") if is_inside or is_loopback(host) else None


def _watching(address: str, private: bool) -> dict[str, Any]:
    """The name is looked up again for the connection: what it leads to then counts, too."""
    if private or behind_proxy(address):
        return {}
    import httpx

    said = str(text("webhooks.private"))
    return {"trace": only_public_peers(lambda _: httpx.ConnectError(said))}


def post_to(
    url: str,
    secret: str,
    *,
    private: bool,
    environment: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> Callable[..., Outcome]:
    """A way of sending for the outbox; it never raises and tells no address."""
    import httpx  # here: whoever only reads the configuration, such as the board, needs none

    from pipelines.sources.http.transport import certificates

    def send(_reference: str, message: Message, *, key: str, **_: Any) -> Outcome:
        try:
            address, secret_value = resolve(url, environment), resolve(secret, environment)
        except KeyError as error:
            return Outcome(False, str(text("notice.channel.no_variable", name=error.args[0])))
        signing = key_of_secret(secret_value)
        if signing is None:
            return Outcome(False, str(text("config.webhooks.short")))
        why = refusal(address, private=private)
        if why is not None:
            return Outcome(False, str(why))
        body, now = message.text.encode(), int(clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "forewarn",
            "webhook-id": key,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(signing, key, now, body),
        }
        inside = is_loopback(urlsplit(address).hostname or "")
        try:
            # No redirect is followed: it could lead where the configuration does not.
            with httpx.Client(
                timeout=SECONDS,
                follow_redirects=False,
                trust_env=not inside,
                verify=certificates(trust_env=not inside),
            ) as client:
                reply = client.post(
                    address, content=body, headers=headers, extensions=_watching(address, private)
                )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Outcome(False, redacted(f"{type(error).__name__}: {error}", address))
        return Outcome(reply.is_success, "" if reply.is_success else f"HTTP {reply.status_code}")

    return send
