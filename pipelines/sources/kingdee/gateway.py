"""Signed requests: sites behind the vendor's gateway take no login, each call carries its signature.

Add here: a header that such a gateway wants. Keep out: logging in (`login.py`), requests (`site.py`).

The way of the vendor's own client (kingdee.cdp.webapi.sdk 8.2): the second half of the application id
hides a key, which signs the path and the moment; the application secret signs who asks for which
organisation. No secret travels.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import quote, urlsplit

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.http import Asking, Outgoing, Token
from pipelines.sources.kingdee.options import Options

_MASK = b"0054f397c6234378b09ca7d3e5debce7"  # of the vendor's client, the same for everybody


def _signature(key: str, message: str) -> str:
    """Base64 of the hexadecimal HMAC-SHA256: of the text of its digits, not of its bytes."""
    found = hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
    return base64.b64encode(found.encode()).decode()


def client_key(app_id: str) -> tuple[str, str]:
    """Client id and client key of an application id. Raises ValueError if it is none."""
    client_id, _, hidden = app_id.partition("_")
    if not client_id or len(hidden) != 32:
        raise ValueError("an application id is a number, _ and 32 characters")
    plain = base64.b64decode(hidden, validate=True)
    mixed = bytes(one ^ two for one, two in zip(plain, _MASK, strict=False))
    return client_id, base64.b64encode(mixed).decode()


def headers_of(path: str, app_id: str, secret: str, who: str, timestamp: str) -> dict[str, str]:
    """The headers of one POST. `path`: from the root of the host; `who`: `acct,user,lcid,org`."""
    client_id, key = client_key(app_id)
    # The vendor's client takes the second for both.
    signed = (
        f"POST\n{quote(path, safe='')}\n\nx-api-nonce:{timestamp}\nx-api-timestamp:{timestamp}\n"
    )
    return {
        "X-Api-ClientID": client_id,
        "X-Api-Auth-Version": "2.0",
        "x-api-timestamp": timestamp,
        "x-api-nonce": timestamp,
        "x-api-signheaders": "x-api-timestamp,x-api-nonce",
        "X-Api-Signature": _signature(key, signed),
        "X-Kd-Appkey": app_id,
        "X-Kd-Appdata": base64.b64encode(who.encode()).decode(),
        "X-Kd-Signature": _signature(secret, app_id + who),
    }


def signed_token(source: Source) -> Callable[[Asking], Token]:
    """Function that stands for a login, which there is none of: the site tells nothing of itself.

    Raises `PermanentFailure` for an application id that hides no key.
    """

    def fetch(client: Asking) -> Token:
        app_id = source.secret("app_id")
        client.redactor.learn(source.secret("app_secret"))
        try:
            client_key(app_id)
        except ValueError:
            raise PermanentFailure(
                text("sources.login", source=source.name),
                where="sources.yml auth.app_id",
                cause=text("sources.kingdee.app_id"),
                next_step=text("sources.kingdee.app_id.step"),
            ) from None
        return Token(app_id, details={"context": {}})

    return fetch


def place_signed(
    source: Source, options: Options, now: Callable[[], float] = time.time
) -> Callable[[Outgoing, Token], None]:
    """Function that signs a request."""
    prefix = urlsplit(source.base_url or "").path.rstrip("/")

    def place(outgoing: Outgoing, token: Token) -> None:
        account, user = source.secret("acct_id"), source.secret("user_name")
        organisation = "" if options.organisation is None else str(options.organisation)
        outgoing.headers.update(
            headers_of(
                prefix + outgoing.path,
                token.value,
                source.secret("app_secret"),
                f"{account},{user},{options.lcid},{organisation}",
                str(int(now())),
            )
        )

    return place
