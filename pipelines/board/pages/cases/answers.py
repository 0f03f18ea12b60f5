"""Answers to warnings: what a button does, and the card that comes back.

Add here: an answer that the board offers. Keep out: rights and what it does (`board/answering.py`).
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from pipelines.board.answering import answer_with
from pipelines.board.reading.cards import Card, card_of, sees_signal
from pipelines.board.reading.episodes import one
from pipelines.board.reading.runs import runs_of
from pipelines.board.reading.standing import changed_since, standings
from pipelines.board.showing.cards import card_values
from pipelines.board.showing.pages import say
from pipelines.board.site import NotHere, Shown, Visit
from pipelines.language import text as words
from pipelines.ledger.refusals import Moved, Refused

CHANNEL = "board"
ACTIONS = ("ack", "take", "give", "plan", "resolve", "false_alarm", "snooze", "comment", "useful",
           "not_useful", "undo")  # fmt: skip


def act(visit: Visit, form: dict[str, str]) -> Shown | Response:
    """Do what the form asks and give the card back, or the page for browsers without script."""
    alert_id = visit.request.path_params["id"]
    card = card_for(visit, alert_id)  # NotHere for whoever may not see it
    action = form.get("action", "")
    said, refused, kept = "", "", ""
    try:
        if action not in ACTIONS:
            raise Refused(words("notice.not_understood"))
        answer = answer_with(visit, alert_id, action, form, channel=CHANNEL)
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
    found = changed_since(
        visit.site.ledger, standings(visit.site.ledger, [alert_id]), visit.since
    ).get(alert_id)
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
