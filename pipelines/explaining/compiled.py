"""The compiled SQL of a metric, cut before its last sum: one row per record and scope.

Add here: another shape in which metric models end. Keep out: which rows belong to a period
(`records.py`).

A metric's events carry `record_id`. The macros `metric_rows` and `period_share_rows` spread them
over scopes in a CTE `scoped`; models that compare open deals with targets do so in a CTE `due`. An
event that was summed before it was spread is taken from the CTE `single` that it was summed from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Shape = Literal["flow", "snapshot", "period", "due"]

_HEAD = re.compile(r"\b(?P<name>scoped|due) as \((?=\s*select\s+scoped\.)")
_VOID = re.compile(r"where scoped\.(\w+) is null or scoped\.\1 > periods\.closed_on")
_SNAPSHOT = re.compile(r"on scoped\.event_on = periods\.closed_on")
# What an explanation shows of each record beside the columns that the metric itself spreads.
_CARRIED = "select {of}.owner_id as record_owner, {of}.{record} as record_id, "
# Rows of teams above are added to those of the scopes of the row itself.
_ABOVE = re.compile(r"(?<=union all)\s+select\s+(?=base\.)")


_SUM = r"cast\(sum\((\w+)\) as double\) as {name}"


@dataclass(frozen=True)
class Traced:
    """`sql` gives one row per record and scope: record_id, record_owner, scope_type, scope_id,
    numerator, denominator, and by shape event_on and dimension, or grain and period_start; `void_on`
    is the day on which the event was taken back.

    shape: flow (event_on lies in the period), snapshot (event_on is its closing day), period and due
    (the rows know their period; of due ones the denominator is shared by all).
    """

    sql: str
    shape: Shape


def traced(compiled: str) -> Traced | None:
    """The records behind a metric model; None for a model that ends in another way."""
    head = _HEAD.search(compiled)
    if head is None:
        return None
    due = head["name"] == "due"
    end = _closing(compiled, head.end() - 1)
    body, rest = compiled[head.end() : end], compiled[end + 1 :]
    if re.search(r"\bsingle as \(", compiled):
        body = re.sub(r"\bfrom events as base\b", "from single as base", body)
    body = _with_records(body, "opportunity_id" if due else "record_id")
    cut = f"{compiled[: head.end()]}{body})"
    if due:
        return Traced(f"{cut}\n{_last_join(rest)}", "due")
    if "placed as (" not in rest:
        return Traced(f"{cut}\n{_of_periods(rest)}", "period")
    void = _VOID.search(rest)
    taken_back = f"{void.group(1)} as void_on" if void else "cast(null as date) as void_on"
    shape: Shape = "snapshot" if _SNAPSHOT.search(rest) else "flow"
    return Traced(f"{cut}\nselect *, {taken_back} from scoped", shape)


def traced_credits(compiled: str) -> Traced:
    """What was credited towards targets (`int_targets__credits`), as a flow; dimension is its metric."""
    head = _HEAD.search(compiled)
    assert head is not None  # the model ends as every metric does
    end = _closing(compiled, head.end() - 1)
    body = _with_records(compiled[head.end() : end], "deal_id")
    return Traced(
        f"{compiled[: head.end()]}{body})\nselect *, credited_on as event_on, metric as dimension, "
        "amount as numerator, null as denominator, voided_on as void_on from scoped",
        "flow",
    )


def _with_records(body: str, record: str) -> str:
    """The rows of a CTE of scopes, each with the record it is of and that record's owner."""
    own = _CARRIED.format(of="scoped", record=record)
    body = re.sub(r"select\s+(?=scoped\.)", own, body, count=1)
    return _ABOVE.sub(f" {_CARRIED.format(of='base', record=record)}", body)


def _of_periods(rest: str) -> str:
    numerator = re.search(_SUM.format(name="numerator"), rest)
    denominator = re.search(_SUM.format(name="denominator"), rest)
    assert numerator is not None  # the macro writes it
    return (
        f"select *, {numerator.group(1)} as numerator, "
        f"{denominator.group(1) if denominator else 1} as denominator, "
        "cast(null as date) as event_on, cast(null as date) as void_on from scoped"
    )


def _last_join(rest: str) -> str:
    """The model's own last join without its sums: what was due, and its period and scope."""
    start = rest.rindex("\nfrom ")
    end = rest.index("\ngroup by", start)
    # `from <relation> as <name>`, or a CTE under its own name.
    words = rest[start:].split()
    base = words[3] if words[2] == "as" else words[1]
    return (
        f"select due.record_id, due.record_owner, due.amount as numerator, null as denominator, "
        f"due.expected_close_on as event_on, cast(null as date) as void_on, "
        f"{base}.grain, {base}.period_start, {base}.scope_type, {base}.scope_id"
        f"{rest[start:end]}"
    )


def _closing(sql: str, opening: int) -> int:
    """The place of the parenthesis that closes the one at `opening`; quotes are passed over."""
    depth, place, quote = 0, opening, ""
    while place < len(sql):
        letter = sql[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "-" and sql.startswith("--", place):
            place = sql.find("\n", place)
        elif letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return place
        place += 1
    raise ValueError("the SQL ends inside a parenthesis")
