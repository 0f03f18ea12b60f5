"""One warning in full: its card, the evidence, what happened, what belongs to it, was it right.

Add here: a part of that page. Keep out: lists (`warnings.py`), what a button does (`answers.py`).
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

from markupsafe import Markup

from pipelines.board.charts.evidence import against_usual
from pipelines.board.charts.targets import said
from pipelines.board.pages.cases.answers import card_for, done_words
from pipelines.board.reading import episodes as reading
from pipelines.board.reading import standings_of_targets
from pipelines.board.showing.cards import card_values
from pipelines.board.showing.charts import both
from pipelines.board.showing.pages import say
from pipelines.board.site import Shown, Visit
from pipelines.language import text
from pipelines.ledger.lookup import History, show_alert
from pipelines.ledger.refusals import outcome_name
from pipelines.ledger.transitions import ENDS
from pipelines.notifying.describing import statement

# Weeks after the opening at which the figure is looked at again.
AFTER = (2, 4, 8)
# How far back the projection of a target is shown: a quarter of weeks.
WEEKS = 13


def show(visit: Visit) -> Shown:
    """The page. Raises NotHere for a warning outside the viewer's slice."""
    ident = visit.request.path_params["id"]
    card = card_for(visit, ident)
    row = reading.one(visit.marts, ident)
    history = show_alert(visit.site.ledger, ident)
    related = reading.of_case(visit.marts, row["case_id"]) if row else []
    return Shown(
        "warning.html.j2",
        {
            "card": card,
            "v": card_values(visit, card),
            "row": row,
            "said": done_words(visit),
            # The whole sentence names those who drive the figure: only whoever sees them all reads it.
            "statement": statement(card.alert, visit.language) if visit.viewer.sees_all else "",
            "evidence": evidence(visit, row) if row else "",
            "events": events(visit, history),
            "related": [r for r in related if r["alert_id"] != ident],
            "effect": effect(visit, row) if row else [],
            "earlier": earlier(visit, row) if row else [],
            "alike": reading.alike(visit.marts, row) if row else [],
            "feedback": feedback_of(history, visit.viewer.person_id),
        },
    )


def evidence(visit: Visit, row: dict[str, Any]) -> Markup:
    """The figure over the last half year as it was judged; of a target what was projected, week by week."""
    until = (
        min(row["closed_on"] + dt.timedelta(weeks=8), visit.as_of)
        if row["closed_on"]
        else visit.as_of
    )
    target = standings_of_targets.judged(visit.marts, row)
    if target is not None:
        return _foretold(visit, row, {**target, "as_of": min(until, target["period_end"])})
    rows = reading.evidence(visit.marts, row, until, 34)
    label = text("board.chart.control.label", scope=row["scope_name"]).into(visit.language)

    def spec(width: int):
        onset = (row["onset_first"], row["onset_last"])
        tell = partial(say, visit.language)
        return against_usual(rows, row["metric"], visit.writer, tell, width, onset=onset)

    return both(visit, "control", row["alert_id"], label, spec)


def _foretold(visit: Visit, row: dict[str, Any], target: dict[str, Any]) -> Markup:
    tell = partial(say, visit.language)
    weeks = standings_of_targets.weeks_said(visit.marts, target, WEEKS)

    def spec(width: int):
        return said(weeks, target["target_amount"], visit.writer, tell, width, row["opened_on"])

    label = tell("chart.said.label", scope=row["scope_name"])
    return both(visit, "foretold", row["alert_id"], label, spec)


def events(visit: Visit, history: History) -> list[dict[str, Any]]:
    """What happened, oldest first: day, who, what, words."""
    zone, language = visit.site.settings.timezone, visit.language
    found: list[tuple[dt.datetime, dict[str, Any]]] = []
    for change in history.changes:
        at = dt.datetime.combine(change.as_of, dt.time(6), zone)
        key = f"event.{change.change}"
        found.append((at, {"day": change.as_of, "who": "", "what": say(language, key), "words": "",
                           "level": change.level_to}))  # fmt: skip
    for answer in history.responses:
        at = answer.acted_at.astimezone(zone)
        what = say(
            language, f"event.did.{answer.action}", to=visit.person(answer.assigned_to),
            until=visit.writer.date(answer.until),
            outcome=outcome_name(answer.outcome) if answer.action == "resolve" and answer.outcome else "",
            use=say(language, f"use.{answer.outcome}") if answer.action == "feedback" else "",
        )  # fmt: skip
        found.append((at, {"day": at.date(), "who": visit.person(answer.person_id), "what": what,
                           "words": answer.text or "", "level": ""}))  # fmt: skip
    for remark in history.comments:
        at = remark.written_at.astimezone(zone)
        found.append((at, {"day": at.date(), "who": visit.person(remark.person_id),
                           "what": say(language, "event.did.comment"), "words": remark.text,
                           "level": ""}))  # fmt: skip
    if history.alert.closed_on and not any(c.change in ENDS for c in history.changes):
        at = dt.datetime.combine(history.alert.closed_on, dt.time(6), zone)
        key = "event.recovered" if history.alert.state == "recovered" else "event.closed"
        found.append((at, {"day": history.alert.closed_on, "who": "", "what": say(language, key),
                           "words": "", "level": ""}))  # fmt: skip
    told = min((event["day"] for _, event in found), default=None)
    opened = history.alert.opened_on
    if told is not None and opened < told:
        # A first night finds what had been true before anybody could be told.
        at = dt.datetime.combine(opened, dt.time(6), zone)
        found.append((at, {"day": opened, "who": "", "what": say(language, "event.confirmed"),
                           "words": "", "level": ""}))  # fmt: skip
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def effect(visit: Visit, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The figure when it opened and some weeks later, as far as those weeks are over."""
    rows = reading.evidence(visit.marts, row, visit.as_of, 400)
    by_week = {r["period_start"]: r for r in rows}
    opened = next((day for day in by_week if 0 <= (row["opened_on"] - day).days < 7), None)
    if opened is None:
        return []
    found = [(weeks, by_week.get(opened + dt.timedelta(weeks=weeks))) for weeks in (0, *AFTER)]
    points = [
        {"weeks": weeks, "day": r["period_start"], "value": r["value"], "usual": r["usual"]}
        for weeks, r in found
        if r is not None
    ]
    return points if len(points) > 1 else []


def earlier(visit: Visit, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The last times here: when, how grave, and what came: of a target what part of it was reached."""
    language, found = visit.language, []
    for one in reading.earlier(visit.marts, row):
        target = standings_of_targets.judged(visit.marts, one)
        if target is not None and target["period_end"] < visit.as_of:
            came = say(
                language, "warning.came_to", share=visit.writer.percent(target["attainment"])
            )
        elif one["outcome"]:
            came = outcome_name(one["outcome"]).into(language)
        else:
            came = say(language, f"state.{one['state']}")
        found.append({**one, "came": came})
    return found


def feedback_of(history: History, person_id: str) -> str:
    """What the reader said of its use last, empty if nothing."""
    own = [
        r.outcome for r in history.responses if r.action == "feedback" and r.person_id == person_id
    ]
    return own[-1] or "" if own else ""
