"""Records: what helped before, how often rules were right, who answered well.

Add here: a summary over all warnings. Keep out: single warnings.
"""

from __future__ import annotations

from pipelines.board.reading import episodes as reading
from pipelines.board.site import Shown, Visit
from pipelines.ledger.refusals import outcome_name


def show(visit: Visit) -> Shown:
    """The page."""
    library = reading.library(visit.marts)
    titles = {row["rule"]: row for row in reading.rules(visit.marts)}
    return Shown(
        "records.html.j2",
        {
            "library": library,
            "titles": titles,
            "outcome": lambda key: outcome_name(key).into(visit.language) if key else "",
            "records": reading.records(visit.marts),
            "rewards": reading.rewards(visit.marts),
            "scores": reading.scores(visit.marts),
        },
    )
