"""The marts as one viewer may see them: every read goes through here.

Add here: how a mart is cut. Keep out: what a page does with the rows. A mart that is not named here
cannot be read at all, so a new one is closed until somebody says whose it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import duckdb

from pipelines.board.access.viewers import Viewer
from pipelines.board.keeping import Kept
from pipelines.reporting.marts import Answer, Marts

_PEOPLE = "(select person_id from viewer_people)"
_SCOPES = "(select scope_type, scope_id from viewer_scopes)"
_OWNED = f"owner_id in {_PEOPLE}"
_SCOPED = f"(scope_type, scope_id) in {_SCOPES}"
_GIVEN, _ME = "(select alert_id from viewer_alerts)", "(select any_value(me) from viewer_me)"
# About one's own scopes, or given to oneself.
_ALERTS = f"({_SCOPED} or alert_id in {_GIVEN} or owner_id = {_ME})"
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


# People, scopes and warnings up to which a slice is written out in every question.
SHORT = 60


class SlicedMarts(Marts):
    """`Marts` whose every table is cut to a viewer; `given` are ids of warnings assigned to them,
    `kept` the answers given before, and `answered` gives each question its turn.

    Raises KeyError for a mart that nobody has decided about.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        viewer: Viewer,
        given: frozenset[str] = frozenset(),
        *,
        columns: dict[str, set[str]] | None = None,
        kept: Kept[Answer] | None = None,
        answered: Callable[[Callable[[], Answer]], Answer] | None = None,
    ) -> None:
        super().__init__(cursor, columns=columns)
        self._viewer, self._given, self._kept = viewer, given, kept
        self._answered = answered or (lambda ask: ask())
        # The cut depends on all of this and on nothing else.
        self.slice = (viewer.people, viewer.scopes, viewer.sees_data, viewer.sees_data_cases,
                       None if viewer.sees_all else (viewer.person_id, given))  # fmt: skip
        parts = (viewer.people or (), viewer.scopes or (), given)
        # Of few people the names stand in the question itself: it skips what cannot hold them, and needs
        # no tables.
        self._is_short = not viewer.sees_all and sum(map(len, parts)) <= SHORT
        self._is_cut = viewer.sees_all or self._is_short

    def _asked(self, sql: str, parameters: Sequence[object]) -> Answer:
        def ask() -> Answer:
            return self._answered(lambda: self._ask(sql, parameters))

        if self._kept is None:
            return ask()
        return self._kept.get((self.slice, sql, tuple(parameters)), ask)

    def _ask(self, sql: str, parameters: Sequence[object]) -> Answer:
        self._cut_out()
        return super()._asked(sql, parameters)

    def _cut_out(self) -> None:
        """The tables that cuts are compared with; what is kept needs none, so they are made late."""
        if self._is_cut:
            return
        people, scopes = sorted(self._viewer.people or ()), sorted(self._viewer.scopes or ())
        self._fill("viewer_people", person_id=people)
        self._fill(
            "viewer_scopes", scope_type=[k for k, _ in scopes], scope_id=[i for _, i in scopes]
        )
        self._fill("viewer_alerts", alert_id=sorted(self._given))
        self._fill("viewer_me", me=[self._viewer.person_id])
        self._is_cut = True

    def _fill(self, table: str, **columns: list[str]) -> None:
        """A temporary table of the request's own connection."""
        chosen = ", ".join(f"unnest(?::varchar[]) as {name}" for name in columns)
        self._connection.execute(
            f"create or replace temp table {table} as select {chosen}", list(columns.values())
        )

    def name(self, mart: str) -> str:
        """The relation to read from: the mart itself, or the viewer's part of it."""
        cut, whole = self._cut(mart), super().name(mart)
        return whole if cut == "true" else f"(select * from {whole} where {cut})"

    def whole_rows(self, mart: str) -> str:
        """A relation of whole rows for programs, with `rowid`: their order within this version.

        What may name people outside the slice is null there, unless the viewer sees everybody.
        """
        self._cut_out()  # programs ask the connection themselves
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
        if self._is_short:
            people, scopes = sorted(self._viewer.people or ()), sorted(self._viewer.scopes or ())
            cut = cut.replace(_PEOPLE, _listed(map(_quoted, people)))
            cut = cut.replace(_SCOPED, _among(scopes)).replace(_SCOPES, _pairs(scopes))
            cut = cut.replace(_GIVEN, _listed(map(_quoted, sorted(self._given))))
            return cut.replace(_ME, _quoted(self._viewer.person_id))
        if not self._viewer.sees_all:
            return cut
        if mart in _ABOUT_ALERTS and not self._viewer.sees_data_cases:
            return _NO_FEEDS
        return "false" if mart == "rpt_data_quality" and not self._viewer.sees_data else "true"


def _quoted(word: str) -> str:
    """A text as SQL; nothing in it ends it."""
    return "'" + word.replace("'", "''") + "'"


def _among(scopes: Sequence[tuple[str, str]]) -> str:
    """The condition that a row is of one of the scopes; plain lists tell what of a file can be left out."""
    kinds, idents = sorted({kind for kind, _ in scopes}), sorted({ident for _, ident in scopes})
    return (
        f"(scope_type in {_listed(map(_quoted, kinds))} and scope_id in {_listed(map(_quoted, idents))} "
        f"and (scope_type, scope_id) in {_pairs(scopes)})"
    )


def _pairs(scopes: Sequence[tuple[str, str]]) -> str:
    nobody = [("", "")]
    return _listed(_listed(map(_quoted, scope)) for scope in scopes or nobody)


def _listed(parts: Iterable[str]) -> str:
    """A list in SQL; of nothing, one that nothing is in."""
    return f"({', '.join(parts) or 'null'})"
