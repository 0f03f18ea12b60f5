"""Downloads: what a page lists, as a file for a spreadsheet program, cut to the same slice.

Add here: a list that people take along. Keep out: reading (`reading/`).
"""

from __future__ import annotations

import csv
import io

from starlette.responses import Response

from pipelines.board.pages.places import place_of
from pipelines.board.reading import deals as reading
from pipelines.board.showing.pages import say
from pipelines.board.site import Visit

MOST = 5000
COLUMNS = ("opportunity_id", "opportunity_name", "owner", "stage", "amount", "expected_close_on",
           "idle_workdays", "push_count")  # fmt: skip


def deals(visit: Visit) -> Response:
    """The list of open deals that the pipeline page shows, whole. Raises NotHere outside the slice."""
    place = place_of(visit)
    asked = visit.query.get("list", "")
    chosen = asked if asked in reading.LISTS else reading.LISTS[0]
    rows = reading.listed(visit.marts, place.scope, place.teams, visit.as_of, chosen, most=MOST)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([say(visit.language, f"csv.{name}") for name in COLUMNS])
    for row in rows[:MOST]:
        named = {**row, "owner": visit.person(row["owner_id"])}
        writer.writerow([_harmless(named[name]) for name in COLUMNS])
    # With a mark at its beginning, so that spreadsheet programs read the Chinese.
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{chosen}-{visit.as_of}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _harmless(value: object) -> str:
    """A cell that a spreadsheet program would take for a formula, made plain text."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@", "\t") and text else text
