"""Logging in to Salesforce without a person: client credentials, or a signed JWT.

Add here: another flow that an unattended job may use. Keep out: reuse and renewal of the token
(`http/auth.py`). SOAP login and the password flow are left out on purpose: both are being retired.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.http import Asking, Token

TOKEN_PATH = "/services/oauth2/token"
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_SECONDS = 180


def fetch_token(source: Source, now: Callable[[], float] = time.time) -> Callable[[Asking], Token]:
    """Function that logs in: by JWT if `auth` has a private_key, else by client credentials.

    A token carries no end: it lives as long as the org's session policy says, so it is renewed
    only when it is refused.
    """

    def fetch(client: Asking) -> Token:
        client_id = source.secret("client_id")
        client.redactor.learn(client_id)
        if "private_key" in source.auth:
            form = {"grant_type": _JWT_GRANT, "assertion": _assertion(source, client_id, now())}
            client.redactor.learn(form["assertion"])
        else:
            secret = source.secret("client_secret")
            client.redactor.learn(secret)
            form = {
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
            }
        reply = client.post_form(
            TOKEN_PATH,
            form,
            expect={"access_token": str, "instance_url": str},
            tried=text("sources.salesforce.could_not_log", source=source.name),
        )
        return Token(
            reply.json["access_token"],
            base_url=reply.json["instance_url"],
            # The user's own address: .../id/<org>/<user>
            details={"user": str(reply.json.get("id") or "").rpartition("/")[2]},
        )

    return fetch


def _assertion(source: Source, client_id: str, now: float) -> str:
    """The signed statement who wants to log in; RS256, as the JWT bearer flow asks (RFC 7523)."""
    host = urlsplit(source.base_url or "").hostname or ""
    place = "test" if ".sandbox." in host or host.startswith("test.") else "login"
    claims: dict[str, object] = {
        "iss": client_id,
        "sub": source.secret("username"),
        "aud": source.auth.get("audience", f"https://{place}.salesforce.com"),
        "exp": int(now) + _JWT_SECONDS,
    }
    signed = _part({"alg": "RS256", "typ": "JWT"}) + b"." + _part(claims)
    try:
        key = RSA.import_key(_key_text(source.secret("private_key")))
        signature = pkcs1_15.new(key).sign(SHA256.new(signed))
    except (ValueError, TypeError, IndexError):
        raise PermanentFailure(
            text("sources.salesforce.could_not_log", source=source.name),
            where="sources.yml auth.private_key",
            cause=text("sources.salesforce.no_rsa_private_key_pem"),
            next_step=text("sources.salesforce.give_key_s_text_path"),
        ) from None
    return (signed + b"." + _encoded(signature)).decode()


def _key_text(value: str) -> str:
    """The key itself; a path is followed, and line ends that were written out become real."""
    if "BEGIN" in value:
        return value.replace("\\n", "\n")
    try:
        return Path(value).expanduser().read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return ""


def _part(content: dict[str, object]) -> bytes:
    return _encoded(json.dumps(content, separators=(",", ":")).encode())


def _encoded(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
