"""Logging in to a Kingdee site as a third-party application, and the time zone of its server.

Add here: another login that an unattended job may use. Keep out: reuse and renewal of the session
(`http/auth.py`). User and password are left out on purpose: the vendor has withdrawn that way.

The secret itself does not travel: the login is signed. How long a session lives is not documented, so
it is renewed when the site says that it is lost. Logins are at least a minute apart, and few: the
site locks a user who tries too often.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.sources.http import Asking, Outgoing, Token
from pipelines.sources.kingdee.options import Options

AUTH = "Kingdee.BOS.WebApi.ServicesStub.AuthService"
SESSION = "kdservice-sessionid"
MOST_LOGINS = 8
_APART = 60.0
_TICKS = 10_000_000  # ticks of 100 ns in a second


def sign(acct_id: str, user_name: str, app_id: str, secret: str, timestamp: str) -> str:
    """Lower-case hex SHA-256 of the five texts in ordinal order, one after the other."""
    united = "".join(sorted([acct_id, user_name, app_id, secret, timestamp]))
    return hashlib.sha256(united.encode()).hexdigest()


def place(outgoing: Outgoing, token: Token) -> None:
    """The session as a header; the cookies of the login go along by themselves."""
    outgoing.headers[SESSION] = token.value


def fetch_token(
    source: Source,
    options: Options,
    *,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
) -> Callable[[Asking], Token]:
    """Function that logs in. `Token.details["context"]` is what the site tells about itself."""
    last: list[float] = []

    def fetch(client: Asking) -> Token:
        if last and (wait := last[0] + _APART - now()) > 0:
            sleep(wait)
        last[:] = [now()]
        secret = source.secret("app_secret")
        acct, user, app = (source.secret(k) for k in ("acct_id", "user_name", "app_id"))
        client.redactor.learn(secret, app)
        client.forget_cookies()
        if options.login == "sign":
            timestamp = str(int(now()))
            signature = sign(acct, user, app, secret, timestamp)
            client.redactor.learn(signature)
            name = "LoginBySign"
            parameters: list[Any] = [acct, user, app, timestamp, signature, options.lcid]
        else:
            name = "LoginByAppSecret"
            parameters = [acct, user, app, secret, options.lcid]
        content = client.post_json(
            f"/{AUTH}.{name}.common.kdsvc",
            {"format": 1, "v": "1.0", "parameters": parameters},
            expect={"LoginResultType": int, "KDSVCSessionId": str},
            authorised=False,
            tried=text("sources.salesforce.could_not_log", source=source.name),
        ).json
        context = content.get("Context") if isinstance(content.get("Context"), dict) else {}
        return Token(content["KDSVCSessionId"], details={"context": context})

    return fetch


def zone_of(token: Token, options: Options, name: str) -> str:
    """Time zone in which the site writes its times: as configured, else as it said at login.

    Raises `PermanentFailure` for an offset that is no whole hour and has no name here.
    """
    if options.timezone:
        return options.timezone
    told = (token.details["context"].get("STimeZone") or {}).get("OffsetTicks")
    seconds = int(told) // _TICKS if isinstance(told, int) else 8 * 3600
    if seconds == 8 * 3600:
        return "Asia/Shanghai"
    hours, rest = divmod(seconds, 3600)
    if rest or not -12 <= hours <= 14:
        raise PermanentFailure(
            text("sources.kingdee.could_not_tell_time_zone", name=name),
            cause=text(
                "sources.kingdee.its_server_hours_off_utc", seconds=f"{seconds / 3600:+.2f}"
            ),
            next_step=text("sources.kingdee.set_timezone_options_source"),
        )
    # The names of these zones count west of Greenwich.
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
