"""What a browser keeps for the board: a signed cookie with the choices of its reader, and its end.

Add here: something that a reader chooses for this browser. Keep out: who somebody is (`identity.py`).

The cookie says nothing about rights. Its id makes the token that every form carries.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

COOKIE = "forewarn"
THEMES = ("auto", "light", "dark")
# A visit is over after so long without a page; what is new is counted from the visit before.
VISIT = dt.timedelta(hours=4)


@dataclass(frozen=True)
class Session:
    """`last_page` and `visit_before` are moments in seconds since 1970; 0: never."""

    ident: str
    language: str = ""
    theme: str = "auto"
    acting: str = ""
    last_page: int = 0
    visit_before: int = 0

    def seen(self, now: dt.datetime) -> Session:
        """The session after a page was opened."""
        moment = int(now.timestamp())
        if self.last_page and moment - self.last_page > VISIT.total_seconds():
            return replace(self, last_page=moment, visit_before=self.last_page)
        return replace(self, last_page=moment)


class Sessions:
    """Reads and writes the cookie. A session ends `hours` after its last page."""

    def __init__(self, key: str, hours: int) -> None:
        self._key = hashlib.sha256(f"board {key}".encode()).digest()
        self._seconds = hours * 3600
        self._signer = URLSafeTimedSerializer(self._key, salt="forewarn-board")

    def read(self, request: Request) -> Session:
        """The browser's session, or a new one."""
        raw = request.cookies.get(COOKIE, "")
        try:
            content: Any = self._signer.loads(raw, max_age=self._seconds) if raw else None
        except BadData:
            content = None
        if not isinstance(content, dict) or not isinstance(content.get("ident"), str):
            return Session(secrets.token_urlsafe(18))
        known = {name: content[name] for name in Session.__dataclass_fields__ if name in content}
        return Session(**known)

    def write(self, response: Response, session: Session, *, secure: bool) -> None:
        response.set_cookie(
            COOKIE,
            self._signer.dumps(vars(session)),
            max_age=self._seconds,
            httponly=True,
            samesite="lax",
            secure=secure,
        )

    def form_token(self, session: Session) -> str:
        """What every form of this session carries."""
        return hmac.new(self._key, session.ident.encode(), "sha256").hexdigest()

    def is_from_our_form(self, session: Session, token: str) -> bool:
        return hmac.compare_digest(self.form_token(session).encode(), token.encode())
