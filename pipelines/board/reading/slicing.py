"""The marts as one viewer may see them: every read goes through here.

Add here: how a mart is cut. Keep out: what a page does with the rows. A mart that is not named here
cannot be read at all, so a new one is closed until somebody says whose it is.
"""

from __future__ import annotations

import duckdb

from pipelines.board.access.viewers import Viewer
from pipelines.reporting.marts import Marts

_PEOPLE = "(select person_id from viewer_people)"
_SCOPES = "(select scope_type, scope_id from viewer_scopes)"
_OWNED = f"owner_id in {_PEOPLE}"
_SCOPED = f"(scope_type, scope_id) in {_SCOPES}"
# About one's own scopes, or given to oneself.
_ALERTS = (
    f"({_SCOPED} or alert_id in (select alert_id from viewer_alerts) "
    "or owner_id = (select any_value(me) from viewer_me))"
)
_OF_VISIBLE_ALERTS = f'alert_id in (select alert_id from "marts"."fct_alerts" where {_ALERTS})'
CUTS: dict[str, str] = {
    "dim_date": "true",
    "dim_metric": "true",
    "dim_stage": "true",
    "rpt_rule_records": "true",
    "rpt_freshness": "true",
    "rpt_projection_calibration": "true",
    "dim_rep": f"rep_id in {_PEOPLE}",
    "dim_scope": _SCOPED,
    "dim_account": _OWNED,
    "fct_account_health": _OWNED,
    "fct_opportunities": _OWNED,
    "fct_orders": _OWNED,
    "fct_activities": _OWNED,
    "fct_stage_events": (
        f'opportunity_id in (select opportunity_id from "marts"."fct_opportunities" where {_OWNED})'
    ),
    "fct_funnel": _SCOPED,
    "fct_targets": _SCOPED,
    "fct_target_completion": _SCOPED,
    "fct_target_completion_history": _SCOPED,
    "fct_pipeline_daily": _SCOPED,
    "fct_pipeline_movement": _SCOPED,
    "fct_metrics": _SCOPED,
    "fct_alerts": _ALERTS,
    # A case shows its money and its symptoms: whoever sees its root sees the case.
    "fct_cases": f'root_alert_id in (select alert_id from "marts"."fct_alerts" where {_ALERTS})',
    "fct_alert_responses": _OF_VISIBLE_ALERTS,
    "rpt_case_library": _OF_VISIBLE_ALERTS,
    "rpt_response_scores": f"person_id in {_PEOPLE}",
    "rpt_reward_list": f"person_id in {_PEOPLE}",
    # Samples of checks name records of anybody.
    "rpt_data_quality": "false",
}
# What a viewer of the whole company is still not shown: cases about feeds are the data owners'.
_NO_FEEDS = "scope_type <> 'source'"


class SlicedMarts(Marts):
    """`Marts` whose every table is cut to a viewer; `given` are ids of warnings assigned to them.

    Raises KeyError for a mart that nobody has decided about.
    """

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, viewer: Viewer, given: frozenset[str] = frozenset()
    ) -> None:
        super().__init__(cursor)
        self._viewer = viewer
        if not viewer.sees_all:
            self._fill(
                cursor, "viewer_people(person_id varchar)", [(p,) for p in viewer.people or ()]
            )
            self._fill(
                cursor, "viewer_scopes(scope_type varchar, scope_id varchar)",
                list(viewer.scopes or ()),
            )  # fmt: skip
            self._fill(cursor, "viewer_alerts(alert_id varchar)", [(a,) for a in given])
            self._fill(cursor, "viewer_me(me varchar)", [(viewer.person_id,)])

    @staticmethod
    def _fill(cursor: duckdb.DuckDBPyConnection, table: str, rows: list[tuple[str, ...]]) -> None:
        cursor.execute(f"create or replace temp table {table}")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            values = ", ".join([f"({marks})"] * len(rows))
            flat = [value for row in rows for value in row]
            cursor.execute(f"insert into {table.partition('(')[0]} values {values}", flat)

    def name(self, mart: str) -> str:
        """The relation to read from: the mart itself, or the viewer's part of it."""
        cut = CUTS[mart]
        whole = super().name(mart)
        if self._viewer.sees_all:
            about_alerts = mart in ("fct_alerts", "fct_cases", "rpt_case_library")
            if about_alerts and not self._viewer.sees_data_cases:
                return f"(select * from {whole} where {_NO_FEEDS})"
            if mart == "rpt_data_quality" and not self._viewer.sees_data:
                return f"(select * from {whole} where false)"
            return whole
        return whole if cut == "true" else f"(select * from {whole} where {cut})"
