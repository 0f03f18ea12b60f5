"""What the ledger answers to people: done, done before, or refused; a text for any language.

Add here: a kind of answer. Keep out: the checks that lead to it, sentences (`ledger.` in the
catalogues).
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.language import Text, text


class Refused(Exception):
    """An action that cannot be done as asked. `told` says why; `str()` in the process's language."""

    def __init__(self, told: Text) -> None:
        self.told = told
        super().__init__(told)

    def text(self, language: str) -> str:
        return self.told.into(language)

    def __str__(self) -> str:
        return str(self.told)


class NotFound(Refused):
    """No alert, or no single alert, has that id."""


class Moved(Refused):
    """Somebody or the night changed the alert since the person looked; nothing was written."""


class AlreadyResolved(Refused):
    """The alert was resolved before; what the person wrote was kept as a comment if it could be."""


@dataclass(frozen=True)
class Answer:
    """An action that was taken. `new` is False when the same was recorded before."""

    alert_id: str
    action: str
    new: bool
    told: Text

    def text(self, language: str) -> str:
        return self.told.into(language)


OUTCOMES = (
    "recovered",
    "missed",
    "accepted",
    "false_alarm",
    "data_error",
    # What lasts is the level from now on: the yardstick begins anew.
    "new_normal",
    # Answers to the questions about one person.
    "leave",
    "handover",
    "left",
)
USES = ("useful", "not_useful", "false")


def outcome_name(outcome: str) -> Text:
    """How an outcome is called: 已恢复, false alarm."""
    return text(f"ledger.outcome.{outcome}")


def done(action: str, alert_id: str, *, new: bool = True, **values: str) -> Answer:
    """The sentence for an action that was taken, or that had been taken before."""
    filled: dict[str, object] = {"id": alert_id, **values}
    if "outcome" in values:
        filled["outcome"] = outcome_name(values["outcome"])
    what = text(f"ledger.done.{action}", **filled)
    told = text("ledger.done.now" if new else "ledger.done.before", what=what)
    return Answer(alert_id, action, new, told)
