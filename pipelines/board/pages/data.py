"""Data: can the figures be trusted, and who corrects what.

Add here: a part of that page. Keep out: what a check means (`quality/`).
"""

from __future__ import annotations

from pipelines.board.reading import quality as reading
from pipelines.board.reading.quarantine import set_aside
from pipelines.board.site import Shown, Visit


def show(visit: Visit) -> Shown:
    """The page; checks and what was set aside only for those who see the data in full."""
    full = visit.viewer.sees_data
    return Shown(
        "data.html.j2",
        {
            "full": full,
            "feeds": reading.feeds(visit.marts),
            "findings": reading.findings(visit.marts) if full else [],
            "passed": reading.passed(visit.marts) if full else 0,
            "aside": set_aside(visit.site.settings.quarantine_dir) if full else [],
            "complete": reading.completeness(visit.marts),
            "fields": tuple(reading.FIELDS),
        },
    )
