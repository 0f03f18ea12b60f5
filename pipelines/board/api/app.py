"""The addresses of the interface, and what every request goes through: who, how often, whether it changed.

Add here: an address, a step that every request takes. Keep out: what single answers hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.board.access.guard import POSTS_A_MINUTE, Pace
from pipelines.board.access.sessions import Session
from pipelines.board.access.tokens import bearer, viewer_of_token
from pipelines.board.access.viewers import Viewer
from pipelines.board.answering import NoRight
from pipelines.board.api import answers, marts, warnings
from pipelines.board.api.describing import described
from pipelines.board.api.fields import Wrong
from pipelines.board.reading.organisation import Organisation
from pipelines.board.site import NotHere, Site, Visit, organisation_of
from pipelines.failures import Failure
from pipelines.language import Text, languages, text
from pipelines.ledger.moment import moment
from pipelines.ledger.programs import digest_of, token_of
from pipelines.ledger.refusals import Moved, Refused

# A program may ask more often than a person clicks.
REQUESTS_A_MINUTE = 300
_HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Accept-Language"}
Answer = Callable[[Visit], dict[str, Any]]
ADDRESSES: dict[str, Answer] = {
    "/": marts.index,
    "/openapi.json": described,
    "/marts": marts.listed,
    "/marts/{mart}": marts.rows,
    "/warnings": warnings.listed,
    "/warnings/{id}": warnings.one,
}
ANSWERS = "/warnings/{id}/answers"


def create_api(site: Site) -> Starlette:
    """The interface of one installation; mount it at `/api/v1`."""
    pace, everybody = Pace(REQUESTS_A_MINUTE), Pace(10 * REQUESTS_A_MINUTE)
    routes = [
        Route(path, _endpoint(site, pace, everybody, answer), methods=["GET"])
        for path, answer in ADDRESSES.items()
    ]
    routes.append(Route(ANSWERS, _posted(site, Pace(POSTS_A_MINUTE), everybody), methods=["POST"]))
    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: lambda request, error: _http(site, request, error)},
    )


def _endpoint(site: Site, pace: Pace, everybody: Pace, answer: Answer) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        token = bearer(request.headers.get("authorization", ""))
        # Before the ledger is asked; whoever tries one token after another is counted by address.
        peer = request.client.host if request.client else ""
        asker = digest_of(token) if token else await run_in_threadpool(site.door.asker, request)
        if not everybody.allows(peer) or not pace.allows(asker):
            return _later(site, request)
        return await run_in_threadpool(_answered, site, request, token, answer)

    return endpoint


def _posted(site: Site, pace: Pace, everybody: Pace) -> Callable[[Request], Any]:
    """Answers: with a token alone, whatever a proxy or a browser says beside it."""

    async def endpoint(request: Request) -> Response:
        token = bearer(request.headers.get("authorization", ""))
        peer = request.client.host if request.client else ""
        if not everybody.allows(peer) or (token and not pace.allows(digest_of(token))):
            return _later(site, request)
        if token is None:
            return _challenge(problem(site, request, 401, "no_token"))
        kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind != "application/json":
            return problem(site, request, 415, "no_json")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > answers.LONGEST_BODY:
                return problem(site, request, 413, "too_large")
        return await run_in_threadpool(_answered, site, request, token, None, bytes(body))

    return endpoint


def _answered(
    site: Site, request: Request, token: str | None, answer: Answer | None, body: bytes = b""
) -> Response:
    try:
        with site.publications.reading() as (version, cursor):
            organisation = organisation_of(version, cursor)
            viewer = _viewer(site, request, token, organisation, writes=answer is None)
            if isinstance(viewer, Response):
                return viewer
            visit = Visit(site, request, Session("program"), viewer, version, cursor, organisation,
                          language_of(site, request))  # fmt: skip
            if answer is None:
                content = orjson.dumps(answers.answered(visit, body), option=orjson.OPT_UTC_Z)
                return Response(content, media_type="application/json",
                                headers={**_HEADERS, "Cache-Control": "no-store"})  # fmt: skip
            tag = _tag(visit)
            headers = {**_HEADERS, "ETag": tag}
            if tag in (
                part.strip() for part in request.headers.get("if-none-match", "").split(",")
            ):
                return Response(status_code=304, headers=headers)
            content = orjson.dumps(answer(visit), option=orjson.OPT_UTC_Z)
            return Response(content, media_type="application/json", headers=headers)
    except NotHere:
        return problem(site, request, 404, "not_here")
    except Wrong as wrong:
        return problem(site, request, 400, "wrong", wrong.told)
    except marts.Moved:
        return problem(site, request, 410, "moved")
    except NoRight as refused:
        return problem(site, request, 403, "no_right", refused.told)
    except Refused as refused:
        key = "warning_moved" if isinstance(refused, Moved) else "refused"
        return problem(site, request, 409, key, refused.told)
    except FileNotFoundError:
        return problem(site, request, 503, "nothing_yet")
    except Failure as failure:
        return problem(site, request, 503, "failed", failure.told)


def _viewer(
    site: Site, request: Request, token: str | None, organisation: Organisation, *, writes: bool
) -> Viewer | Response:
    if token is None:
        # Whoever may open the board's pages may read here too.
        known = site.door.viewer(request, organisation, None)
        return known or _challenge(problem(site, request, 401, "no_token"))
    row = token_of(site.ledger, token, now=site.settings.now())
    if row is None:
        return _challenge(problem(site, request, 401, "bad_token"))
    if writes and not row.may_write:
        return problem(site, request, 403, "token_reads")
    recipients = {one.person_id: one for one in site.book.recipients}
    return viewer_of_token(row, organisation, recipients) or problem(
        site, request, 403, "person_gone"
    )


def _later(site: Site, request: Request) -> Response:
    response = problem(site, request, 429, "too_often")
    response.headers["Retry-After"] = "60"
    return response


def _challenge(response: Response) -> Response:
    response.headers["WWW-Authenticate"] = 'Bearer realm="forewarn"'
    return response


def _tag(visit: Visit) -> str:
    """The same as long as night, reader, question and answers to warnings are the same."""
    manifest, viewer = visit.version.manifest, visit.viewer
    about_warnings = "warnings" in visit.request.url.path
    parts = (
        manifest.version, manifest.fingerprint, viewer.person_id, viewer.role,
        sorted(viewer.people or ()), sorted(viewer.scopes or ()),
        () if viewer.sees_all else sorted(visit.given), visit.language,
        str(visit.request.url.path), visit.request.url.query,
        moment(visit.site.ledger) if about_warnings else (),
    )  # fmt: skip
    return f'"{manifest.version}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'


def language_of(site: Site, request: Request) -> str:
    """The first language of Accept-Language that there is a catalogue for, else the company's."""
    for wanted in request.headers.get("accept-language", "").split(",")[:10]:
        code = wanted.partition(";")[0].partition("-")[0].strip().casefold()
        if code in languages():
            return code
    return site.settings.company.language


def problem(
    site: Site, request: Request, status: int, key: str, detail: Text | None = None
) -> Response:
    """An error as RFC 9457 has it. `type` stays the same in every language."""
    language = language_of(site, request)
    content = {
        "type": f"urn:forewarn:{key}",
        "title": text(f"api.problem.{key}").into(language),
        "status": status,
        "detail": detail.into(language) if detail is not None else None,
    }
    return Response(
        orjson.dumps(content), status, {**_HEADERS, "Cache-Control": "no-store"},
        media_type="application/problem+json",
    )  # fmt: skip


def _http(site: Site, request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    key = "other_method" if error.status_code == 405 else "not_here"
    response = problem(site, request, error.status_code, key)
    response.headers.update(error.headers or {})
    return response
