"""One deal: why it is listed, how it went, which warnings name it, and the way into the CRM.

Add here: a part of that page. Keep out: lists of deals (`pipeline.py`).
"""

from __future__ import annotations

from pipelines.board.reading import deals
from pipelines.board.reading.record_links import record_link
from pipelines.board.site import NotHere, Shown, Visit


def show(visit: Visit) -> Shown:
    """The page. Raises NotHere for a deal outside the viewer's slice."""
    row = deals.one(visit.marts, visit.request.path_params["id"])
    if row is None:
        raise NotHere
    ident = row["opportunity_id"]
    naming = [
        standing
        for standing in visit.live.values()
        if f'"id": "{ident}"' in str(standing.alert.details.get("deals") or "")
    ]
    visible = {r["alert_id"] for r in visit.marts.rows("fct_alerts", "alert_id", "state = 'open'")}
    return Shown(
        "deal.html.j2",
        {
            "deal": row,
            "why": why(visit, row),
            "account": deals.account(visit.marts, row["account_id"]),
            "stages": visit.marts.rows(
                "dim_stage", "stage stage_order outcome", "outcome = 'open'", order="stage_order"
            ),
            "history": deals.history(visit.marts, ident),
            "activities": deals.activities(visit.marts, ident),
            "cases": [s.alert for s in naming if s.alert.alert_id in visible],
            "record_url": record_link(
                visit.site.settings.sources, row["source"], "opportunities", ident
            ),
        },
    )


def why(visit: Visit, row: dict) -> list[str]:
    """Which lists the deal stands in: keys of sentences."""
    if row["outcome"] != "open":
        return []
    found = []
    if row["expected_close_on"] and row["expected_close_on"] < visit.as_of:
        found.append("overdue")
    if (row["idle_workdays"] or 0) >= deals.IDLE_WORKDAYS:
        found.append("idle")
    if (row["push_count"] or 0) >= 2:
        found.append("pushed")
    return found
