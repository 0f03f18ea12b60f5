"""Structure that changes between loads: fields are renamed, hidden, emptied, retyped, added, removed.

Add here: another way in which an administrator changes a system. Keep out: how one simulator does it
(the tests of that system).

Whatever happens, one of two things has to hold after each load: the raw zone has the true values, or
the load stopped and said why, with a next step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from pipelines.failures import Failure

KINDS = ("rename", "hide", "blank", "retype", "add", "remove", "edit")
# What is done, to which of the fields, and whether the next load reads everything.
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 7), st.booleans()), min_size=1, max_size=4
)


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
