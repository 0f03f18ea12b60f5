"""Signed links of notices on the board's own address: the answers of `notifying/endpoint.py`.

Add here: an address that a notice leads to. Keep out: what a link may do (`notifying/endpoint.py`).
"""

from __future__ import annotations

from starlette.routing import BaseRoute

from pipelines.board.site import Site
from pipelines.notifying.endpoint import Desk, create_app
from pipelines.notifying.slices import Hierarchy


def routes(site: Site) -> list[BaseRoute]:
    """The routes of signed links; they need no login, their token says whose they are."""
    names = {one.person_id: one.name for one in site.book.recipients if one.name}
    try:
        with site.publications.reading() as (_, cursor):
            reps = Hierarchy.from_reps(cursor.execute("select * from marts.dim_rep").df())
    except FileNotFoundError:
        reps = Hierarchy()
    desk = Desk(
        ledger=site.ledger,
        links=site.links,
        timezone=site.settings.timezone,
        currency=site.settings.company.currency,
        clock=site.settings.now,
        language=site.settings.company.language,
        languages={one.person_id: one.language for one in site.book.recipients},
        hierarchy=Hierarchy(reps.above, reps.managers, {**names, **reps.names}),
    )
    return list(create_app(desk).routes)
