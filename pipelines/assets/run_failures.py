"""Why a run failed, read from its events: the failed steps with their causes, and a failed audit.

Add here: another kind of event that ends a run. Keep out: printing (`commands/summary.py`) and
telling people (`notifying/data_problems.py`).

Only texts of our own failures are taken over, since those never hold a secret; of any other error
the kind alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import dagster as dg

from pipelines.assets.steps import KIND, TOLD
from pipelines.failures import AuditFailure, PermanentFailure, TransientFailure, WriterBusy
from pipelines.language.text import InEach, Said, text

# Failures whose text is ours.
OWN = {kind.__name__ for kind in (TransientFailure, PermanentFailure, AuditFailure, WriterBusy)}


@dataclass(frozen=True)
class Cause:
    """One failed step of a run. `text` is safe to send; `full` is for this machine's console."""

    step: str
    text: Said
    full: Said
    is_audit: bool


def causes_of(events: Iterable[dg.DagsterEvent]) -> list[Cause]:
    """The failed steps in the order of their failing; empty for a run that did not fail.

    A run that ended without a failed step (its process died) gives one cause with step "run".
    """
    found: dict[str, Cause] = {}
    verdicts: list[str] = []
    died = None
    for event in events:
        if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if (
                check.blocking
                and not check.passed
                and check.severity == dg.AssetCheckSeverity.ERROR
            ):
                verdicts.append(check.description or check.check_name)
        elif event.is_step_failure:
            step = event.step_key or "run"
            found[step] = _of_step(step, event, verdicts)
        elif event.is_run_failure:
            died = event
    if not found and died is not None:
        return [_of_run(died)]
    return list(found.values())


def _of_run(event: dg.DagsterEvent) -> Cause:
    """A run without a failed step: something around the steps failed, or the process died."""
    data: Any = event.event_specific_data
    error = data.error if data is not None else None
    if error is not None:
        return _of_error("run", error)
    died = text("night.run_died")
    return Cause("run", died, event.message or died, False)


def _of_step(step: str, event: dg.DagsterEvent, verdicts: list[str]) -> Cause:
    data: Any = event.event_specific_data
    user, error = data.user_failure_data, data.error
    stopped = error is not None and "AssetCheckFailed" in (error.cls_name or "")
    kind = user.metadata[KIND].value if user and KIND in user.metadata else None
    if user is not None and user.description:
        kept = user.metadata[TOLD].value if TOLD in user.metadata else None
        said = InEach(kept) if isinstance(kept, dict) else user.description
        return Cause(step, said, said, kind == "audit")
    if stopped:
        told = "\n".join(verdicts) or text("night.audit_error")
        return Cause(step, told, told, True)
    if error is None:
        return Cause(step, text("night.no_reason"), event.message or "", False)
    return _of_error(step, error)


def _of_error(step: str, error: Any) -> Cause:
    while error.cause is not None:
        error = error.cause
    full = error.message.strip()
    if error.cls_name in OWN:
        return Cause(step, full.removeprefix(f"{error.cls_name}: "), full, False)
    kind = error.cls_name or "error"
    return Cause(step, text("night.unexpected", kind=kind), full, False)
