"""Logging in to 纷享销客 without a person: app secret and permanent code, header style.

Add here: another grant that an unattended job may use. Keep out: reuse and renewal of the token
(`http/auth.py`).

A token lives two hours, but within the first 6600 seconds the endpoint gives out the same one, so
`expiresIn` is what is left of it. The endpoint takes ten calls a minute, one at a time: `TokenAuth`
logs in under a lock. The older style, with the token in every body, is not used: the two write ids
of people in different forms, and mixed forms do not join.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from pipelines.configuration.sources import Source
from pipelines.language import text
from pipelines.sources.fxiaoke.answers import CODE
from pipelines.sources.http import Asking, Outgoing, Token

TOKEN = "/oauth2.0/token"
RENEWED_EARLY = 300.0  # seconds
_LONGEST = 6_600.0 + RENEWED_EARLY
_USUAL = 7_200.0


def fetch_token(source: Source) -> Callable[[Asking], Token]:
    """Function that logs in with the credentials of `source.auth`."""

    def fetch(client: Asking) -> Token:
        secret, code = source.secret("app_secret"), source.secret("permanent_code")
        client.redactor.learn(secret, code)
        body = {
            "appId": source.secret("app_id"),
            "appSecret": secret,
            "permanentCode": code,
            "grantType": "app_secret",
        }
        reply = client.post_json(
            TOKEN,
            body,
            params={"thirdTraceId": str(uuid.uuid4())},
            expect={"errorCode": CODE, "accessToken": str, "ea": str},
            authorised=False,
            tried=text("sources.salesforce.could_not_log", source=source.name),
        )
        content = reply.json
        return Token(
            content["accessToken"],
            lives_for=min(_lifetime(content.get("expiresIn")), _LONGEST),
            details={"ea": content["ea"]},
        )

    return fetch


def place_token(user_id: str) -> Callable[[Outgoing, Token], None]:
    """Function that puts the token, the company and the acting employee into a request."""

    def place(outgoing: Outgoing, token: Token) -> None:
        outgoing.headers["Authorization"] = f"Bearer {token.value}"
        outgoing.headers["x-fs-ea"] = token.details["ea"]
        outgoing.headers["x-fs-userid"] = user_id
        # A new one for every call, also for a repeated one.
        outgoing.params["thirdTraceId"] = str(uuid.uuid4())

    return place


def _lifetime(told: object) -> float:
    try:
        seconds = float(str(told))
    except ValueError:
        return _USUAL
    return seconds if seconds > 0 else _USUAL
