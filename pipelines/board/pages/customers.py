"""Customers: whom to call, and why today.

Add here: a part of that page. Keep out: reading (`reading/customers.py`).
"""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup

from pipelines.board.pages.places import page_number, place_of
from pipelines.board.reading import customers as reading
from pipelines.board.reading.record_links import record_link
from pipelines.board.site import Shown, Visit
from pipelines.language import text
from pipelines.reporting.marts import Row

WIDTH = 200


def show(visit: Visit) -> Shown:
    """The page for a scope; `list` chooses the customers that are listed."""
    place = place_of(visit)
    asked = visit.query.get("list", "")
    chosen = asked if asked in reading.LISTS else "call"
    page = page_number(visit)
    rows = reading.listed(visit.marts, place.scope, place.teams, chosen, page)
    shown = rows[: reading.PAGE]
    ids = [row["account_id"] for row in shown]
    days = reading.orders_of(visit.marts, ids, visit.as_of)
    sources = reading.sources_of(visit.marts, ids)
    for row in shown:
        row["late"] = beyond_rhythm(row)
        row["instead"] = instead_of(visit, row["owner_id"])
        row["record_url"] = record_link(
            visit.site.settings.sources, sources.get(row["account_id"]), "accounts",
            row["account_id"],
        )  # fmt: skip
    return Shown(
        "customers.html.j2",
        {
            "place": place,
            "counts": reading.counts(visit.marts, place.scope, place.teams),
            "lists": reading.LISTS,
            "chosen": chosen,
            "rows": shown,
            "strips": {
                r["account_id"]: strip(visit, r, days.get(r["account_id"], [])) for r in shown
            },
            "page": page,
            "more": len(rows) > reading.PAGE,
        },
    )


def beyond_rhythm(row: Row) -> float | None:
    """How many times its own rhythm a customer has not ordered; None within it or without one."""
    rhythm, gap = row["own_rhythm_days"], row["order_gap_days"]
    return gap / rhythm if rhythm and gap is not None and gap >= 1.5 * rhythm else None


def instead_of(visit: Visit, owner_id: str | None) -> str:
    """Who can call where the owner has left: whoever leads their team; empty where the owner is here."""
    if owner_id is None or owner_id in visit.organisation.active:
        return ""
    for scope in reversed(visit.organisation.path(("rep", owner_id))[:-1]):
        unit = visit.organisation.units.get(scope)
        if unit and unit.owner_id in visit.organisation.active:
            return visit.person(unit.owner_id)
    return ""


def strip(visit: Visit, row: Row, days: list[dt.date]) -> Markup:
    """Orders of a year as ticks; hollow where the next one was to come by the customer's own rhythm."""
    if not days:
        return Markup("")
    first = visit.as_of - dt.timedelta(days=365)

    def x(day: dt.date) -> float:
        return round(2 + (WIDTH - 14) * (day - first).days / 365, 1)

    ticks = Markup("").join(
        Markup('<rect x="{}" y="3" width="2" height="12"/>').format(x(day)) for day in days[-80:]
    )
    expected = Markup("")
    if row["own_rhythm_days"] and row["last_order_on"]:
        due = row["last_order_on"] + dt.timedelta(days=round(row["own_rhythm_days"]))
        if first < due <= visit.as_of + dt.timedelta(days=20):
            expected = Markup('<circle cx="{}" cy="9" r="3.4"/>').format(x(due))
    label = text("board.customers.strip", count=len(days)).into(visit.language)
    return Markup(
        '<svg class="strip" viewBox="0 0 {} 18" role="img" aria-label="{}">{}{}</svg>'
    ).format(WIDTH, label, ticks, expected)
