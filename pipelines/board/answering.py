"""An answer of a known reader to a warning: whether they may, and the action of the ledger behind it.

Add here: an answer, with the right that it needs. Keep out: how it is asked for (`pages/cases/answers.py`,
`api/answers.py`), what it does to the ledger (`ledger/responses.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.board.site import Visit
from pipelines.language import text as words
from pipelines.ledger import responses
from pipelines.ledger.refusals import Answer, Refused

# The right that an action needs, where it is not called as the action is.
_RIGHT = {"give": "assign", "useful": "feedback", "not_useful": "feedback", "false": "feedback"}


class NoRight(Refused):
    """The reader's role does not answer in this way."""

    def __init__(self) -> None:
        super().__init__(words("board.refused.right"))


def answer_with(
    visit: Visit, alert_id: str, action: str, given: Mapping[str, str], *, channel: str
) -> Answer:
    """Do what is asked, as the visitor; whoever calls has made sure that they may see the warning.

    `given` holds what the action needs: text, chip, to, outcome, note, until, reason, and `key` (the
    standing that the reader saw; `anyway` overrules it). Raises NoRight, Moved, Refused.
    """
    if not visit.viewer.may(_RIGHT.get(action, action)):
        raise NoRight
    ledger, person, now = visit.site.ledger, visit.viewer.person_id, visit.now
    expect = None if given.get("anyway") else given.get("key") or None
    same: dict[str, Any] = {"now": now, "channel": channel}
    sure: dict[str, Any] = {**same, "expect": expect}

    def said(name: str) -> str:
        return given.get(name, "")

    ways: dict[str, Callable[[], Answer]] = {
        "ack": lambda: responses.acknowledge(ledger, alert_id, person, **same),
        "take": lambda: responses.assign(ledger, alert_id, person, person, **sure),
        "give": lambda: responses.assign(
            # Chosen from a list by id, or typed: then a name does as well.
            ledger,
            alert_id,
            person,
            visit.found_person(said("to")) or said("to"),
            people=[ident for ident, _ in visit.people],
            **sure,
        ),
        "plan": lambda: responses.plan(
            ledger, alert_id, person, said("text").strip() or said("chip"), **sure
        ),
        "resolve": lambda: responses.resolve(
            ledger, alert_id, person, said("outcome"), said("note"), **sure
        ),
        "false_alarm": lambda: responses.resolve(
            ledger, alert_id, person, "false_alarm", said("note"), **sure
        ),
        "snooze": lambda: responses.snooze(
            ledger, alert_id, person, _day(said("until")), said("reason"), today=now.date(), **sure
        ),
        "comment": lambda: responses.comment(ledger, alert_id, person, said("text"), now=now),
        "useful": lambda: responses.feedback(ledger, alert_id, person, "useful", **same),
        "not_useful": lambda: responses.feedback(ledger, alert_id, person, "not_useful", **same),
        "false": lambda: responses.feedback(ledger, alert_id, person, "false", **same),
        "undo": lambda: responses.undo(ledger, alert_id, person, now=now),
    }
    return ways[action]()


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise Refused(words("notice.bad_date")) from None
