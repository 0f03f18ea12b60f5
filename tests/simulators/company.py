"""The sample company as neutral records, whole or by region, for filling any simulated system.

Add here: what every system needs of the company. Keep out: the shape of one system
(`<system>_company.py`), and how the company is generated (`pipelines/sample/`).

Records are dicts with the canonical columns; empty cells are None, moments are in UTC (the sample's
own are local times of Asia/Shanghai), days are dates, money is Decimal.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from pipelines.entities import ENTITIES
from pipelines.sample import SampleCompany, generate

ZONE = ZoneInfo("Asia/Shanghai")
Frames = Mapping[str, pd.DataFrame]


@cache
def sample_company(reps: int = 8, seed: int = 7, language: str = "zh") -> SampleCompany:
    """The generated company; the same arguments give the same object."""
    return generate(reps=reps, seed=seed, language=language)


def sample_frames(reps: int = 8, seed: int = 7) -> dict[str, pd.DataFrame]:
    """Its canonical tables, all regions."""
    return dict(sample_company(reps, seed).frames)


def regions(frames: Frames) -> list[str]:
    """The regions of its customers, in alphabetical order."""
    return sorted(frames["accounts"]["region"].dropna().unique())


def of_regions(frames: Frames, wanted: Collection[str]) -> dict[str, pd.DataFrame]:
    """The part of the company whose customers lie in these regions.

    Everything follows its customer, so the parts of all regions together are the company and no
    record is in two of them; a lead follows its opportunity, or else its owner's team. Users and
    teams are whole in every part, since people may own customers of several regions. Targets are
    left out: a system that has them takes them from `frames`.
    """
    accounts = frames["accounts"][frames["accounts"]["region"].isin(wanted)]
    part = by_accounts(frames, set(accounts["account_id"]))
    leads = frames["leads"]
    by_owner = leads["opportunity_id"].isna() & leads["owner_id"].map(_home_regions(frames)).isin(
        wanted
    )
    with_deal = leads["opportunity_id"].isin(part["opportunities"]["opportunity_id"])
    part["leads"] = leads[with_deal | by_owner]
    return part


def by_accounts(frames: Frames, ids: Collection[str]) -> dict[str, pd.DataFrame]:
    """The part of the company that belongs to these customers, without targets.

    Users and teams are whole; a lead follows its opportunity, one without goes to the part of the
    first customer, so that parts that share out all customers share out all leads.
    """
    part = {name: frame for name, frame in frames.items() if name != "targets"}
    for name in ("accounts", "contacts", "orders", "opportunities"):
        part[name] = frames[name][frames[name]["account_id"].isin(ids)]
    deal_ids = set(part["opportunities"]["opportunity_id"])
    history = frames["stage_history"]
    part["stage_history"] = history[history["opportunity_id"].isin(deal_ids)]
    activities = frames["activities"]
    by_deal = activities["opportunity_id"].isin(deal_ids)
    by_account = activities["opportunity_id"].isna() & activities["account_id"].isin(ids)
    part["activities"] = activities[by_deal | by_account]
    leads = frames["leads"]
    alone = leads["opportunity_id"].isna() & (frames["accounts"]["account_id"].iloc[0] in ids)
    part["leads"] = leads[leads["opportunity_id"].isin(deal_ids) | alone]
    return part


def _home_regions(frames: Frames) -> dict[str, str]:
    """User -> region of the team of the last stay; people without a team belong to the first."""
    by_team = dict(zip(frames["teams"]["team_id"], frames["teams"]["region"], strict=True))
    first = regions(frames)[0]
    stays = frames["users"].sort_values("valid_from", na_position="first")
    last = dict(zip(stays["user_id"], stays["team_id"], strict=True))
    return {user: by_team.get(team, first) for user, team in last.items()}


def records(frames: Frames, entity: str) -> list[dict[str, Any]]:
    """The rows of one entity as neutral records."""
    columns: dict[str, list[Any]] = {}
    frame = frames[entity]
    for column in ENTITIES[entity].columns:
        convert = _CONVERT[column.kind]
        columns[column.name] = [
            None if empty else convert(value)
            for value, empty in zip(
                frame[column.name].tolist(), frame[column.name].isna(), strict=True
            )
        ]
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _moment(value: Any) -> dt.datetime:
    local = pd.Timestamp(value).to_pydatetime().replace(microsecond=0)
    return local.replace(tzinfo=ZONE).astimezone(dt.UTC)


def _day(value: Any) -> dt.date:
    return pd.Timestamp(value).date()


_CONVERT = {
    "text": str,
    "money": lambda value: Decimal(str(value)).quantize(Decimal("0.01")),
    "timestamp": _moment,
    "date": _day,
    "flag": bool,
}
