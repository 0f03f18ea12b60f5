"""Answers to warnings from programs: what a message may say, and what comes back.

Add here: an action that programs may send, with what it needs. Keep out: rights and the ledger
(`board/answering.py`), tokens (`access/tokens.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson

from pipelines.board.answering import answer_with
from pipelines.board.api import warnings
from pipelines.board.api.fields import Wrong
from pipelines.board.site import NotHere, Visit
from pipelines.language import text
from pipelines.ledger.refusals import OUTCOMES, USES

CHANNEL = "api"
LONGEST_BODY = 64 * 1024
# What each action needs besides its name; what it may say in addition.
ACTIONS: dict[str, tuple[str, ...]] = {
    "ack": (),
    "assign": ("to",),
    "plan": ("text",),
    "resolve": ("outcome", "note"),
    "snooze": ("until", "reason"),
    "comment": ("text",),
    "feedback": ("use",),
    "undo": (),
}
# These would overrule somebody: `expect` is the `standing` that the program read.
OVERRULING = ("assign", "plan", "resolve", "snooze")
_ONE_OF = {"outcome": OUTCOMES, "use": USES}


def answered(visit: Visit, body: bytes) -> dict[str, Any]:
    """Do what the message asks, and give the warning as it then stands.

    Raises NotHere outside the slice, Wrong for a message that says nothing, Refused.
    """
    ident = visit.request.path_params["id"]
    warnings.one(visit)  # NotHere for whoever may not see it
    said = _read(body)
    action = said["action"]
    answer = answer_with(visit, ident, _way(visit, said), said, channel=CHANNEL)
    for kept in ("live", "given", "marts"):  # what was read before the answer
        visit.__dict__.pop(kept, None)
    try:
        now = warnings.one(visit)
    except NotHere:  # given away, or given back
        now = {"warning": None, "events": []}
    return {
        "action": action,
        "new": answer.new,
        "said": answer.told.into(visit.language),
        "warning": now["warning"],
        "events": now["events"],
    }


def _way(visit: Visit, said: dict[str, str]) -> str:
    """The action as the board calls it."""
    action = said["action"]
    if action == "assign":
        return "take" if said["to"] == visit.viewer.person_id else "give"
    if action == "resolve" and said["outcome"] == "false_alarm":
        return "false_alarm"
    return said["use"] if action == "feedback" else action


def _read(body: bytes) -> dict[str, str]:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Wrong(text("api.wrong.body"))
    action = said.get("action")
    if not isinstance(action, str) or action not in ACTIONS:
        raise _not_one_of("action", action, [*ACTIONS])
    needed = ACTIONS[action]
    taken = ("action", *needed, *(("expect",) if action in OVERRULING else ()))
    for name, value in said.items():
        if name not in taken:
            raise Wrong(text("api.wrong.unknown", name=name[:60], known=[*taken]))
        if not isinstance(value, str):
            raise Wrong(text("api.wrong.no_text", name=name))
    for name in needed:
        if not said.get(name, "").strip():
            raise Wrong(text("api.wrong.needs", action=action, name=name))
        if name in _ONE_OF and said[name] not in _ONE_OF[name]:
            raise _not_one_of(name, said[name], [*_ONE_OF[name]])
    if action == "snooze":
        _check_day(said["until"])
    if "expect" in said:
        said["key"] = said.pop("expect")
    return said


def _check_day(written: str) -> None:
    try:
        dt.date.fromisoformat(written)
    except ValueError:
        raise Wrong(
            text("api.wrong.value", name="until", given=written[:60], type="date")
        ) from None


def _not_one_of(name: str, given: object, known: list[str]) -> Wrong:
    return Wrong(text("api.wrong.one_of", name=name, given=str(given)[:60], known=known))
