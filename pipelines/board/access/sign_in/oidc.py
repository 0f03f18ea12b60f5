"""OpenID Connect by Authlib: authorization code with PKCE, the ID token checked against the provider's keys.

Add here: something that providers of OpenID Connect differ in. Keep out: the way through the pages (`flow.py`).
"""

from __future__ import annotations

import time
from typing import Any

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from pipelines.board.access.sign_in.attempts import (
    Attempt,
    NotSignedIn,
    asked,
    goes_outside,
    secret,
)
from pipelines.configuration.sign_in import Oidc

# Never `none`, and never one that is signed with our own secret.
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
]
LEEWAY = 60
# The description of a provider and its keys are read anew after so long, keys also when one is missing.
KEPT_SECONDS = 3600.0


class OidcProvider:
    """One provider; what it says of itself is kept for an hour."""

    name = "oidc"

    def __init__(self, settings: Oidc) -> None:
        self._settings = settings
        self._known: dict[str, tuple[float, dict[str, Any]]] = {}

    def address(self, attempt: Attempt, done: str) -> str:
        with self._client(done) as client:
            found, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier,
            )  # fmt: skip
        return str(found)

    def identify(self, attempt: Attempt, code: str, done: str) -> str:
        try:
            with self._client(done) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"), grant_type="authorization_code", code=code,
                    code_verifier=attempt.verifier, timeout=10.0,
                )  # fmt: skip
            claims = self._claims(str(token["id_token"]), attempt.nonce, token.get("access_token"))
        except (OAuthError, JoseError, httpx.HTTPError, ValueError, KeyError, TypeError):
            raise NotSignedIn from None
        named = claims.get(self._settings.claim)
        if not isinstance(named, str) or not named:
            raise NotSignedIn
        if self._settings.claim == "email" and claims.get("email_verified") is False:
            raise NotSignedIn  # anybody may have typed it
        return named

    def _client(self, done: str) -> OAuth2Client:
        settings = self._settings
        return OAuth2Client(
            settings.client_id, secret(settings.client_secret), scope=settings.scope,
            redirect_uri=done, code_challenge_method="S256", trust_env=goes_outside(settings.issuer),
        )  # fmt: skip

    def _claims(self, id_token: str, nonce: str, access_token: str | None) -> CodeIDToken:
        try:
            read = jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have new keys.
            self._known.pop("keys", None)
            read = jwt.decode(id_token, self._keys(), algorithms=ALGORITHMS)
        options = {
            "iss": {"essential": True, "value": self._description()["issuer"]},
            "aud": {"essential": True, "value": self._settings.client_id},
            "nonce": {"essential": True, "value": nonce},
        }
        params = {
            "client_id": self._settings.client_id,
            "nonce": nonce,
            "access_token": access_token,
        }
        claims = CodeIDToken(read.claims, read.header, options, params)
        claims.validate(leeway=LEEWAY)
        return claims

    def _keys(self) -> KeySet:
        return KeySet.import_key_set(
            self._read("keys", str(self._description()["jwks_uri"]))  # type: ignore[arg-type]
        )

    def _description(self) -> dict[str, Any]:
        issuer = self._settings.issuer
        found = self._read("description", f"{issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise NotSignedIn
        return found

    def _endpoint(self, name: str) -> str:
        found = self._description().get(name)
        if not isinstance(found, str):
            raise NotSignedIn
        return found

    def _read(self, what: str, address: str) -> dict[str, Any]:
        known = self._known.get(what)
        if known is None or time.monotonic() - known[0] > KEPT_SECONDS:
            known = (time.monotonic(), asked(address))
            self._known[what] = known
        return known[1]
