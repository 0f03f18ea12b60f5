"""The marts of a past day, built today, are those that were built on that day.

Three loads of one raw zone with late edits between them. For each day the raw zone as it was then
(a copy made after the load) and the whole raw zone of today give the same inputs and the same marts.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from compiled_models import DATABASE, CompiledModels, compiled_models

from pipelines.raw_zone.zone import RawZone
from pipelines.sample.company import generate
from pipelines.settings import Settings, load_settings
from pipelines.sources.registry import connector_of
from pipelines.warehouse.binding import bind

LOADED_ON = [dt.date(2026, 8, 25), dt.date(2026, 9, 15), dt.date(2026, 10, 12)]
# The days of the loads; the last one again, one day before the next load comes.
DAYS = [*LOADED_ON[:2], dt.date(2026, 10, 11)]
MOVER, LATE_ORDER, PUSHED, DELETED = "S1002", "SO-LATE", "DEAL-PUSHED", "DEAL-DELETED"
# Won in August, taken back in September: its owner has no other deals.
REOPENED, WINNER = "DEAL-REOPENED", "S9001"
# What is read of the marts.
READ = (
    "fct_metrics",
    "fct_opportunities",
    "fct_orders",
    "fct_target_completion",
    "fct_target_completion_history",
    "fct_targets",
)
QUARTER = ("2026-07", "2026-08", "2026-09")
COMPANY = """\
name: Test Company
currency: CNY
timezone: Asia/Shanghai
calendar: CN
revenue_basis: won
"""
SOURCES = (
    "sources: [{name: sheets, system: spreadsheet, folder: sheets, options: {settle_seconds: 0}}]\n"
)
STAGES = "source,source_stage,stage,stage_order,outcome\n" + "".join(
    f"*,{stage},{stage},{order},{outcome}\n"
    for stage, order, outcome in (
        ("初步接洽", 1, "open"),
        ("需求确认", 2, "open"),
        ("方案报价", 3, "open"),
        ("商务谈判", 4, "open"),
        ("赢单", 5, "won"),
        ("输单", 6, "lost"),
    )
)


def sheets_of(frames: dict[str, pd.DataFrame], day: dt.date) -> dict[str, pd.DataFrame]:
    """The sheets as they stood on the evening of a load: what had happened, in the state of then."""
    end = pd.Timestamp(day) + pd.Timedelta(days=1)
    history = frames["stage_history"][frames["stage_history"].changed_at < end]
    last = history.sort_values("changed_at").groupby("opportunity_id").tail(1)
    last = last.set_index("opportunity_id")
    deals = frames["opportunities"]
    deals = deals[(deals.created_at < end) & deals.opportunity_id.isin(last.index)]
    deals = deals.assign(
        stage=deals.opportunity_id.map(last.to_stage),
        closed_at=deals.closed_at.where(deals.closed_at < end),
        amount=deals.opportunity_id.map(last.amount).fillna(deals.amount),
        updated_at=deals.opportunity_id.map(last.changed_at),
    )
    orders = frames["orders"][frames["orders"].ordered_at < end]
    orders = orders.assign(delivered_at=orders.delivered_at.where(orders.delivered_at < end))
    activities = frames["activities"][frames["activities"].occurred_at < end]
    return {
        **frames,
        "stage_history": history,
        "opportunities": deals,
        "orders": orders,
        "activities": activities,
    }


def with_edits(sheets: dict[str, pd.DataFrame], load: int) -> dict[str, pd.DataFrame]:
    """What people did to the sheets by the given load, beside what happened at the customers'."""
    sheets = dict(sheets)
    deal = sheets["opportunities"].iloc[[0]].assign(
        stage="方案报价", closed_at=pd.NaT, updated_at=pd.NaT, lost_reason=None, amount=50_000.0,
        created_at=pd.Timestamp("2026-08-03 10:00"), owner_id=MOVER,
    )  # fmt: skip
    due = pd.Timestamp("2026-09-20" if load == 0 else "2026-11-20")
    added = [deal.assign(opportunity_id=PUSHED, expected_close_date=due)]
    if load < 2:
        added.append(deal.assign(opportunity_id=DELETED, expected_close_date=due))
    moves = [("2026-08-03 10:00", "方案报价"), ("2026-08-10 10:00", "赢单")]
    moves += [("2026-09-07 10:00", "商务谈判")] if load > 0 else []
    won = deal.assign(opportunity_id=REOPENED, owner_id=WINNER, amount=1_000_000.0)
    added.append(won.assign(stage=moves[-1][1], expected_close_date=due))
    history = [
        {"event_id": f"REOPENED-{place}", "opportunity_id": REOPENED, "to_stage": stage,
         "changed_at": pd.Timestamp(moment), "amount": 1_000_000.0}
        for place, (moment, stage) in enumerate(moves)
    ]  # fmt: skip
    sheets["stage_history"] = pd.concat([sheets["stage_history"], pd.DataFrame(history)])
    sheets["opportunities"] = pd.concat([sheets["opportunities"], *added])
    if load > 0:
        order = sheets["orders"].iloc[[0]].assign(
            order_id=LATE_ORDER, ordered_at=pd.Timestamp("2026-08-20 10:00"), status="已完成",
            amount=777_777.0, owner_id="S1001",
        )  # fmt: skip
        sheets["orders"] = pd.concat([sheets["orders"], order])
        # Two ways to revise a target: a cell overwritten, and a version with a day of its own.
        targets = sheets["targets"].copy()
        here = (targets.scope_type == "rep") & (targets.period == "2026-09")
        targets.loc[here & (targets.scope_id == "S1001"), "target_amount"] *= 2
        revised = targets[here & (targets.scope_id == MOVER)].tail(1)
        revised = revised.assign(
            target_amount=123_000.0, effective_from="2026-09-14", version="9月", reason="调整"
        )
        sheets["targets"] = pd.concat([targets, revised])
        users = sheets["users"].copy()
        old = users.user_id == MOVER
        users.loc[old, "valid_to"] = "2026-09-06"
        moved = users[old].assign(team_id="T02", valid_from="2026-09-07", valid_to=None)
        sheets["users"] = pd.concat([users, moved])
    return sheets


@dataclass(frozen=True)
class Site:
    settings: Settings
    project: CompiledModels
    then: list[RawZone]  # the raw zone as it was after each load

    def bound(self, folder: Path, zone: RawZone, day: dt.date, known: bool) -> Path:
        """A warehouse of the day: from all that `zone` holds, or from what was loaded by its end."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{DATABASE}.duckdb"
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.settings.timezone)
        bind(path, self.settings, zone, as_of=day, known_at=end if known else None)
        return path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    root = tmp_path_factory.mktemp("loads")
    folder = root / "config"
    (folder / "sheets").mkdir(parents=True)
    for name, text in (("company.yml", COMPANY), ("sources.yml", SOURCES), ("stages.csv", STAGES)):
        (folder / name).write_text(text, encoding="utf-8")
    settings = load_settings(folder, root / "data")
    frames = dict(generate(reps=4).frames)
    second = frames["teams"].iloc[[0]].assign(team_id="T02", team_name="华南一部", region="华南")
    frames["teams"] = pd.concat([frames["teams"], second])
    targets = frames["targets"]
    months = targets[(targets.scope_id == MOVER) & targets.period.isin(QUARTER)]
    frames["targets"] = pd.concat([targets, months.assign(scope_id=WINNER)])
    zone = RawZone(settings.raw_dir, settings.data_dir / "dlt")
    then = []
    for load, day in enumerate(LOADED_ON):
        for name, frame in with_edits(sheets_of(frames, day), load).items():
            frame.to_csv(folder / "sheets" / f"{name}.csv", index=False, encoding="utf-8-sig")
        evening = dt.datetime.combine(day, dt.time(18), settings.timezone).astimezone(dt.UTC)
        connector = connector_of(settings.sources[0], settings)
        report = zone.load("sheets", "spreadsheet", connector, now=evening)
        assert not report.rejections
        copy = root / f"raw-{load}"
        shutil.copytree(settings.raw_dir, copy)
        then.append(RawZone(copy, root / "dlt"))
    return Site(settings, compiled_models(settings), then)


def content(path: Path, schemas: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Every relation of the schemas, rows in an order of their own."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables "
            f"where table_schema in {(*schemas, '')} order by 1"
        ).fetchall()
        return {name: connection.sql(f"from {name} order by all").df() for (name,) in names}


@pytest.mark.parametrize("place", range(len(DAYS)), ids=[str(day) for day in DAYS])
def test_a_past_day_is_built_today_as_it_was_built_then(
    site: Site, tmp_path: Path, place: int
) -> None:
    day = DAYS[place]
    then = site.bound(tmp_path / "then", site.then[min(place, 1)], day, known=False)
    today = site.bound(tmp_path / "today", site.then[-1], day, known=True)
    schemas: tuple[str, ...] = ("raw", "config")
    # Models read nothing else, so what is equal here is built equally: all is built on one day to
    # show it, and on the others what is read below.
    if place == 1:
        schemas = (*schemas, "marts")
        site.project.build(today, site.settings, tested=False)
        site.project.build(then, site.settings, tested=False)
    else:
        site.project.only(*READ).build(today, site.settings, tested=False)
    built = content(today, schemas)
    for name, frame in content(then, schemas).items():
        pd.testing.assert_frame_equal(built.pop(name), frame, check_exact=True, obj=name)
    assert not built, "tables that the day itself did not have"
    _say_what_was_known(today, late=place > 0)


def _say_what_was_known(path: Path, *, late: bool) -> None:
    """The edits between the first two loads are seen from the second load on, never before."""
    with duckdb.connect(str(path), read_only=True) as connection:

        def one(sql: str) -> tuple:
            return connection.execute(sql).fetchone()

        deals = "select expected_close_on, push_count, team_id from marts.fct_opportunities"
        due = dt.date(2026, 11, 20) if late else dt.date(2026, 9, 20)
        # The deal that was deleted later is still there, as it was.
        for deal in (PUSHED, DELETED):
            told = one(f"{deals} where opportunity_id = '{deal}'")
            assert told == (due, int(late), "T02" if late else "T01")
        assert one(
            f"select count(*) from marts.fct_orders where order_id = '{LATE_ORDER}'"
        ) == (int(late),)  # fmt: skip
        targets = "select count(*), max(target_amount) from marts.fct_targets where scope_type = "
        targets += "'rep' and period_type = 'month' and period_start = date '2026-09-01' "
        versions, _ = one(f"{targets} and scope_id = '{MOVER}'")
        assert versions == (3 if late else 2)
        # The win that was taken back counts until then. A figure of August keeps it, since August had
        # ended; what stands tonight does not.
        mine = f"scope_type = 'rep' and scope_id = '{WINNER}' and metric = 'revenue'"
        august = f"{mine} and period_start = date '2026-08-01'"
        month = one(f"select value from marts.fct_metrics where {august} and grain = 'month'")
        assert month == (1_000_000,)
        tonight = one(
            f"select actual_amount from marts.fct_target_completion where {august} "
            "and period_type = 'month'"
        )
        assert float(tonight[0]) == (0 if late else 1_000_000)
        weeks = connection.execute(
            "select as_of, actual_amount from marts.fct_target_completion_history "
            f"where {mine} and period_type = 'quarter' order by as_of"
        ).fetchall()
        assert {day: float(amount) for day, amount in weeks if amount} == {
            dt.date(2026, 8, 16): 1_000_000,
            dt.date(2026, 8, 23): 1_000_000,
            **({dt.date(2026, 8, 30): 1_000_000, dt.date(2026, 9, 6): 1_000_000} if late else {}),
        }
