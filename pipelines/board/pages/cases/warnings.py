"""Warnings: every one there ever was, searchable.

Add here: a filter of the list. Keep out: one warning (`warning.py`), records and scores (`records.py`).
"""

from __future__ import annotations

from pipelines.board.pages.places import page_number
from pipelines.board.reading import episodes as reading
from pipelines.board.site import Shown, Visit
from pipelines.ledger.refusals import OUTCOMES, outcome_name

ASKED = ("q", "level", "state", "rule", "scope", "outcome", "from", "to")


def show(visit: Visit) -> Shown:
    """The list that the address asks for."""
    asked = {name: visit.query[name] for name in ASKED if visit.query.get(name)}
    page = page_number(visit)
    rows, count, total = reading.search(visit.marts, asked, page)
    return Shown(
        "warnings.html.j2",
        {
            "asked": asked,
            "filters": len(asked) - ("q" in asked),
            "rows": rows,
            "count": count,
            "total": total,
            "page": page,
            "pages": max(1, -(-count // reading.PAGE)),
            "rules": reading.rules(visit.marts),
            "outcomes": [(key, outcome_name(key).into(visit.language)) for key in OUTCOMES],
        },
    )
