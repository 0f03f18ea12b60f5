"""The board as an ASGI app: addresses, and what happens before and after every page.

Add here: an address, a step that every request takes. Keep out: pages (`pages/`), defences
(`access/guard.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

from pipelines.board.access.guard import Headers, inside, is_from_here
from pipelines.board.access.sessions import THEMES, Session
from pipelines.board.access.sign_in.flow import routes as sign_in_routes
from pipelines.board.api.app import create_api, problem
from pipelines.board.chat.routes import routes as chat_routes
from pipelines.board.pages import (
    customers,
    data,
    deal,
    downloads,
    meeting,
    pipeline,
    reports,
    signals,
    targets,
    today,
)
from pipelines.board.pages.cases import answers, links, records, warning, warnings
from pipelines.board.reading.published import Version
from pipelines.board.scripts import scripts
from pipelines.board.showing.pages import TEMPLATES, environment, render, say
from pipelines.board.site import NotHere, Shown, Site, Visit, organisation_of
from pipelines.board.warming import request_as
from pipelines.failures import Failure
from pipelines.language import languages
from pipelines.notifying.small_form import small_form

Page = Callable[[Visit], "Shown | Response"]
Act = Callable[[Visit, dict[str, str]], "Shown | Response"]
# After these one can only sign in anew.
SIGN_IN_AGAIN = ("not_signed_in", "refused_there", "no_provider", "signed_out")
LOCAL = ("127.0.0.1", "localhost", "[::1]", "testserver")
# A page with somebody's figures belongs into no cache; a part and a whole page differ by the header.
_PRIVATE = {"Cache-Control": "no-store", "Vary": "HX-Request"}


def create_app(site: Site, key: str) -> Starlette:
    """The app of one installation; `key` signs what a browser keeps."""
    pages: dict[str, Page] = {
        "/": today.show,
        "/targets": targets.show,
        "/pipeline": pipeline.show,
        "/deals.csv": downloads.deals,
        "/deals/{id}": deal.show,
        "/customers": customers.show,
        "/warnings": warnings.show,
        "/warnings/{id}": warning.show,
        "/records": records.show,
        "/signals": signals.show,
        "/meeting": meeting.show,
        "/data": data.show,
        "/reports": reports.show,
        "/reports/{day}/{name}": reports.file,
    }
    acts: dict[str, Act] = {
        "/warnings/{id}/answer": answers.act,
        "/signals": signals.act,
        "/choices": choose,
    }
    routes: list[BaseRoute] = [
        Route(path, _page(site, page), methods=["GET"]) for path, page in pages.items()
    ]
    routes += [Route(path, _act(site, act), methods=["POST"]) for path, act in acts.items()]
    routes += [
        *scripts(site.settings.data_dir),
        *links.routes(site),
        *chat_routes(site),
        *sign_in_routes(
            site, key, lambda request, sentence, status: _plain(site, request, sentence, status)
        ),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(Headers),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*LOCAL, *site.file.hosts],
                       www_redirect=False),
            Middleware(GZipMiddleware, minimum_size=2000),
        ],
        exception_handlers={404: lambda request, _error: _nothing(site, request)},
    )  # fmt: skip
    app.mount("/api/v1", create_api(site))
    app.mount("/static", StaticFiles(directory=TEMPLATES.parent / "static"))
    return app


def _nothing(site: Site, request: Request) -> Response:
    if request.url.path.startswith("/api/"):  # what no route takes, such as a line break in an id
        return problem(site, request, 404, "not_here")
    return _plain(site, request, "not_here", 404)


def choose(visit: Visit, form: dict[str, str]) -> Response:
    """A choice for this browser: language, theme, and on an open board whom one answers as."""
    session = visit.session
    if form.get("language") in languages():
        session = replace(session, language=form["language"])
    if form.get("theme") in THEMES:
        session = replace(session, theme=form["theme"])
    typed = form.get("acting", "")
    acting = visit.found_person(typed) or typed
    if visit.site.door.is_open and visit.site.door.knows(acting, visit.organisation):
        session = replace(session, acting=acting)
    visit.session = session
    return RedirectResponse(inside(form.get("back", "/")), 303)


def _page(site: Site, page: Page) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_visited, site, request, page)

    return endpoint


def _act(site: Site, act: Act) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        session = site.sessions.read(request)
        # Whoever has signed in is looked up: no other request waits for it.
        if not site.pace.allows(await run_in_threadpool(site.door.asker, request)):
            return await run_in_threadpool(_plain, site, request, "too_often", 429)
        form = await small_form(request, most_fields=40)
        if form is None:
            return await run_in_threadpool(_plain, site, request, "too_large", 413)
        honest = is_from_here(request) and site.sessions.is_from_our_form(
            session, form.get("token", "")
        )
        if not honest:
            return await run_in_threadpool(_plain, site, request, "forged", 403)
        return await run_in_threadpool(_visited, site, request, lambda visit: act(visit, form))

    return endpoint


def _visited(
    site: Site,
    request: Request,
    do: Callable[[Visit], Shown | Response],
    version: Version | None = None,
) -> Response:
    """One visit from the door to the answer; on a version that is not shown yet, for nobody's eyes."""
    rehearsed = version is not None
    session = site.sessions.read(request)
    try:
        with site.publications.reading(version) as (version, cursor):
            organisation = organisation_of(version, cursor)
            viewer = site.door.viewer(request, organisation, session.acting)
            if viewer is None:
                return _not_known(site, request)
            visit = Visit(site, request, session, viewer, version, cursor, organisation,
                          _language(site, session, viewer.person_id))  # fmt: skip
            try:
                shown = do(visit)
            except NotHere:
                return _plain(site, request, "not_here", 404)
            if isinstance(shown, Response):
                answer = shown
            else:
                if "chart" in visit.query:
                    return _chart(visit)
                visit.session = visit.session.seen(visit.now)
                html = render(visit, shown, part=request.headers.get("hx-request") == "true")
                if request.method == "GET" and not rehearsed:
                    _remember(visit, do)
                answer = HTMLResponse(html, shown.status, _PRIVATE)
            site.sessions.write(answer, visit.session, secure=site.door.is_secure(request))
            return answer
    except FileNotFoundError:
        return _plain(site, request, "nothing_yet", 503)
    except Failure as failure:
        return _plain(site, request, "failed", 503, why=failure.told.into(_language(site, session)))  # fmt: skip


def _remember(visit: Visit, page: Callable[[Visit], Shown | Response]) -> None:
    """The page is made once more when the next night is published, before readers see that night."""
    site, request = visit.site, request_as(visit.request)
    screen = request.headers.get("sec-ch-ua-mobile", "")
    key = (visit.marts.slice, visit.language, screen, request.url.path, request.url.query)
    site.lately.remember(key, lambda version: _visited(site, request, page, version))


def _chart(visit: Visit) -> Response:
    """One chart of the page as a specification, for a browser that brings it to life.

    The page was made as for anybody: whoever may not see it has no chart of it either.
    """
    drawn = visit.charts.get(visit.query["chart"])
    if drawn is None or not drawn.picture:
        return Response(status_code=404, headers=_PRIVATE)
    return Response(drawn.specification, media_type="application/json", headers=_PRIVATE)


def _not_known(site: Site, request: Request) -> Response:
    """To the provider, where people sign in there and this one has not; else the plain refusal."""
    named = site.door.named(request)
    if site.door.signs_in and named is not None:
        return _plain(site, request, "stranger", 403, ident=named)
    if not site.door.signs_in:
        return _plain(site, request, "nobody", 403)
    query = f"?{request.url.query}" if request.url.query else ""
    back = quote(f"{request.url.path}{query}" if request.method == "GET" else "/", safe="/")
    if request.headers.get("hx-request") == "true":  # a part of a page that outlived its session
        return Response(status_code=200, headers={**_PRIVATE, "HX-Redirect": "/login"})
    return RedirectResponse(f"/login?back={back}", 303, _PRIVATE)


def _language(site: Site, session: Session, person_id: str = "") -> str:
    """What was chosen for this browser, else the reader's own of recipients.yml, else the company's."""
    own = {one.person_id: one.language for one in site.book.recipients}
    return session.language or own.get(person_id) or site.settings.company.language


def _plain(site: Site, request: Request, key: str, status: int, **values: object) -> HTMLResponse:
    """One clear sentence and what to do, for whoever it is: it reads no figure."""
    language = _language(site, site.sessions.read(request))
    html = environment().get_template("frame/sentence.html.j2").render(
        lang_code="zh-CN" if language == "zh" else language,
        company=site.settings.company,
        theme=site.sessions.read(request).theme,
        title=say(language, f"sentence.{key}.title"),
        more=say(language, f"sentence.{key}.more", **values),
        back=say(language, "sentence.back"),
        token=site.sessions.form_token(site.sessions.read(request)),
        sign_in=say(language, "sentence.sign_in") if key in SIGN_IN_AGAIN else "",
        sign_out=say(language, "menu.sign_out") if key == "stranger" else "",
    )  # fmt: skip
    # A part that htmx asked for is taken in place of a card only with a 200; others reload the page.
    return HTMLResponse(html, status, _PRIVATE)
