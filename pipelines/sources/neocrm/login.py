"""Logging in to 销售易 without a person: the OAuth2 password grant, by POST only.

Add here: another grant that an unattended job may use. Keep out: reuse and renewal of the token
(`http/auth.py`). The login host is another one than the data host, so it has a client of its own
that may call the token path and nothing else.

Assumptions: a token whose answer names no lifetime lives an hour; `issued_at` is when it was given
out and says nothing about its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipelines.configuration.sources import Source
from pipelines.language import text
from pipelines.sources.http import Asking, ReadOnlyClient, RetryPolicy, Token
from pipelines.sources.neocrm.answers import judge_login
from pipelines.sources.neocrm.options import Options

RENEWED_EARLY = 300.0  # seconds
_USUAL_LIFE = 3_600.0
_DATA_HOST = re.compile(r"https://[a-z0-9-]+\.xiaoshouyi\.com")


def fetch_token(source: Source, options: Options, retry: RetryPolicy) -> Callable[[Asking], Token]:
    """Function that logs in with the credentials of `source.auth`."""

    def fetch(client: Asking) -> Token:
        client_id, secret = source.secret("client_id"), source.secret("client_secret")
        password = source.secret("password")
        security = source.secret("security_token") if "security_token" in source.auth else ""
        # The system wants both glued together, without a separator.
        client.redactor.learn(client_id, secret, password, security, password + security)
        form = {
            "grant_type": "password",
            "client_id": client_id,
            "client_secret": secret,
            "username": source.secret("username"),
            "password": password + security,
        }
        if "redirect_uri" in source.auth:
            form["redirect_uri"] = source.secret("redirect_uri")
        with ReadOnlyClient(
            options.login_host(source.base_url or ""),
            name=source.name,
            allowed=(("POST", re.escape(options.token_path)),),
            judge=judge_login,
            retry=retry,
            private=options.private_network,
            redactor=client.redactor,
        ) as login:
            reply = login.post_form(
                options.token_path,
                form,
                expect={"access_token": str},
                tried=text("sources.salesforce.could_not_log", source=source.name),
            )
        content = reply.json
        client.redactor.learn(str(content.get("refresh_token") or ""))
        return Token(
            content["access_token"],
            lives_for=_lifetime(content.get("expires_in")),
            base_url=_data_host(content.get("api_base_url")),
        )

    return fetch


def _lifetime(told: object) -> float:
    try:
        seconds = float(str(told))
    except ValueError:
        return _USUAL_LIFE
    return seconds if seconds > 0 else _USUAL_LIFE


def _data_host(told: object) -> str | None:
    """The data host, if the answer names one of the vendor's."""
    address = str(told or "").rstrip("/")
    return address if _DATA_HOST.fullmatch(address) else None
