"""Answers to warnings: what a button does, and the card that comes back.

Add here: an answer that the board offers. Keep out: what it does to the ledger (`ledger/responses.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from starlette.responses import RedirectResponse, Response

from pipelines.board.reading.cards import Card, card_of, sees_signal
from pipelines.board.reading.episodes import one
from pipelines.board.reading.runs import runs_of
from pipelines.board.reading.standing import standings
from pipelines.board.showing.cards import card_values
from pipelines.board.showing.pages import say
from pipelines.board.site import NotHere, Shown, Visit
from pipelines.language import text as words
from pipelines.ledger import responses
from pipelines.ledger.refusals import Answer, Moved, Refused

CHANNEL = "board"
# Which right an action of a form needs, where it is not called as the right is.
_RIGHT = {"take": "take", "give": "assign", "false_alarm": "false_alarm"}
ACTIONS = ("ack", "take", "give", "plan", "resolve", "false_alarm", "snooze", "comment", "useful",
           "not_useful", "undo")  # fmt: skip


def act(visit: Visit, form: dict[str, str]) -> Shown | Response:
    """Do what the form asks and give the card back, or the page for browsers without script."""
    alert_id = visit.request.path_params["id"]
    card = card_for(visit, alert_id)  # NotHere for whoever may not see it
    action = form.get("action", "")
    said, refused, kept = "", "", ""
    try:
        answer = _answer(visit, alert_id, action, form)
        said = answer.told.into(visit.language)
    except Moved as moved:
        refused, kept = moved.text(visit.language), form.get("text") or form.get("note") or ""
    except Refused as refusal:
        refused = refusal.text(visit.language)
    visit.__dict__.pop("live", None)  # what was read before the answer
    card = card_for(visit, alert_id)
    visit.runs = runs_of(visit.marts, [card.alert], visit.as_of)
    if visit.request.headers.get("hx-request") == "true":
        return Shown(
            "parts/answered.html.j2",
            {"card": card, "v": card_values(visit, card), "said": said, "refused": refused,
             "kept": kept, "on_page": bool(form.get("on_page"))},
        )  # fmt: skip
    if refused:
        return Shown(
            "parts/answer_refused.html.j2",
            {
                "card": card,
                "v": card_values(visit, card),
                "refused": refused,
                "kept": kept,
                "said": "",
            },
            status=409,
        )
    # A redirect, so that going back or reloading sends nothing again.
    return RedirectResponse(f"/warnings/{alert_id}?done={action}", 303)


def done_words(visit: Visit) -> str:
    """What the answer before a redirect was, in words; nothing that the address could say itself."""
    action = visit.query.get("done", "")
    return say(visit.language, f"done.{action}") if action in ACTIONS else ""


def card_for(visit: Visit, alert_id: str) -> Card:
    """The card of one warning. Raises NotHere where the viewer may not see it."""
    row = one(visit.marts, alert_id)
    found = standings(visit.site.ledger, [alert_id], since=visit.since).get(alert_id)
    if found is None or (row is None and not _is_their_signal(visit, found.alert)):
        raise NotHere
    counted = None
    if row is not None and row["case_id"]:
        rows = visit.marts.rows(
            "fct_cases", "amount_counted", "case_id = ? and root_alert_id = ?",
            [row["case_id"], alert_id],
        )  # fmt: skip
        counted = rows[0]["amount_counted"] if rows else None
    if counted is None and found.alert.amount_at_risk is not None:
        counted = float(found.alert.amount_at_risk)
    return card_of(found, visit.viewer, is_workday=visit.site.is_workday, money=counted)


def _is_their_signal(visit: Visit, alert: object) -> bool:
    return getattr(alert, "origin", "") == "reported" and sees_signal(visit.viewer, alert)  # type: ignore[arg-type]


def _answer(visit: Visit, alert_id: str, action: str, form: dict[str, str]) -> Answer:
    ledger, person, now = visit.site.ledger, visit.viewer.person_id, visit.now
    expect = form.get("key") or None
    if form.get("anyway"):
        expect = None
    if action not in ACTIONS:
        raise Refused(words("notice.not_understood"))
    right = {"give": "assign", "useful": "feedback", "not_useful": "feedback"}.get(action, action)
    if not visit.viewer.may(right):
        raise Refused(words("board.refused.right"))
    same: dict[str, Any] = {"now": now, "channel": CHANNEL}
    ways: dict[str, Callable[[], Answer]] = {
        "ack": lambda: responses.acknowledge(ledger, alert_id, person, **same),
        "take": lambda: responses.assign(ledger, alert_id, person, person, expect=expect, **same),
        "give": lambda: _give(visit, alert_id, form, expect),
        "plan": lambda: responses.plan(
            ledger, alert_id, person, form.get("text", "").strip() or form.get("chip", ""),
            expect=expect, **same,
        ),
        "resolve": lambda: responses.resolve(
            ledger, alert_id, person, form.get("outcome", ""), form.get("note", ""),
            expect=expect, **same,
        ),
        "false_alarm": lambda: responses.resolve(
            ledger, alert_id, person, "false_alarm", form.get("note", ""), expect=expect, **same
        ),
        "snooze": lambda: responses.snooze(
            ledger, alert_id, person, _day(form.get("until", "")), form.get("reason", ""),
            today=now.date(), expect=expect, **same,
        ),
        "comment": lambda: responses.comment(
            ledger, alert_id, person, form.get("text", ""), now=now
        ),
        "useful": lambda: responses.feedback(ledger, alert_id, person, "useful", **same),
        "not_useful": lambda: responses.feedback(ledger, alert_id, person, "not_useful", **same),
        "undo": lambda: responses.undo(ledger, alert_id, person, now=now),
    }  # fmt: skip
    return ways[action]()


def _give(visit: Visit, alert_id: str, form: dict[str, str], expect: str | None) -> Answer:
    people = [ident for ident, _ in visit.site.door.people(visit.viewer, visit.organisation)]
    return responses.assign(
        visit.site.ledger, alert_id, visit.viewer.person_id, form.get("to", ""),
        now=visit.now, channel=CHANNEL, people=people, expect=expect,
    )  # fmt: skip


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(words("notice.bad_date")) from None
