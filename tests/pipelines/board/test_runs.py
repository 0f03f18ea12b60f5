"""Small lines beside cards and in rows: the right weeks, one read, nothing from outside the slice."""

from __future__ import annotations

import datetime as dt
import re
from types import SimpleNamespace

import duckdb
import pytest

from pipelines.board.access.viewers import Viewer
from pipelines.board.reading.runs import runs_of, with_traces
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.board.showing.sparks import trace
from pipelines.reporting.selling_charts import spark

AS_OF = dt.date(2026, 3, 27)
EVERYBODY = Viewer("boss", "boss", "all")
REP = Viewer("R1", "R1", "rep", frozenset({"R1"}), frozenset({("rep", "R1")}), ("rep", "R1"))


@pytest.fixture(scope="module")
def reader() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema marts")
    connection.execute(
        "create table marts.fct_metrics as select 'win_rate' as metric, 'week' as grain, scope_type, scope_id, "
        "null::varchar as dimension, date '2026-03-23' - 7 * i::int as period_start, "
        "date '2026-03-29' - 7 * i::int as period_end, if(i = 3, null, 1.0 / (i + 1)) as value, "
        "0.1 as expected_low, 0.4 as expected_high, i > 0 as is_complete, null as numerator, "
        "null as denominator, 5 as sample_size, null as baseline, null as previous, null as year_ago "
        "from range(30) t(i), (values ('team', 'T1'), ('rep', 'R1')) s(scope_type, scope_id)"
    )
    connection.execute(
        "create table marts.fct_target_completion_history as select 'revenue' as metric, 'quarter' as period_type, "
        "date '2026-01-01' as period_start, 'rep' as scope_type, scope_id, date '2026-03-27' - 7 * i::int as as_of, "
        "90 + i as projected_amount, if(scope_id = 'R2', 0, 100) as target_amount "
        "from range(12) t(i), (values ('R1'), ('R2')) s(scope_id)"
    )
    return connection


def alert(ident: str, scope: tuple[str, str], **more: object) -> SimpleNamespace:
    values = {"metric": "win_rate", "details": {}, "origin": "evaluated", **more}
    return SimpleNamespace(alert_id=ident, scope_type=scope[0], scope_id=scope[1], **values)


def test_the_last_complete_weeks_of_each_figure_within_the_slice(
    reader: duckdb.DuckDBPyConnection,
) -> None:
    alerts = [
        alert("team", ("team", "T1")),
        alert("again", ("team", "T1")),
        alert("rep", ("rep", "R1")),
        alert("stage", ("team", "T1"), details={"dimension": "报价"}),
        alert("hand", ("team", "T1"), origin="reported"),
    ]
    found = runs_of(SlicedMarts(reader.cursor(), EVERYBODY), alerts, AS_OF)  # type: ignore[arg-type]
    assert found.keys() == {"team", "again", "rep"}
    assert len(found["team"].values) == 13
    # The running week is not comparable; a week without enough cases is a gap, not nought.
    assert found["team"].values[-3:] == (None, 1 / 3, 1 / 2)
    assert found["team"].usual == (0.1, 0.4)
    own = runs_of(SlicedMarts(reader.cursor(), REP), alerts, AS_OF)  # type: ignore[arg-type]
    assert own.keys() == {"rep"}
    assert runs_of(SlicedMarts(reader.cursor(), EVERYBODY), [], AS_OF) == {}


def test_what_was_projected_in_the_last_weeks(reader: duckdb.DuckDBPyConnection) -> None:
    rows = [
        {"scope_type": "rep", "scope_id": ident, "period_type": "quarter", "as_of": AS_OF,
         "period_start": dt.date(2026, 1, 1)}
        for ident in ("R1", "R2", "R3")
    ]  # fmt: skip
    with_traces(SlicedMarts(reader.cursor(), EVERYBODY), rows)
    assert rows[0]["trace"] == (0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91, 0.9)
    assert set(rows[1]["trace"]) == {None}  # without a target there is no part of it
    assert rows[2]["trace"] == ()
    drawn = str(trace("en", rows[0]))
    assert "The last" not in drawn
    assert "8 weeks: 97% to 90%" in drawn
    assert trace("en", rows[1]) == trace("en", {}) == ""


def test_a_line_keeps_its_scale() -> None:
    def heights(*values: float | None, least: float = 0.0) -> list[float]:
        path = re.search(r'd="M([^"]*)"', str(spark(values, "x", least=least)))
        assert path
        return [float(point.split(" ")[1]) for point in path.group(1).split("L")]

    assert max(heights(0.5, 0.51)) - min(heights(0.5, 0.51)) == 20
    assert max(heights(0.5, 0.51, least=0.25)) - min(heights(0.5, 0.51, least=0.25)) < 1
    assert len(heights(1, None, 2)) == 2
