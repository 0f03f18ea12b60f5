"""Recording nights: idempotent, in step with the evaluation, and safe beside other writers."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable
from decimal import Decimal
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from pipelines.failures import PermanentFailure
from pipelines.ledger.episodes import record_episodes
from pipelines.ledger.lookup import list_alerts, show_alert
from pipelines.ledger.models import Base, Episode, EpisodeChange
from pipelines.ledger.responses import resolve
from pipelines.ledger.store import Ledger, open_ledger

NOW = dt.datetime(2026, 10, 28, 1, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 10, 28)
Frame = Callable[..., pd.DataFrame]


def record(ledger: Ledger, episodes: pd.DataFrame, day: int = 0, **more: Any) -> Any:
    as_of = TODAY + dt.timedelta(days=day)
    now = NOW + dt.timedelta(days=day)
    return record_episodes(
        ledger, episodes.assign(as_of=as_of), as_of=as_of, run_id=f"run-{day}", now=now, **more
    )


def log_of(ledger: Ledger, alert_id: str) -> list[str]:
    return [row.change for row in show_alert(ledger, alert_id).changes]


def dump(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, except the log of recordings itself."""
    with ledger.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
            if table.name != "runs"
        }


def test_first_night_then_the_same_night_again(ledger: Ledger, frame: Frame) -> None:
    night = frame(
        {"alert_id": "a1"},
        {"alert_id": "a2", "level": "danger"},
        {"alert_id": "old", "state": "recovered"},
    )
    first = record(ledger, night)
    assert (first.opened, first.recorded) == (["a1", "a2"], ["old"])
    before = dump(ledger)
    second = record(ledger, night)
    assert not second.any
    assert second.unchanged == 3
    assert dump(ledger) == before


def test_figures_come_back_exactly(ledger: Ledger, frame: Frame) -> None:
    night = frame({"alert_id": "a1", "amount_at_risk": Decimal("1234567890123.45"),
                   "probability": np.float64("nan"), "owner_id": None}).assign(
        deals=[[{"name": "合同 A", "amount": np.int64(5)}]], since=[pd.Timestamp("2026-10-05")]
    )  # fmt: skip
    record(ledger, night)
    alert = list_alerts(ledger)[0]
    assert alert.amount_at_risk == Decimal("1234567890123.45")
    assert (alert.probability, alert.owner_id, alert.value) == (None, None, 0.71)
    assert alert.period_start == dt.date(2026, 10, 1)
    assert alert.details == {
        "deals": [{"name": "合同 A", "amount": 5}],
        "since": "2026-10-05T00:00:00",
    }


def test_levels_rise_fall_recover_and_come_back(ledger: Ledger, frame: Frame) -> None:
    assert record(ledger, frame({"alert_id": "a"})).opened == ["a"]
    assert record(ledger, frame({"alert_id": "a", "level": "danger"}), 1).raised == ["a"]
    assert record(ledger, frame({"alert_id": "a"}), 2).eased == ["a"]
    assert record(ledger, frame({"alert_id": "a", "state": "recovered"}), 3).recovered == ["a"]
    assert list_alerts(ledger) == []
    assert record(ledger, frame({"alert_id": "a"}), 4).opened == ["a"]
    assert log_of(ledger, "a") == ["opened", "raised", "eased", "recovered", "reopened"]
    rows = show_alert(ledger, "a").changes
    assert [row.number for row in rows] == [1, 2, 3, 4, 5]
    assert [row.epoch for row in rows] == [1, 1, 1, 1, 2]
    assert [(row.level_from, row.level_to) for row in rows[:3]] == [
        (None, "warning"), ("warning", "danger"), ("danger", "warning"),
    ]  # fmt: skip


def test_money_is_told_when_it_doubled_and_only_once(ledger: Ledger, frame: Frame) -> None:
    amounts = [100, 150, 199, 200, 120, 210, 399, 400]
    doubled = [
        record(ledger, frame({"alert_id": "a", "amount_at_risk": amount}), day).doubled
        for day, amount in enumerate(amounts)
    ]
    assert [bool(found) for found in doubled] == [
        False, False, False, True, False, False, False, True,
    ]  # fmt: skip


def test_what_the_evaluation_no_longer_yields_is_withdrawn(ledger: Ledger, frame: Frame) -> None:
    record(ledger, frame({"alert_id": "a"}, {"alert_id": "b"}))
    assert record(ledger, frame({"alert_id": "b"}), 1).withdrawn == ["a"]
    alert = show_alert(ledger, "a").alert
    assert (alert.state, alert.withdrawn, alert.proposed_outcome) == ("closed", True, "data_error")
    assert not record(ledger, frame({"alert_id": "b"}), 2).any
    assert record(ledger, frame({"alert_id": "a"}, {"alert_id": "b"}), 3).opened == ["a"]
    assert show_alert(ledger, "a").alert.proposed_outcome is None


def test_rules_that_were_not_evaluated_keep_their_episodes(ledger: Ledger, frame: Frame) -> None:
    record(ledger, frame({"alert_id": "a", "rule": "churn"}, {"alert_id": "b"}))
    changes = record(ledger, frame({"alert_id": "b"}), 1, not_evaluated={"churn"})
    assert not changes.any
    assert {alert.alert_id for alert in list_alerts(ledger)} == {"a", "b"}


def test_an_earlier_day_changes_nothing(ledger: Ledger, frame: Frame) -> None:
    record(ledger, frame({"alert_id": "a"}), 5)
    before = dump(ledger)
    changes = record(ledger, frame({"alert_id": "b"}), 2)
    assert changes.stale
    assert not changes.any
    assert dump(ledger) == before


def test_a_resolved_alert_comes_back_only_when_it_gets_worse(ledger: Ledger, frame: Frame) -> None:
    record(ledger, frame({"alert_id": "a"}))
    resolve(ledger, "a", "M1", "accepted", "可接受", now=NOW)
    assert not record(ledger, frame({"alert_id": "a"}), 1).any
    assert list_alerts(ledger) == []
    assert record(ledger, frame({"alert_id": "a", "level": "danger"}), 2).opened == ["a"]
    alert = show_alert(ledger, "a").alert
    assert (alert.state, alert.outcome, alert.acknowledged_at) == ("open", None, None)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop(columns="level"), "no column level"),
        (lambda f: pd.concat([f, f]), "is there twice"),
        (lambda f: f.assign(level="正常"), "level of a is '正常'"),
        (lambda f: f.assign(state="done"), "state of a is 'done'"),
        (lambda f: f.assign(scope_id=None), "scope_id of 'a' is empty"),
        (lambda f: f.assign(opened_on=pd.NaT), "opened_on of 'a' is empty"),
    ],
)
def test_a_frame_that_cannot_be_used_changes_nothing(
    sqlite_ledger: Ledger, frame: Frame, change: Callable[[pd.DataFrame], pd.DataFrame], says: str
) -> None:
    with pytest.raises(PermanentFailure, match=says):
        record_episodes(
            sqlite_ledger, change(frame({"alert_id": "a"})), as_of=TODAY, run_id="r", now=NOW
        )
    assert list_alerts(sqlite_ledger, open_only=False) == []


def _record_in_process(url: str, episodes: pd.DataFrame, barrier: Any, results: Any) -> None:
    ledger = open_ledger(url)
    barrier.wait()
    try:
        changes = record_episodes(ledger, episodes, as_of=TODAY, run_id="r", now=NOW)
        results.put(len(changes.opened))
    except Exception as error:
        results.put(repr(error))


def test_four_processes_record_the_same_night_at_once(
    ledger_url: str, frame: Frame, forking: BaseContext
) -> None:
    open_ledger(ledger_url).close()
    night = frame(*({"alert_id": f"a{number}"} for number in range(200)))
    barrier, results = forking.Barrier(4), forking.Queue()
    workers = [
        forking.Process(target=_record_in_process, args=(ledger_url, night, barrier, results))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    found = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join()
    assert sorted(found) == [0, 0, 0, 200]
    ledger = open_ledger(ledger_url)
    with ledger.reading() as session:
        assert len(list(session.scalars(select(EpisodeChange)))) == 200
    ledger.close()


EPISODE = st.fixed_dictionaries(
    {
        "level": st.sampled_from(["warning", "danger"]),
        "state": st.sampled_from(["open", "open", "recovered", "closed"]),
        "amount_at_risk": st.sampled_from([None, 0.0, 50.0, 100.0, 200.0, 1000.0]),
    }
)
NIGHT = st.dictionaries(st.sampled_from("abcd"), EPISODE, max_size=4)


@given(nights=st.lists(NIGHT, min_size=1, max_size=5))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_nights_rerun_and_restore_to_the_same_ledger(
    nights: list[dict[str, dict[str, Any]]], frame: Frame, empty_ledger: Path
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        shutil.copy(empty_ledger, path)
        ledger = open_ledger(f"sqlite:///{path}")
        for day, night in enumerate(nights):
            episodes = frame(*({"alert_id": key, **row} for key, row in night.items()))
            ledger.close()
            yesterday = Path(folder) / "yesterday.db"
            shutil.copy(path, yesterday)
            record(ledger, episodes, day)
            after = dump(ledger)
            assert not record(ledger, episodes, day).any
            assert dump(ledger) == after

            restored = open_ledger(f"sqlite:///{yesterday}")
            record(restored, episodes, day)
            assert dump(restored) == after
            restored.close()
            yesterday.unlink()

            # Open in the ledger are exactly those open tonight, with tonight's level.
            wanted = {key: row["level"] for key, row in night.items() if row["state"] == "open"}
            with ledger.reading() as session:
                stored = list(session.scalars(select(Episode)))
                log = list(session.scalars(select(EpisodeChange)))
            assert {e.alert_id: e.level for e in stored if e.state == "open"} == wanted
            for episode in stored:
                numbers = [row.number for row in log if row.alert_id == episode.alert_id]
                assert sorted(numbers) == list(range(1, episode.changes + 1))
        ledger.close()
