"""Meeting: the agenda of the weekly review is the open cases; minutes become plans.

Add here: a part of the agenda. Keep out: what a plan does (`answers.py`).
"""

from __future__ import annotations

from typing import Any

from pipelines.board.pages.today import totals
from pipelines.board.reading.cards import Card
from pipelines.board.reading.standings_of_targets import below, current_targets
from pipelines.board.showing.cards import card_values
from pipelines.board.site import Shown, Visit

# Of each part the gravest: nobody goes through more in one meeting.
MOST = 20
PARTS = ("plans", "new_danger", "worse", "danger", "warning", "signals")


def show(visit: Visit) -> Shown:
    """The agenda; with `wall` one item after the other in large type, without names of reps."""
    cards = visit.cards
    agenda: dict[str, list[Card]] = {name: [] for name in PARTS}
    for card in cards:
        agenda[part_of(card)].append(card)
    shown = {name: found[:MOST] for name, found in agenda.items() if found}
    home = visit.viewer.home
    children = visit.organisation.children.get(home, ())
    allowed = visit.viewer.scopes
    parts = tuple(
        c for c in children if c[0] != "product_line" and (allowed is None or c in allowed)
    )
    return Shown(
        "meeting.html.j2",
        {
            "agenda": shown,
            "counts": {name: len(found) for name, found in agenda.items()},
            "values": {
                c.alert.alert_id: card_values(visit, c) for found in shown.values() for c in found
            },
            "totals": totals(cards),
            "kept": plans(visit, cards),
            "gaps": [r for r in below(visit.marts, visit.told, parts, "quarter") if r["gap_amount"] and r["target_amount"]],
            "company": visit.site.settings.company,
            "quarter": current_targets(visit.marts, home, visit.told).get("quarter"),
            "wall": bool(visit.query.get("wall")),
        },
    )  # fmt: skip


def part_of(card: Card) -> str:
    """Where a case stands on the agenda."""
    if card.alert.origin == "reported":
        return "signals"
    if card.standing.plan:
        return "plans"
    if card.news == "new" and card.level == "danger":
        return "new_danger"
    if card.news == "worse":
        return "worse"
    return "danger" if card.level == "danger" else "warning"


def plans(visit: Visit, cards: list[Card]) -> dict[str, Any]:
    """How many open cases have a plan, and how many owe one."""
    planned = sum(bool(card.standing.plan) for card in cards)
    late = sum(card.step is not None and card.step.due_on < visit.as_of for card in cards)
    return {"planned": planned, "late": late}
