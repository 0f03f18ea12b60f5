"""Signals: a risk, reported in under a minute, and what became of those reported before.

Add here: a field of the form. Keep out: what the ledger makes of it (`ledger/signals.py`).
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal, InvalidOperation

from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from pipelines.board.reading.cards import sees_signal
from pipelines.board.reading.standing import Standing, standings
from pipelines.board.site import Shown, Visit
from pipelines.language import text as words
from pipelines.ledger.models import Episode
from pipelines.ledger.refusals import Refused
from pipelines.ledger.signals import add_signal, parse_scope

MOST = 40
# More people than this are not chosen from a list.
MOST_LISTED = 60
LARGEST = Decimal("1e12")


def show(visit: Visit, form: dict[str, str] | None = None, refused: str = "") -> Shown:
    """The form and the latest signals; after a refusal with what was typed."""
    return Shown(
        "signals.html.j2",
        {
            "form": form or {},
            "refused": refused,
            "said": words("board.signals.recorded").into(visit.language)
            if visit.query.get("done") else "",
            "scopes": scopes(visit),
            "many": _are_many(visit),
            "signals": latest(visit),
        },
        status=422 if refused else 200,
    )  # fmt: skip


def scopes(visit: Visit) -> list[tuple[str, str, str]]:
    """What a signal may be about: type, value, name; own scopes first."""
    order = ("rep", "team", "region", "company", "product_line")
    found = [
        (kind, f"{kind}:{ident}", visit.scope_name(kind, ident))
        for kind, ident in visit.organisation.units
        if visit.shows((kind, ident))
        and not (kind == "rep" and _are_many(visit) and (kind, ident) != visit.viewer.home)
    ]
    home = ":".join(visit.viewer.home)
    return sorted(found, key=lambda one: (one[1] != home, order.index(one[0]), one[2]))


def _are_many(visit: Visit) -> bool:
    """Whether people are too many for a list: then one is typed."""
    return len(visit.people) > MOST_LISTED


def _person(visit: Visit, typed: str) -> str | None:
    """Who was chosen or typed; None for an empty field. Raises Refused for nobody or for several."""
    if not typed.strip():
        return None
    found = visit.found_person(typed)
    if found is None:
        raise Refused(words("board.refused.person", given=typed))
    return found


def latest(visit: Visit) -> list[Standing]:
    """The newest signals that the viewer may see."""
    with visit.site.ledger.reading() as session:
        ids = list(
            session.scalars(
                select(Episode.alert_id)
                .where(Episode.origin == "reported")
                .order_by(Episode.recorded_at.desc())
                .limit(MOST * 5)
            )
        )
    found = standings(visit.site.ledger, ids)
    visible = [found[i] for i in ids if i in found and sees_signal(visit.viewer, found[i].alert)]
    return visible[:MOST]


def act(visit: Visit, form: dict[str, str]) -> Shown | Response:
    """Record a signal."""
    try:
        about = _person(visit, form.get("person", ""))
        kind, ident = parse_scope(f"rep:{about}" if about else form.get("scope", ""))
        if not visit.shows((kind, ident)):
            raise Refused(words("ledger.refused.no_such_scope", scope_type=kind, scope_id=ident))
        owner = _person(visit, form.get("owner", ""))
        unit = visit.organisation.units[(kind, ident)]
        add_signal(
            visit.site.ledger, kind, ident, form.get("text", ""), visit.viewer.person_id,
            now=visit.now, today=visit.now.date(), level=form.get("level", "warning"),
            amount_at_risk=_amount(form.get("amount", ""), visit), owner_id=owner or unit.owner_id,
            scope_name=unit.name,
        )  # fmt: skip
    except Refused as refusal:
        return show(visit, form, refusal.text(visit.language))
    return RedirectResponse("/signals?done=1", 303)


def _amount(written: str, visit: Visit) -> Decimal | None:
    """An amount in the unit beside the field: 万元 in Chinese, the currency elsewhere."""
    # Full-width digits and commas are typed as often as plain ones.
    plain = unicodedata.normalize("NFKC", written).strip().replace(",", "")
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise Refused(words("board.refused.amount", given=written)) from None
    if not amount.is_finite() or amount < 0 or amount > LARGEST:
        raise Refused(words("board.refused.amount", given=written))
    return amount * 10_000 if visit.language == "zh" else amount
