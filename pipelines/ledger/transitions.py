"""What one night does to one episode: a pure decision over what is known and what is seen.

Add here: a rule about when an episode has changed. Keep out: the database, and who is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Change = Literal[
    "recorded",
    "opened",
    "raised",
    "eased",
    "doubled",
    "recovered",
    "closed",
    "withdrawn",
    "rule_changed",
    "reopened",
    "resumed",
    "overdue",
]
LEVELS = ("warning", "danger")
STATES = ("open", "recovered", "closed")
# Changes that a recipient hears of at once; the others wait for the digest.
TOLD_AT_ONCE: frozenset[str] = frozenset({"opened", "raised", "doubled", "reopened", "overdue"})
# Changes after which the answer that is owed starts anew.
RISES: frozenset[str] = frozenset({"opened", "raised", "reopened"})
RULE_CHANGED = "rule_changed"
# What the end of an episode says about its outcome, until a person says it. An episode that was
# closed (its period is over, nobody can judge it any more) says nothing. That its rule was changed or
# removed says nothing about anybody either: it counts neither for nor against a person.
PROPOSED_OUTCOME = {
    "recovered": "recovered",
    "withdrawn": "data_error",
    RULE_CHANGED: RULE_CHANGED,
}
# Ends that the evaluation itself does not yield.
GONE: dict[str, Change] = {"data_error": "withdrawn", RULE_CHANGED: "rule_changed"}
ENDS: frozenset[str] = frozenset({"recovered", "closed", "withdrawn", RULE_CHANGED})


@dataclass(frozen=True)
class Standing:
    """Where an episode stands: known to the ledger, or seen by tonight's evaluation."""

    level: str
    state: str
    amount: Decimal | None  # known: at the last change; seen: tonight
    resolved: bool = False


def rank(level: str) -> int:
    """0 for warning, 1 for danger."""
    return LEVELS.index(level)


def change_of(known: Standing | None, seen: Standing) -> Change | None:
    """The one change that tonight's evaluation makes to an episode, None if there is none.

    An episode that is over when first seen is `recorded`: part of the past, never told. One that
    a person resolved stays resolved unless its level rises. Money at risk counts as changed only
    when it reached twice what it was at the last change.
    """
    if known is None:
        return "opened" if seen.state == "open" else "recorded"
    if seen.state != "open":
        if known.state != "open":
            return None
        return "recovered" if seen.state == "recovered" else "closed"
    if known.state != "open":
        return "reopened"
    if rank(seen.level) > rank(known.level):
        return "reopened" if known.resolved else "raised"
    if rank(seen.level) < rank(known.level):
        return "eased"
    doubled = (
        known.amount is not None
        and seen.amount is not None
        and known.amount > 0
        and seen.amount >= 2 * known.amount
    )
    return "doubled" if doubled and not known.resolved else None


def change_again(
    morning: Standing, known: Standing, ended: Change | None, seen: Standing
) -> Change | None:
    """The same for a further run of a day, which may take back what an earlier one did.

    `morning` is the alert before the first run of the day, `known` as it stands, `ended` the end that the
    last run gave it. `resumed`: it goes on as it was in the morning, which is news to whoever was told.
    """
    net = change_of(morning, seen)
    if ended is not None:
        return None if net == ended else net or "resumed"
    change = change_of(known, seen)
    if net is None and change is not None:
        return None if change == "doubled" else "resumed"
    return change
