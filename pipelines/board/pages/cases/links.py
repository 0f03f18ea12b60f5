"""Signed links of notices on the board's own address: one card with its answers, no navigation.

Add here: what the page behind a link shows. Keep out: what a link may do (`notifying/endpoint.py`).

The link is the right: its person needs no login and sees this one warning, without what belongs to people
whom they do not see on the board either.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute

from pipelines.board.access.guard import HEADERS
from pipelines.board.access.sessions import Session
from pipelines.board.access.viewers import Viewer, viewer_of
from pipelines.board.pages.cases.warning import events
from pipelines.board.reading.cards import card_of
from pipelines.board.reading.standing import changed_since, standings
from pipelines.board.showing.cards import card_values
from pipelines.board.showing.pages import render
from pipelines.board.site import Shown, Site, Visit, organisation_of
from pipelines.language import text
from pipelines.ledger.lookup import show_alert
from pipelines.notifying.endpoint import Desk, create_app
from pipelines.notifying.links import LinkTarget
from pipelines.notifying.slices import Hierarchy

# The address is a key: it must not go along to wherever the page leads.
_HEADERS = {**HEADERS, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def routes(site: Site) -> list[BaseRoute]:
    """The routes of signed links; they need no login, their token says whose they are."""
    desk = Desk(
        ledger=site.ledger,
        links=site.links,
        timezone=site.settings.timezone,
        currency=site.settings.company.currency,
        clock=site.settings.now,
        language=site.settings.company.language,
        languages={one.person_id: one.language for one in site.book.recipients},
        # Before the first night there is the plain page, with the names of those who are told.
        hierarchy=Hierarchy(
            names={one.person_id: one.name for one in site.book.recipients if one.name}
        ),
        page=lambda target, status, said, refused: _page(site, target, status, said, refused),
    )
    return list(create_app(desk).routes)


def _page(site: Site, target: LinkTarget, status: int, said: str, refused: str) -> Response:
    with site.publications.reading() as (version, cursor):
        organisation = organisation_of(version, cursor)
        recipients = {one.person_id: one for one in site.book.recipients}
        person = target.person_id
        viewer = viewer_of(person, organisation, recipients) or Viewer(
            person, person, "rep", frozenset({person}), frozenset({("rep", person)})
        )
        known = recipients.get(person)
        language = known.language if known else site.settings.company.language
        request = Request({"type": "http", "method": "GET", "path": "/", "query_string": b"",
                           "headers": []})  # fmt: skip
        visit = Visit(
            site, request, Session("link"), viewer, version, cursor, organisation, language
        )
        history = show_alert(site.ledger, target.alert_id)  # NotFound goes to whoever asked
        found = changed_since(
            site.ledger, standings(site.ledger, [history.alert.alert_id]), visit.since
        )
        standing = found[history.alert.alert_id]
        amount = standing.alert.amount_at_risk
        card = card_of(
            standing, viewer, is_workday=site.is_workday,
            money=None if amount is None else float(amount),
        )  # fmt: skip
        values = {
            "card": card,
            "v": card_values(visit, card),
            "said": said,
            "refused": refused,
            # Relative to the link itself: the query of a page that was just answered falls away.
            "by_link": f"/a/{site.links.make(target.alert_id, person).rpartition('/')[2]}",
            "acting": text("board.link.acting", person=viewer.name).into(language),
            "events": events(visit, history),
        }
        return HTMLResponse(render(visit, Shown("frame/link.html.j2", values)), status, _HEADERS)
