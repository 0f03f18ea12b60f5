"""Why a run failed, read from the events of real runs."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.run_failures import causes_of
from pipelines.assets.steps import failing_clearly
from pipelines.failures import PermanentFailure

SECRET = "https://user:pa55word@crm.example.com/?token=t0ken"


@dg.op
def told() -> None:
    with failing_clearly():
        raise PermanentFailure("Could not read the sheet", where="orders.csv", next_step="mend it")


@dg.op
def unexpected() -> None:
    raise ValueError(f"no answer from {SECRET}")


def events_of(op: dg.OpDefinition) -> list[dg.DagsterEvent]:
    @dg.job(executor_def=dg.in_process_executor)
    def trial() -> None:
        op()

    with dg.DagsterInstance.ephemeral() as instance:
        return list(trial.execute_in_process(instance=instance, raise_on_error=False).all_events)


def test_our_failures_are_told_in_full_and_others_by_their_kind_alone() -> None:
    (own,) = causes_of(events_of(told))
    assert str(own.text).startswith("Could not read the sheet (orders.csv)")
    assert (own.step, own.is_audit) == ("told", False)
    (other,) = causes_of(events_of(unexpected))
    said = str(other.text)
    assert "ValueError" in said
    assert "pa55word" not in said + other.step
    assert "t0ken" not in said


def test_a_blocking_check_is_an_audit_with_its_verdict() -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("may_be_used", asset="rows", blocking=True)])
    def rows() -> dg.MaterializeResult:
        verdict = dg.AssetCheckResult(passed=False, description="orders: 9,000 rows are gone")
        return dg.MaterializeResult(check_results=[verdict])

    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize([rows], instance=instance, raise_on_error=False)
    (cause,) = causes_of(done.all_events)
    assert cause.is_audit
    assert cause.text == "orders: 9,000 rows are gone"
