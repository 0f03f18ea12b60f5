"""The nine main marts of `floor.py` in pandas, for whoever would write them there; figures must be the same.

    python -m benchmarks.floor_pandas SITE_DATA CONFIG AS_OF

Add here: a mart that `floor.py` has. Keep out: anything that pandas would not be asked to do there.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.floor import ENTITIES, SOURCE

Frame = pd.DataFrame
OWN = ["_file", "_address", "_raw", "source", "_loaded_at"]
LEVELS = {"company": None, "region": "region", "team": "team_id", "rep": "owner_id"}


def by_scope(frame: Frame, keys: list[str], sums: dict[str, tuple[str, str]]) -> Frame:
    """Aggregates by keys and each level of scopes; people without a team or region count as one of each."""
    parts = []
    for scope_type, column in LEVELS.items():
        part = frame.assign(scope_id=frame[column].fillna("") if column else "")
        part = part.groupby([*keys, "scope_id"], as_index=False, observed=True, sort=False).agg(
            **sums
        )
        parts.append(part.assign(scope_type=scope_type))
    return pd.concat(parts, ignore_index=True)


def days(moments: pd.Series) -> pd.Series:
    return moments.dt.normalize()


def build(data: Path, config: Path, as_of: dt.date) -> dict[str, tuple[int, float]]:
    """The nine marts as frames; rows and one sum of each."""
    raw: dict[str, Frame] = {}
    for entity in ENTITIES:
        found = pd.read_parquet(data / "raw" / SOURCE / entity).drop(columns=OWN)
        for column in ("amount", "target_amount"):
            if column in found:
                found[column] = found[column].astype(float)
        raw[entity] = found
    today = pd.Timestamp(as_of, tz="UTC")
    stages = pd.read_csv(config / "stages.csv").set_index("source_stage")[
        ["stage_order", "outcome"]
    ]
    people = raw["users"].sort_values("valid_from").drop_duplicates("user_id", keep="last")
    people = people.merge(raw["teams"][["team_id", "region"]], on="team_id", how="left")
    people = people[["user_id", "team_id", "region"]].rename(columns={"user_id": "owner_id"})

    events = raw["stage_history"].sort_values(["opportunity_id", "changed_at", "event_id"])
    events = events.join(stages, on="to_stage")
    way = events.groupby("opportunity_id", sort=False)
    events["number"] = way.cumcount() + 1
    events["came_from"] = way["to_stage"].shift()
    events["left_at"] = way["changed_at"].shift(-1)
    events["days_in_stage"] = (days(events.left_at) - days(events.changed_at)).dt.days

    touched = (
        raw["activities"]
        .groupby("opportunity_id")
        .occurred_at.agg(touches="count", last_touch="max")
    )
    moves = events.groupby("opportunity_id").changed_at.agg(moves="count", since="max")
    deals = raw["opportunities"].join(stages, on="stage").merge(people, on="owner_id", how="left")
    deals = deals.join(touched, on="opportunity_id").join(moves, on="opportunity_id")
    deals["age_days"] = (days(deals.closed_at.fillna(today)) - days(deals.created_at)).dt.days

    activities = raw["activities"].merge(people, on="owner_id", how="left")
    activities = activities.merge(
        deals[["opportunity_id", "stage"]], on="opportunity_id", how="left"
    )

    orders = (
        raw["orders"]
        .merge(people, on="owner_id", how="left")
        .sort_values(["ordered_at", "order_id"])
    )
    orders["is_late"] = orders.delivered_at.fillna(today) > orders.promised_at
    orders["number"] = orders.groupby("account_id").cumcount() + 1

    owned = deals[["opportunity_id", "owner_id", "team_id", "region", "created_at", "moves"]]
    entries = events.groupby(["opportunity_id", "to_stage"], as_index=False).number.max()
    entries = entries.merge(owned, on="opportunity_id")
    entries["cohort"] = entries.created_at.dt.tz_localize(None).dt.to_period("M")
    entries["on"] = entries.moves > entries.number
    counted = {"entered": ("on", "size"), "went_on": ("on", "sum")}
    funnel = by_scope(entries, ["cohort", "to_stage"], counted)

    open_stays = events[events.outcome == "open"]
    begun = days(open_stays.changed_at)
    ended = (days(open_stays.left_at) - pd.Timedelta(days=1)).fillna(today)
    lengths = ((ended - begun).dt.days + 1).clip(lower=0).to_numpy()
    stays = open_stays.loc[
        open_stays.index.repeat(lengths), ["opportunity_id", "to_stage", "amount"]
    ]
    offset = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    stays["day"] = np.repeat(begun.dt.tz_localize(None).to_numpy(), lengths) + offset.astype(
        "timedelta64[D]"
    )
    stays = stays.merge(owned, on="opportunity_id")
    who = ["owner_id", "team_id", "region"]
    of_reps = stays.groupby(["day", "to_stage", *who], dropna=False, as_index=False).agg(
        n=("amount", "size"), amount=("amount", "sum")
    )
    summed = {"open_count": ("n", "sum"), "open_amount": ("amount", "sum")}
    pipeline = by_scope(of_reps, ["day", "to_stage"], summed)

    stated = raw["targets"]
    stated = stated[(stated.scope_type == "rep") & stated.period.str.fullmatch(r"\d{4}-\d{2}")]
    stated = stated.assign(
        since=pd.to_datetime(stated.effective_from).fillna(pd.Timestamp("2000-01-01"))
    )
    stated = stated.sort_values("since", kind="stable").drop_duplicates(
        ["period", "scope_id"], keep="last"
    )
    stated = stated[["period", "scope_id", "target_amount"]].rename(
        columns={"scope_id": "owner_id"}
    )
    monthly = orders.assign(period=orders.ordered_at.dt.strftime("%Y-%m"))
    made = monthly.groupby(["period", "owner_id"], as_index=False).agg(amount=("amount", "sum"))
    stated = stated.merge(made, on=["period", "owner_id"], how="left").merge(
        people, on="owner_id", how="left"
    )
    summed = {"target": ("target_amount", "sum"), "actual": ("amount", "sum")}
    targets = by_scope(stated, ["period"], summed)
    targets["attainment"] = targets.actual / targets.target

    bought = orders.assign(gap=orders.groupby("account_id").ordered_at.diff().dt.days)
    bought = bought.groupby("account_id").agg(
        orders=("order_id", "size"), revenue=("amount", "sum"), last_order=("ordered_at", "max"),
        rhythm=("gap", "median"),
    )  # fmt: skip
    met = activities.groupby("account_id").agg(last_contact=("occurred_at", "max"))
    accounts = raw["accounts"].join(bought, on="account_id").join(met, on="account_id")
    accounts["is_churned"] = (today - accounts.last_order).dt.days > 2 * accounts.rhythm

    closed = deals[deals.closed_at.notna()]
    won = deals[deals.outcome == "won"]
    facts = pd.concat(
        frame[who].assign(metric=metric, day=days(frame[moment]).dt.tz_localize(None), n=n, d=1.0)
        for metric, frame, moment, n in (
            ("created", deals, "created_at", 1.0), ("won", closed, "closed_at", closed.outcome == "won"),
            ("cycle", won, "closed_at", won.age_days), ("revenue", orders, "ordered_at", orders.amount),
            ("late", orders, "ordered_at", orders.is_late), ("activities", activities, "occurred_at", 1.0),
        )
    )  # fmt: skip
    facts["n"] = facts.n.astype(float)
    sums = {"n": ("n", "sum"), "d": ("d", "sum")}
    facts = facts.groupby(["metric", "day", *who], dropna=False, as_index=False).agg(**sums)
    metrics = pd.concat(
        by_scope(facts.assign(period=facts.day.dt.to_period(grain).dt.start_time), ["metric", "period"], sums)
        .assign(grain=grain)
        for grain in ("W", "M", "Q")
    )  # fmt: skip
    key = ["metric", "grain", "scope_type", "scope_id"]
    metrics = metrics.sort_values([*key, "period"])
    earlier = (
        metrics.groupby(key, sort=False).n.shift().groupby([metrics[k] for k in key], sort=False)
    )
    past = earlier.rolling(13, min_periods=1)
    metrics["baseline"], metrics["spread"] = past.mean().to_numpy(), past.std().to_numpy()
    last_year = metrics[[*key, "period", "n"]].rename(columns={"n": "year_ago"})
    then = metrics.period - pd.DateOffset(years=1)
    for grain in ("W", "M", "Q"):
        rows = metrics.grain == grain
        metrics.loc[rows, "then"] = then[rows].dt.to_period(grain).dt.start_time
    metrics = metrics.merge(
        last_year.rename(columns={"period": "then"}), on=[*key, "then"], how="left"
    )

    return {
        "fct_stage_events": (len(events), events.days_in_stage.sum()),
        "fct_opportunities": (len(deals), deals.amount.sum()),
        "fct_activities": (len(activities), activities.team_id.count()),
        "fct_orders": (len(orders), orders.amount.sum()),
        "fct_funnel": (len(funnel), funnel.went_on.sum()),
        "fct_pipeline_daily": (len(pipeline), pipeline.open_amount.sum()),
        "fct_target_completion": (len(targets), targets.actual.sum()),
        "fct_account_health": (len(accounts), accounts.revenue.sum()),
        "fct_metrics": (len(metrics), metrics.baseline.sum()),
    }


def main() -> None:
    data, config, as_of = Path(sys.argv[1]), Path(sys.argv[2]), dt.date.fromisoformat(sys.argv[3])
    for name, (rows, total) in build(data, config, as_of).items():
        print(name, rows, round(float(total), 2))


if __name__ == "__main__":
    main()
