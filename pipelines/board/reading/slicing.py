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
    "rpt_alert_calibration": "true",
    "rpt_rule_readiness": "true",
    "dim_rep": f"rep_id in {_PEOPLE}",
    "dim_rep_current": f"rep_id in {_PEOPLE}",
    "dim_team": f"('team', team_id) in {_SCOPES}",
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
    "fct_alert_evidence": _SCOPED,
    "fct_alerts": _ALERTS,
    # A case shows its money and its symptoms: whoever sees its root sees the case.
    "fct_cases": f'root_alert_id in (select alert_id from "marts"."fct_alerts" where {_ALERTS})',
    "fct_alert_responses": _OF_VISIBLE_ALERTS,
    "rpt_case_library": _OF_VISIBLE_ALERTS,
    "rpt_response_scores": f"person_id in {_PEOPLE}",
    "rpt_reward_list": f"person_id in {_PEOPLE}",
    "rpt_target_alignment": _SCOPED,
    "wide_opportunities": _OWNED,
    "wide_targets": _SCOPED,
    "wide_alerts": _ALERTS,
    # Samples of checks name records of anybody.
    "rpt_data_quality": "false",
}
# What a viewer of the whole company is still not shown: cases about feeds are the data owners'.
_NO_FEEDS = "scope_type <> 'source'"
_ABOUT_ALERTS = ("fct_alerts", "fct_cases", "rpt_case_library", "wide_alerts")
# Sentences and lists that name whoever drives a figure: a part of a row can lie outside the slice of
# somebody who sees the row. Pages cut them themselves (`cards.py`); whole rows go without.
NAMING = ("message", "message_zh", "message_en", "other_languages", "drivers", "deals", "accounts",
          "symptoms")  # fmt: skip
_WITH_NAMES = ("fct_alerts", "fct_cases", "wide_alerts")


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
        cut, whole = self._cut(mart), super().name(mart)
        return whole if cut == "true" else f"(select * from {whole} where {cut})"

    def whole_rows(self, mart: str) -> str:
        """A relation of whole rows for programs, with `rowid`: their order within this version.

        What may name people outside the slice is null there, unless the viewer sees everybody.
        """
        hidden = "" if self._viewer.sees_all else ", ".join(
            f"cast(null as varchar) as {column}"
            for column in NAMING
            if mart in _WITH_NAMES and self.has_column(mart, column)
        )  # fmt: skip
        columns = f"* replace ({hidden})" if hidden else "*"
        return f"(select {columns}, rowid from {super().name(mart)} where {self._cut(mart)})"

    def _cut(self, mart: str) -> str:
        """The condition of the rows that the viewer may see."""
        cut = CUTS[mart]
        if not self._viewer.sees_all:
            return cut
        if mart in _ABOUT_ALERTS and not self._viewer.sees_data_cases:
            return _NO_FEEDS
        return "false" if mart == "rpt_data_quality" and not self._viewer.sees_data else "true"
