"""The way through the provider's pages: out with an attempt, back with a code, in with a session.

Add here: a step of that way. Keep out: what single providers say (their own modules).

    GET  /login       to the provider
    GET  /login/done  back from it; a new session begins, so that no id from before is worth anything
    POST /logout      the session ends in the ledger, whoever has copies of its cookie
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable
from dataclasses import replace

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pipelines.board.access.guard import Pace, inside, is_from_here
from pipelines.board.access.sign_in.attempts import (
    SECONDS,
    Attempt,
    Attempts,
    NotSignedIn,
    Provider,
)
from pipelines.board.site import Site
from pipelines.configuration.board_file import Auth
from pipelines.language import text
from pipelines.ledger.board_sessions import begin_session, end_session
from pipelines.notifying.recipients import RecipientBook
from pipelines.notifying.small_form import small_form

log = logging.getLogger("forewarn.board")
COOKIE = "forewarn_login"
DONE = "/login/done"
# Sentence of a key, with a status: how the app shows what it cannot show otherwise.
Say = Callable[[Request, str, int], Response]


def provider_of(auth: Auth, book: RecipientBook) -> Provider:
    """The provider that board.yml names. Only now is the library for it read."""
    from pipelines.board.access.sign_in.chats import FeishuProvider, WecomProvider
    from pipelines.board.access.sign_in.oidc import OidcProvider

    if auth.oidc is not None:
        return OidcProvider(auth.oidc)
    if auth.wecom is not None:
        return WecomProvider(auth.wecom, book)
    assert auth.feishu is not None
    return FeishuProvider(auth.feishu, book)


def routes(site: Site, key: str, say: Say) -> list[BaseRoute]:
    """The addresses of signing in and out; none where board.yml has another way in."""
    auth = site.file.auth
    if auth.mode != "sign_in":
        return []
    provider, attempts = provider_of(auth, site.book), Attempts(key)
    done, pace = f"{auth.address}{DONE}", Pace(60)
    is_secure = str(auth.address).startswith("https")

    def out(request: Request) -> Response:
        attempt = Attempt(inside(request.query_params.get("back", "/")))
        try:
            answer = RedirectResponse(provider.address(attempt, done), 303)
        except NotSignedIn:
            return say(request, "no_provider", 503)
        answer.set_cookie(
            COOKIE, attempts.write(attempt), max_age=SECONDS, httponly=True, samesite="lax",
            secure=is_secure, path="/login",
        )  # fmt: skip
        return answer

    def back(request: Request) -> Response:
        query = request.query_params
        try:
            attempt = attempts.read(request.cookies.get(COOKIE, ""))
            if query.get("error"):
                return _forgotten(say(request, "refused_there", 403))
            code, state = query.get("code", ""), query.get("state", "")
            if not code or not secrets.compare_digest(state.encode(), attempt.state.encode()):
                raise NotSignedIn
            named = provider.identify(attempt, code, done)
        except NotSignedIn:
            log.warning(text("board.log.not_signed_in", provider=provider.name))
            return _forgotten(say(request, "not_signed_in", 403))
        ident = secrets.token_urlsafe(24)
        begin_session(
            site.ledger, ident, named[:200], provider.name, now=dt.datetime.now(dt.UTC),
            hours=site.file.session_hours,
        )  # fmt: skip
        answer = RedirectResponse(attempt.back, 303)
        session = replace(site.sessions.read(request), ident=ident)
        site.sessions.write(answer, session, secure=is_secure)
        return _forgotten(answer)

    def _forgotten(answer: Response) -> Response:
        answer.delete_cookie(COOKIE, path="/login", httponly=True, samesite="lax", secure=is_secure)
        return answer

    async def login(request: Request) -> Response:
        peer = request.client.host if request.client else ""
        # Behind a proxy all come from one address: the proxy counts better than this.
        if not site.door.trusts(peer) and not pace.allows(peer):
            return await run_in_threadpool(say, request, "too_often", 429)
        step = back if request.url.path == DONE else out
        return await run_in_threadpool(step, request)

    async def logout(request: Request) -> Response:
        session = site.sessions.read(request)
        form = await small_form(request, most_fields=5) or {}
        token = form.get("token", "")
        if not is_from_here(request) or not site.sessions.is_from_our_form(session, token):
            return await run_in_threadpool(say, request, "forged", 403)
        await run_in_threadpool(
            end_session, site.ledger, session.ident, now=dt.datetime.now(dt.UTC)
        )
        return await run_in_threadpool(say, request, "signed_out", 200)

    return [
        Route("/login", login, methods=["GET"]),
        Route(DONE, login, methods=["GET"]),
        Route("/logout", logout, methods=["POST"]),
    ]
