"""Structure that changes between loads: fields are renamed, hidden, emptied, retyped, added, removed.

Add here: another way in which an administrator changes a system. Keep out: how one simulator does it
(the tests of that system).

Whatever happens, one of two things has to hold after each load: the raw zone has the true values, or
the load stopped and said why, with a next step.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.failures import Failure

# More by hand: FOREWARN_CHANGES=200 HYPOTHESIS_PROFILE=explore.
EXAMPLES = int(os.environ.get("FOREWARN_CHANGES", "5"))
KINDS = ("rename", "hide", "blank", "retype", "add", "remove", "edit")
# What is done, to which of the fields, and whether the next load reads everything.
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.booleans()), min_size=1, max_size=4
)


def changes_tried(test: Callable[..., None]) -> Callable[..., None]:
    """Runs a test with `steps`: some at random, and those by which amounts vanish, always."""
    for steps in ([("blank", 0, True)], [("rename", 0, False)], [("retype", 0, True)]):
        test = example(steps=steps)(test)
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=slow)(
        given(steps=STEPS)(test)
    )


def changing(fields: Sequence[str], acts: dict[str, Callable[..., Any]]) -> Callable[..., None]:
    """`change(kind, which)` for `right_or_said`: the act of a kind, done to a field as it is now called.

    `rename` gives back the new name, and leaves the values; `hide`, `remove`, `blank` and `retype` get
    the name; `add` and `edit` nothing. What is hidden or removed is not touched again.
    """
    names: list[str | None] = list(fields)

    def change(kind: str, which: int) -> None:
        at = which % len(names)
        now = names[at]
        if kind in ("add", "edit"):
            acts[kind]()
        elif now is not None:
            result = acts[kind](now)
            if kind == "rename":
                names[at] = result
            elif kind in ("hide", "remove"):
                names[at] = None

    return change


def right_or_said(
    steps: list[tuple[str, int, bool]],
    *,
    change: Callable[[str, int], None],
    load: Callable[[bool], Any],
    seen: Callable[[], Any],
    truth: Callable[[], Any],
) -> str:
    """Load after each change. Returns how it ended: `right`, or what the source said when it stopped.

    `load(full)` raises `Failure`; `seen` and `truth` are compared after each load that does not.
    """
    load(True)
    assert seen() == truth()
    for kind, which, full in steps:
        change(kind, which)
        try:
            load(full)
        except Failure as failure:
            stopped: Failure | None = failure
        else:
            stopped = None
        if stopped:
            assert stopped.cause, stopped
            assert stopped.next_step, stopped
            assert stopped.told.zh != stopped.told.en
            return str(stopped)
        assert seen() == truth(), f"{kind} of field {which} passed unseen"
    return "right"
