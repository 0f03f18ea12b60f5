"""Today: what changed, what it costs, who has it.

Add here: a part of the first page. Keep out: single cards (`reading/cards.py`, `showing/cards.py`).
"""

from __future__ import annotations

from typing import Any

from pipelines.board.reading.cards import Card, recovered
from pipelines.board.reading.deals import counts, mine_today
from pipelines.board.reading.quality import late_feeds
from pipelines.board.reading.runs import runs_of
from pipelines.board.reading.standings_of_targets import current_targets
from pipelines.board.showing.cards import card_values
from pipelines.board.site import Shown, Visit
from pipelines.reporting.records import level_rank

PLACES = ("need", "mine", "others", "snoozed")
FIRST = 5
# A page of more cards is no page any more: the list of warnings has them all.
MOST = 60


def show(visit: Visit) -> Shown:
    """The page; `show` chooses the list, `all` shows every card of it."""
    cards = visit.cards
    places = {place: [c for c in cards if place_of(visit, c) == place] for place in PLACES}
    asked = visit.query.get("show", "")
    chosen = asked if asked in PLACES else "need"
    listed = places[chosen]
    most = MOST if visit.query.get("all") else FIRST
    ended = recovered(visit.marts, visit.as_of)
    is_rep = visit.viewer.role == "rep"
    visit.runs = runs_of(visit.marts, [card.alert for card in listed[:most]], visit.as_of)
    return Shown(
        "today.html.j2",
        {
            "counts": {place: len(found) for place, found in places.items()},
            "totals": totals(cards),
            "danger": sum(c.level == "danger" for c in listed),
            "warning": sum(c.level == "warning" for c in listed),
            "money": money_of(listed),
            "chosen": chosen,
            "cards": listed[:most],
            "more": max(len(listed) - most, 0),
            "is_long": most == MOST,
            "values": {c.alert.alert_id: card_values(visit, c) for c in listed[:most]},
            "news": news(visit, cards, len([r for r in ended if r["closed_on"] > visit.since])),
            "ended": ended[:3],
            "ended_more": max(len(ended) - 3, 0),
            "targets": current_targets(visit.marts, visit.viewer.home, visit.told),
            "home": visit.viewer.home,
            "late": late_feeds(visit.marts),
            "mine": mine_today(visit.marts, visit.as_of) if is_rep else [],
            "mine_counts": counts(visit.marts, visit.viewer.home, [], visit.as_of)
            if is_rep
            else {},
        },
    )


def place_of(visit: Visit, card: Card) -> str:
    """In which list a card stands for this reader."""
    alert = card.alert
    if alert.snoozed(visit.as_of):
        return "snoozed"
    if card.standing.last is None or "raised" in card.standing.changes and alert.seen_at is None:
        return "need"
    return "mine" if alert.responsible == visit.viewer.person_id else "others"


def money_of(cards: list[Card]) -> float | None:
    """Money at risk, counted once; None where no case states any."""
    known = [c.money for c in cards if c.money is not None]
    return sum(known) if known else None


def totals(cards: list[Card]) -> dict[str, Any]:
    """The numbers of all open cases."""
    return {
        "count": len(cards),
        "danger": sum(level_rank(c.level) == 0 for c in cards),
        "warning": sum(level_rank(c.level) == 1 for c in cards),
        "money": money_of(cards),
    }


def news(visit: Visit, cards: list[Card], ended: int) -> dict[str, Any]:
    """What changed since the reader was last here."""
    late = sum(
        c.step is not None and c.step.due_on < visit.as_of and not c.alert.snoozed(visit.as_of)
        for c in cards
    )
    return {
        "since": visit.since,
        "new": sum(c.news == "new" for c in cards),
        "worse": sum(c.news == "worse" for c in cards),
        "ended": ended,
        "late": late,
    }
