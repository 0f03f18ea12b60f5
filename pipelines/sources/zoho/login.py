"""Logging in to Zoho without a person: a refresh token, or client credentials.

Add here: another grant that an unattended job may use. Keep out: reuse and renewal of the token
(`http/auth.py`), and the one-time set-up by a person (docs).

A run keeps one access token in memory and renews it at nine tenths of its life; nothing is written to
disk. At most ten tokens within ten minutes are given out, so a run asks for few.
"""

from __future__ import annotations

from collections.abc import Callable

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.http import Asking, LoginMemory, Outgoing, ReadOnlyClient, Token, TokenAuth
from pipelines.sources.zoho.centres import belongs
from pipelines.sources.zoho.options import Options

TOKEN_PATH = "/oauth/v2/token"
MOST_LOGINS = 8
_LIFE = 3600.0
_GRANTED_SCOPES = (
    "ZohoCRM.modules.READ,ZohoCRM.coql.READ,ZohoCRM.bulk.READ,"
    "ZohoCRM.settings.READ,ZohoCRM.users.READ,ZohoCRM.org.READ"
)


def place(outgoing: Outgoing, token: Token) -> None:
    """Zoho's own scheme; `Bearer` is refused although the token answer says so."""
    outgoing.headers["Authorization"] = f"Zoho-oauthtoken {token.value}"


def token_auth(
    source: Source, options: Options, accounts: ReadOnlyClient, memory: LoginMemory | None
) -> TokenAuth:
    """Tokens for a source, asked for at its accounts server."""
    return TokenAuth(
        _fetch(source, options, accounts),
        place=place,
        early=_LIFE / 10,
        most_logins=MOST_LOGINS,
        memory=memory,
    )


def _fetch(source: Source, options: Options, accounts: ReadOnlyClient) -> Callable[[Asking], Token]:
    def fetch(client: Asking) -> Token:
        form = {
            "grant_type": options.grant,
            "client_id": source.secret("client_id"),
            "client_secret": source.secret("client_secret"),
        }
        if options.grant == "refresh_token":
            form["refresh_token"] = source.secret("refresh_token")
            client.redactor.learn(form["refresh_token"])
        else:
            form["scope"] = _GRANTED_SCOPES
            form["soid"] = f"ZohoCRM.{options.organisation_id}"
        client.redactor.learn(form["client_id"], form["client_secret"])
        content = accounts.post_form(
            TOKEN_PATH,
            form,
            expect={"access_token": str},
            tried=text("sources.zoho.could_not_log_zoho_crm", source=source.name),
        ).json
        domain = content.get("api_domain")
        if isinstance(domain, str) and domain and not belongs(client.base_url, domain):
            raise PermanentFailure(
                text("sources.zoho.could_not_log_zoho_crm", source=source.name),
                where=client.base_url,
                cause=text("sources.zoho.credentials_are", domain=domain),
                next_step=text("sources.zoho.enter_as_base_url_source", domain=domain),
            )
        return Token(content["access_token"], _life(content))

    return fetch


def _life(content: dict[str, object]) -> float:
    """Seconds that the token lives: `expires_in` is milliseconds where `expires_in_sec` exists."""
    value = content.get("expires_in_sec") or content.get("expires_in")
    try:
        return max(1.0, float(str(value)))
    except ValueError:
        return _LIFE
