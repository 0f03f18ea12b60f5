"""The endpoint behind signed links: GET shows, POST acts.

Add here: an answer that a link may give. Keep out: what an answer does to an alert
(`pipelines/ledger/responses.py`), pages, and how a link is signed.

GET and HEAD never change anything, since mail scanners follow every link. A POST is answered by a
redirect, so that going back or reloading sends nothing again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pipelines.failures import Failure
from pipelines.language import text as words
from pipelines.ledger import responses
from pipelines.ledger.lookup import show_alert
from pipelines.ledger.refusals import AlreadyResolved, Answer, NotFound, Refused
from pipelines.ledger.store import Ledger
from pipelines.notifying.links import LinkExpired, LinkInvalid, Links, LinkTarget
from pipelines.notifying.pages import alert_page, sentence_page
from pipelines.notifying.slices import Hierarchy
from pipelines.notifying.small_form import small_form
from pipelines.notifying.wording import Language, word

# A page with somebody's figures belongs into no cache, no frame and no Referer.
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
}


@dataclass(frozen=True)
class Desk:
    """What the endpoint works with. `languages` by person; others get `language`."""

    ledger: Ledger
    links: Links
    timezone: ZoneInfo
    currency: str
    clock: Callable[[], dt.datetime]
    language: Language = "zh"
    languages: Mapping[str, Language] = field(default_factory=dict)
    hierarchy: Hierarchy = field(default_factory=Hierarchy)
    # Shows the alert instead of `pages.alert_page`: target, status, what was done, what was refused.
    page: Callable[[LinkTarget, int, str, str], Response] | None = None

    def language_of(self, person_id: str) -> Language:
        return self.languages.get(person_id, self.language)


def create_app(desk: Desk) -> Starlette:
    """The app; serve it on loopback (`uvicorn`), or behind a proxy that ends TLS."""

    async def show(request: Request) -> Response:
        target = _target(desk, request)
        if isinstance(target, Response):
            return target
        said = request.query_params.get("done", "")
        return await run_in_threadpool(_page, desk, target, 200, said)

    async def act(request: Request) -> Response:
        target = _target(desk, request)
        if isinstance(target, Response):
            return target
        form = await small_form(request, most_fields=10)
        if form is None:
            language = desk.language_of(target.person_id)
            return await run_in_threadpool(
                _page, desk, target, 413, "", word("too_large", language)
            )
        return await run_in_threadpool(_act, desk, target, form)

    return Starlette(
        routes=[
            Route("/a/{token}", show, methods=["GET"]),
            Route("/a/{token}", act, methods=["POST"]),
        ]
    )


def _target(desk: Desk, request: Request) -> LinkTarget | Response:
    try:
        return desk.links.read(request.path_params["token"])
    except LinkExpired:
        page = sentence_page(desk.language, "link_expired", "link_expired_more")
        return HTMLResponse(page, 410, _HEADERS)
    except LinkInvalid:
        page = sentence_page(desk.language, "link_bad", "link_bad_more")
        return HTMLResponse(page, 403, _HEADERS)


def _act(desk: Desk, target: LinkTarget, form: dict[str, str]) -> Response:
    language = desk.language_of(target.person_id)
    action = form.get("action", "")
    try:
        _answer(desk, target, action, form)
    except NotFound:
        return HTMLResponse(sentence_page(language, "gone", "gone_more"), 404, _HEADERS)
    except AlreadyResolved as refusal:
        return _page(desk, target, 409, "", refusal.text(language))
    except Refused as refusal:
        return _page(desk, target, 422, "", refusal.text(language))
    except Failure:
        return _page(desk, target, 503, "", word("busy", language))
    # The answer's name only: the sentence is made anew by the page that follows.
    done = "feedback" if action in ("useful", "not_useful") else action
    return RedirectResponse(f"?done={done}", 303, _HEADERS)


def _answer(desk: Desk, target: LinkTarget, action: str, form: dict[str, str]) -> Answer:
    ledger, alert, person = desk.ledger, target.alert_id, target.person_id
    now = desk.clock().astimezone(desk.timezone)
    match action:
        case "ack":
            return responses.acknowledge(ledger, alert, person, now=now, channel="link")
        case "take":
            return responses.assign(ledger, alert, person, person, now=now, channel="link")
        case "plan":
            text = form.get("text", "").strip() or form.get("chip", "")
            return responses.plan(ledger, alert, person, text, now=now, channel="link")
        case "resolve" | "false_alarm":
            outcome = "false_alarm" if action == "false_alarm" else form.get("outcome", "")
            note = form.get("note", "")
            return responses.resolve(ledger, alert, person, outcome, note, now=now, channel="link")
        case "snooze":
            return responses.snooze(
                ledger,
                alert,
                person,
                _day(form.get("until", "")),
                form.get("reason", ""),
                now=now,
                today=now.astimezone(desk.timezone).date(),
                channel="link",
            )
        case "useful" | "not_useful":
            return responses.feedback(ledger, alert, person, action, now=now, channel="link")
        case "comment":
            return responses.comment(ledger, alert, person, form.get("text", ""), now=now)
    raise Refused(words("notice.not_understood"))


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(words("notice.bad_date")) from None


def _page(
    desk: Desk, target: LinkTarget, status: int, done: str = "", refused: str = ""
) -> Response:
    language = desk.language_of(target.person_id)
    known = ("ack", "take", "plan", "resolve", "false_alarm", "snooze", "comment", "feedback")
    said = f"{word(done, language)} ✓" if done in known else ""
    if desk.page is not None:
        try:
            return desk.page(target, status, said, refused)
        except NotFound:
            return HTMLResponse(sentence_page(language, "gone", "gone_more"), 404, _HEADERS)
        except (Failure, FileNotFoundError):
            # No version to read from: the plain page below needs the ledger alone.
            pass
    try:
        history = show_alert(desk.ledger, target.alert_id)
    except NotFound:
        return HTMLResponse(sentence_page(language, "gone", "gone_more"), 404, _HEADERS)
    except Failure:
        return HTMLResponse(word("busy", language), 503, _HEADERS)
    page = alert_page(
        history,
        target.person_id,
        language,
        currency=desk.currency,
        timezone=desk.timezone,
        hierarchy=desk.hierarchy,
        said=said,
        refused=refused,
    )
    return HTMLResponse(page, status, _HEADERS)
