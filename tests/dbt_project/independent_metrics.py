"""The metrics once more, in pandas, straight from the canonical entities: no SQL, no model shared.

Add here: an independent way to a figure of fct_metrics. Keep out: anything read from dbt.
A figure is (numerator, denominator, value); denominator None where the mart has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, wraps

import numpy as np
import pandas as pd

Figure = tuple[float, float | None, float]
STAGE_ORDER = {"初步接洽": 1, "需求确认": 2, "方案报价": 3, "商务谈判": 4, "赢单": 5, "输单": 6}
WON, LOST, LAST_OPEN = 5, 6, 4
DAY = pd.Timedelta(days=1)
SERVED = ("active", "at_risk", "new")


def share(numerator: float, denominator: float) -> Figure:
    return numerator, denominator, numerator / denominator if denominator else np.nan


def flow(amount: float) -> Figure:
    return amount, None, amount


@dataclass(frozen=True)
class Scope:
    kind: str
    key: str

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self.kind == "company":
            return rows
        return rows[rows[{"team": "team_id", "rep": "owner_id"}[self.kind]] == self.key]


def once_a_day(
    of_day: Callable[[Records, pd.Timestamp], pd.DataFrame],
) -> Callable[[Records, pd.Timestamp], pd.DataFrame]:
    """What depends on the day alone is worked out once for all scopes and metrics that ask."""

    @wraps(of_day)
    def kept(records: Records, day: pd.Timestamp) -> pd.DataFrame:
        key = (of_day.__name__, day)
        if key not in records.of_days:
            records.of_days[key] = of_day(records, day)
        return records.of_days[key]

    return kept


class Records:
    """The entities with days and teams of the day, and what the period of a figure asks of them."""

    def __init__(
        self,
        frames: dict[str, pd.DataFrame],
        loads: list[tuple[pd.Timestamp, pd.DataFrame]],
        workdays: pd.Series,
        as_of: pd.Timestamp,
    ) -> None:
        """`workdays`: by day, the number of workdays up to and including it. `loads`: the sheet of
        deals as it was at each of its loads, oldest first.
        """
        self.workdays, self.as_of = workdays, as_of
        self.of_days: dict[tuple[str, pd.Timestamp], pd.DataFrame] = {}
        stays = frames["users"]
        self.stays = stays.assign(
            first=pd.to_datetime(stays.valid_from), last=pd.to_datetime(stays.valid_to)
        )
        self._stays_of = {
            owner: tuple(own[name].to_numpy() for name in ("first", "last", "team_id"))
            for owner, own in self.stays.groupby("user_id", sort=False)
        }
        self.accounts = frames["accounts"].set_index("account_id")
        self.deals = frames["opportunities"].set_index("opportunity_id")
        self.targets = frames["targets"]
        self.closes = self._closes(loads)
        self.entries = self._entries(frames["stage_history"])
        self.amounts = self._amounts(frames["stage_history"])
        orders = frames["orders"]
        orders = orders[orders.status != "已取消"]
        self.orders = self._credited(
            orders.assign(
                day=orders.ordered_at.dt.normalize(),
                promised=orders.promised_at.dt.normalize(),
                delivered=orders.delivered_at.dt.normalize().where(orders.status != "部分交付"),
            )
        )
        activities = frames["activities"]
        self.activities = self._credited(
            activities.assign(
                day=activities.occurred_at.dt.normalize(),
                account_id=activities.account_id.fillna(
                    activities.opportunity_id.map(self.deals.account_id)
                ),
            )
        )
        leads = frames["leads"]
        self.leads = self._credited(leads.assign(day=leads.created_at.dt.normalize()))
        self.touches = pd.concat(
            [
                self.activities[["opportunity_id", "day"]].dropna(),
                self.entries[["opportunity_id", "day"]],
            ]
        )

    def team_of(self, owner: str, day: pd.Timestamp) -> str | None:
        """The team of the stay of the day, else of the nearest stay."""
        if owner not in self._stays_of:
            return None
        first, last, teams = self._stays_of[owner]
        none, that_day = np.timedelta64(0, "D"), day.to_datetime64()
        before = np.maximum(first - that_day, none)
        after = np.where(np.isnat(last), none, np.maximum(that_day - last, none))
        return teams[int((before + after).argmin())]

    def _credited(self, rows: pd.DataFrame) -> pd.DataFrame:
        keys = rows[["owner_id", "day"]].drop_duplicates()
        teams = [self.team_of(*key) for key in keys.itertuples(index=False)]
        return rows.merge(keys.assign(team_id=teams), on=["owner_id", "day"], how="left")

    def _entries(self, history: pd.DataFrame) -> pd.DataFrame:
        rows = history.assign(order=history.to_stage.map(STAGE_ORDER))
        rows = rows.sort_values(["opportunity_id", "changed_at", "order"], kind="stable")
        by_deal = rows.groupby("opportunity_id")
        rows = rows.assign(
            left_at=by_deal.changed_at.shift(-1),
            previous=by_deal.to_stage.shift(),
            is_first=by_deal.cumcount() == 0,
            day=rows.changed_at.dt.normalize(),
        )
        rows = rows.assign(
            left_on=rows.left_at.dt.normalize(),
            previous_order=rows.previous.map(STAGE_ORDER),
            owner_id=rows.opportunity_id.map(self.deals.owner_id),
            account_id=rows.opportunity_id.map(self.deals.account_id),
            created=rows.opportunity_id.map(self.deals.created_at).dt.normalize(),
        )
        return self._credited(rows)

    def _amounts(self, history: pd.DataFrame) -> pd.DataFrame:
        known = history.dropna(subset=["amount"])[["opportunity_id", "changed_at", "amount"]]
        last = known.groupby("opportunity_id").changed_at.max().reindex(self.deals.index)
        edited = np.maximum(last, self.deals.updated_at)
        current = pd.DataFrame(
            {
                "opportunity_id": self.deals.index,
                "changed_at": edited.where(last.notna(), self.deals.created_at).to_numpy(),
                "amount": self.deals.amount.to_numpy(),
            }
        ).dropna(subset=["amount"])
        return pd.concat([known, current]).sort_values(
            ["opportunity_id", "changed_at"], kind="stable"
        )

    def amount_on(self, deals: pd.Series, day: pd.Timestamp) -> pd.Series:
        """Last amount known at the end of the day, else the first one that ever was."""
        told = self.amounts[self.amounts.opportunity_id.isin(deals)]
        last = told[told.changed_at < day + DAY].groupby("opportunity_id").amount.last()
        first = told.groupby("opportunity_id").amount.first()
        return deals.map(last).fillna(deals.map(first)).fillna(0.0).astype(float)

    def _closes(self, loads: list[tuple[pd.Timestamp, pd.DataFrame]]) -> pd.DataFrame:
        """Per deal the expected closes that the loads told, each from the moment it was known."""
        told: dict[str, list[tuple[pd.Timestamp, pd.Timestamp]]] = {}
        last_load = pd.Timestamp.min
        for load, deals in loads:
            for row in deals.itertuples():
                known = told.setdefault(row.opportunity_id, [])
                if known and known[-1][1] == row.expected_close_date:
                    continue
                edited = row.updated_at if last_load < row.updated_at <= load else load
                known.append((edited if known else pd.Timestamp.min, row.expected_close_date))
            last_load = load
        rows = [(deal, *item) for deal, items in told.items() for item in items]
        return pd.DataFrame(rows, columns=["opportunity_id", "known_at", "due"])

    def due_on(self, deals: pd.Series, day: pd.Timestamp) -> pd.Series:
        """The expected close as it was known at the end of the day."""
        known = self.closes[self.closes.known_at < day + DAY]
        return deals.map(known.groupby("opportunity_id").due.last())

    @once_a_day
    def open_on(self, day: pd.Timestamp) -> pd.DataFrame:
        """Deals open at the end of the day, with what was known of them then."""
        end = day + DAY
        rows = self.entries
        rows = rows[(rows.changed_at < end) & ~(rows.left_at < end) & (rows.order <= LAST_OPEN)]
        touched = self.touches[self.touches.day <= day].groupby("opportunity_id").day.max()
        idle = self.workdays[day] - rows.opportunity_id.map(touched).map(self.workdays)
        limits = rows.to_stage.map(self._stage_limits(day)).fillna(30)
        owners = rows.owner_id.unique()
        teams = pd.Series([self.team_of(owner, day) for owner in owners], index=owners)
        return rows.assign(
            team_id=rows.owner_id.map(teams),
            amount=self.amount_on(rows.opportunity_id, day),
            due=self.due_on(rows.opportunity_id, day),
            is_idle=idle > 14,
            is_stalled=((day - rows.day).dt.days > limits) | (idle > 14),
        )

    def _stage_limits(self, day: pd.Timestamp) -> dict[str, float]:
        rows = self.entries
        won = rows[(rows.order == WON) & (rows.day <= day) & ~(rows.left_on <= day)]
        stays = rows[
            rows.opportunity_id.isin(won.opportunity_id)
            & (rows.order <= LAST_OPEN)
            & (rows.left_on <= day)
        ]
        days = (stays.left_at - stays.changed_at).dt.total_seconds() / 86400
        return {
            str(stage): float(np.percentile(part, 80)) if len(part) >= 30 else 30.0
            for stage, part in days.groupby(stays.to_stage)
        }

    @once_a_day
    def key_accounts(self, month: pd.Timestamp) -> pd.DataFrame:
        """The largest customers of each team that made half of its revenue in the year before."""
        year = self.orders[
            (self.orders.day < month) & (self.orders.day >= month - pd.DateOffset(months=12))
        ]
        worth = year.groupby("account_id").amount.sum().astype(float)
        booked = year.groupby(["account_id", "owner_id"]).amount.sum().astype(float).reset_index()
        booked = booked.sort_values(["amount", "owner_id"], ascending=[False, True])
        owners = worth.index.map(
            booked.drop_duplicates("account_id").set_index("account_id").owner_id
        )
        teams = [self.team_of(owner, month) for owner in owners]
        rows = pd.DataFrame(
            {"account_id": worth.index, "owner_id": owners, "team_id": teams, "worth": worth}
        ).reset_index(drop=True)
        rows = rows.sort_values(["worth", "account_id"], ascending=[False, True])
        teams = rows.groupby("team_id").worth
        larger = teams.cumsum() - rows.worth
        return rows[larger < 0.5 * teams.transform("sum")]

    @once_a_day
    def customers_on(self, day: pd.Timestamp) -> pd.DataFrame:
        """Customers that had ordered by the day: where they stood in their order rhythm."""
        days = self.orders[self.orders.day <= day][["account_id", "day"]].drop_duplicates()
        days = days.sort_values(["account_id", "day"])
        days = days.assign(gap=days.groupby("account_id").day.diff().dt.days)
        by_account = days.groupby("account_id")
        rows = by_account.agg(order_days=("day", "size"), last=("day", "max"))
        enough = rows.order_days >= 3
        own = by_account.gap.median().where(enough)
        p90 = by_account.gap.quantile(0.9).where(enough).fillna(0)
        industry = self.accounts.industry.reindex(rows.index)
        rhythm = own.fillna(industry.map(own.groupby(industry).median()))
        rhythm = rhythm.fillna(own.median()).fillna(90)
        since = (day - rows["last"]).dt.days
        owner = self.accounts.owner_id.reindex(rows.index)
        state = np.select(
            [since > np.fmax(2 * rhythm, p90), since > 1.5 * rhythm, rows.order_days == 1],
            ["churned", "at_risk", "new"],
            "active",
        )
        return rows.assign(state=state, owner_id=owner, team_id=self._teams(owner, day))

    def _teams(self, owners: pd.Series, day: pd.Timestamp) -> pd.Series:
        known = {owner: self.team_of(owner, day) for owner in owners.dropna().unique()}
        return owners.map(known)

    @once_a_day
    def silent_on(self, day: pd.Timestamp) -> pd.DataFrame:
        """Customers that still order or have an open deal: whether nobody spoke to them and none ordered."""
        rhythm = self.customers_on(day)
        served = set(rhythm[rhythm.state.isin(SERVED)].index)
        served |= set(self.open_on(day).account_id.dropna())
        rows = pd.DataFrame({"account_id": sorted(served)})
        signs = pd.concat([self.activities, self.orders])
        last = signs[signs.day <= day].groupby("account_id").day.max()
        owner = rows.account_id.map(self.accounts.owner_id)
        return rows.assign(
            owner_id=owner,
            team_id=self._teams(owner, day),
            is_silent=~((day - rows.account_id.map(last)).dt.days <= 30),
        )

    @cached_property
    def new_accounts(self) -> pd.DataFrame:
        first = self.orders.sort_values(["day", "order_id"]).groupby("account_id").head(1)
        created = first.account_id.map(self.accounts.created_at).dt.normalize()
        start = self.orders.day.min()
        return first[(created >= start) | (first.day >= start + 365 * DAY)]

    def target(self, scope: Scope, months: Iterator[str], day: pd.Timestamp) -> float | None:
        """Sum of the scope's monthly revenue targets in the versions known on the day."""
        told = self.targets[self.targets.scope_type == scope.kind]
        told = told[(told.scope_id == scope.key) | (scope.kind == "company")]
        told = told[told.metric.fillna("revenue") == "revenue"]
        total = 0.0
        for month in months:
            known = told[
                (told.period == month) & (pd.to_datetime(told.effective_from) <= day)
            ].sort_values("effective_from")
            if known.empty:
                return None
            total += float(known.target_amount.iloc[-1])
        return total
