"""Planted risks: what each kind does to the company, and the labels that tell where they are.

Add here: the effect of a kind of risk. Keep out: when and where risks are planted (`planting.py`),
and how anything behaves without risks.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from pipelines.sample.customers import Repeaters, Repeats
from pipelines.sample.deals import Deals, Paths
from pipelines.sample.names import LOST

# Factor on the chance to go forward, by kind, for the stages it hits.
FORWARD_FACTORS: dict[str, tuple[tuple[int, ...], float]] = {
    "win_rate_fall": ((3, 4), 0.62),
    "follow_up_stop": ((1, 2, 3, 4), 0.75),
    "target_miss": ((3, 4), 0.62),
    "new_accounts_dip": ((3, 4), 0.5),
}
CONVERSION_FACTOR = 0.45
DROUGHT_FACTOR = 0.35
MISS_REPEAT_FACTOR = 0.62
STALL_STRETCH, CYCLE_STRETCH = 4.0, 2.2
LATE_SHARE_IN_RISK = 0.5
OUTBOUND_LEFT = 0.08
# A whole company does not lose two thirds of its opportunities at once.
COMPANY_DROUGHT_FACTOR = 0.7
PLACES = frozenset({"company", "region", "product_line", "pair"})
PAIR = 100  # a pair is line × 100 + region
HUGE_DEAL_STAGES = (0.0, 4.0, 9.0, 16.0)  # workdays until stage 1 to 4


@dataclass(frozen=True)
class Risk:
    """One planted risk. `scope` is the number of the team, region, product line or seat."""

    kind: str
    scope_type: str
    scope: int
    first_day: dt.date
    last_day: dt.date
    begin: float  # workday time
    stop: float
    severity: str
    stage: int = 0  # conversion_drop only
    accounts: tuple[int, ...] = ()  # customer_silence only: index among old customers
    come_back: tuple[bool, ...] = ()
    deal: int = -1  # concentration only
    amount: float = 0.0
    teams: frozenset[int] = field(default_factory=frozenset)  # whom the risk touches


def _within(risk: Risk, moment: np.ndarray) -> np.ndarray:
    return (moment >= risk.begin) & (moment < risk.stop)


def _scope(risk: Risk, deals: Deals) -> np.ndarray:
    if risk.scope_type in PLACES:
        return _in_place(risk, deals.region, deals.line)
    return {"team": deals.team, "rep": deals.seat}[risk.scope_type] == risk.scope


def _in_place(risk: Risk, region: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Whether orders or opportunities of that region and line lie in a risk of one of `PLACES`."""
    if risk.scope_type == "company":
        return np.ones(len(region), bool)
    if risk.scope_type == "pair":
        return (line == risk.scope // PAIR) & (region == risk.scope % PAIR)
    return {"region": region, "product_line": line}[risk.scope_type] == risk.scope


def _left_by(risk: Risk) -> float:
    """Share of the opportunities that still arise in a drought."""
    return COMPANY_DROUGHT_FACTOR if risk.scope_type == "company" else DROUGHT_FACTOR


class PlantedEffects:
    """The effects of a list of risks; see the protocols in `deals.py` and `orders.py`."""

    def __init__(self, risks: list[Risk], team_of_seat: np.ndarray) -> None:
        self.risks, self.team_of_seat = risks, team_of_seat

    def _of(self, *kinds: str) -> list[Risk]:
        return [risk for risk in self.risks if risk.kind in kinds]

    def keep(self, deals: Deals) -> np.ndarray:
        """Opportunities that still arise under droughts and silent customers."""
        kept = np.ones(len(deals), bool)
        for risk in self._of("opportunity_drought"):
            hit = _scope(risk, deals) & _within(risk, deals.created)
            kept &= ~(hit & (deals.keep_luck > _left_by(risk)))
        for risk in self._of("customer_silence"):
            kept &= ~(
                np.isin(deals.account, risk.accounts) & ~deals.is_new & _within(risk, deals.created)
            )
        for risk in self._of("concentration"):
            kept[risk.deal] = True
        return kept

    def forward_factor(self, deals: Deals, stage: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """Product of the factors of all risks on an exit from `stage` at `moment`."""
        factor = np.ones(len(deals))
        for risk in self._of("conversion_drop"):
            hit = _scope(risk, deals) & (stage == risk.stage) & _within(risk, moment)
            factor[hit] *= CONVERSION_FACTOR
        for risk in self._of(*FORWARD_FACTORS):
            stages, share = FORWARD_FACTORS[risk.kind]
            hit = _scope(risk, deals) & np.isin(stage, stages) & _within(risk, moment)
            if risk.kind == "new_accounts_dip":
                hit &= deals.is_new
            factor[hit] *= share
        return factor

    def exit_time(self, deals: Deals, entered: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Stalls slow time down while they last; a growing cycle lengthens stages begun in it."""
        for risk in self._of("stalled_pipeline"):
            begin = np.maximum(entered, risk.begin)
            work = left - begin
            capacity = (risk.stop - begin) / STALL_STRETCH
            slow = np.where(
                work <= capacity, begin + work * STALL_STRETCH, risk.stop + work - capacity
            )
            hit = _scope(risk, deals) & (begin < risk.stop) & (work > 0)
            left = np.where(hit, slow, left)
        for risk in self._of("cycle_growth"):
            hit = _scope(risk, deals) & _within(risk, entered)
            left = np.where(hit, entered + (left - entered) * CYCLE_STRETCH, left)
        return left

    def place_huge_deals(self, deals: Deals, paths: Paths) -> None:
        """Turn the chosen opportunity of each concentration into the huge one, in place."""
        for risk in self._of("concentration"):
            index = risk.deal
            paths.stage[index] = 0
            times = deals.created[index] + np.array([*HUGE_DEAL_STAGES, 0.0])
            times[4] = max(risk.stop, times[3] + 1)
            paths.stage[index, :5] = (1, 2, 3, 4, LOST)
            paths.entered[index, :5] = times
            deals.amount[index] = risk.amount

    def keep_repeats(self, customers: Repeaters, repeats: Repeats) -> np.ndarray:
        """Repeat orders that are still placed."""
        kept = np.ones(len(repeats.customer), bool)
        account = customers.account[repeats.customer]
        for risk in self._of("customer_silence"):
            for silent, returns in zip(risk.accounts, risk.come_back, strict=True):
                until = risk.stop if returns else np.inf
                kept &= ~(
                    (account == silent) & (repeats.moment >= risk.begin) & (repeats.moment < until)
                )
        for risk in self._of("target_miss"):
            team = self.team_of_seat[customers.seat[repeats.customer]]
            hit = (team == risk.scope) & _within(risk, repeats.moment)
            kept &= ~(hit & (repeats.luck[:, 1] > MISS_REPEAT_FACTOR))
        return kept

    def late_share(self, region: np.ndarray, line: np.ndarray, moment: np.ndarray) -> np.ndarray:
        """Share of late deliveries among orders promised at `moment`; 0 where no risk acts."""
        share = np.zeros(len(region))
        for risk in self._of("late_orders"):
            share[_in_place(risk, region, line) & _within(risk, moment)] = LATE_SHARE_IN_RISK
        return share

    def keep_activities(
        self,
        seat: np.ndarray,
        account: np.ndarray,
        moment: np.ndarray,
        inbound: np.ndarray,
        luck: np.ndarray,
    ) -> np.ndarray:
        """Activities that still take place."""
        kept = np.ones(len(seat), bool)
        for risk in self._of("follow_up_stop"):
            hit = (seat == risk.scope) & _within(risk, moment)
            kept &= ~(hit & (luck > np.where(inbound, 0.4, OUTBOUND_LEFT)))
        for risk in self._of("stalled_pipeline"):
            hit = (self.team_of_seat[seat] == risk.scope) & _within(risk, moment)
            kept &= ~(hit & (luck > 0.45))
        for risk in self._of("customer_silence"):
            gone = np.isin(account, risk.accounts) & _within(risk, moment)
            kept &= ~(gone & (inbound | (luck > 0.5)))
        return kept

    def keep_leads(self, team: np.ndarray, moment: np.ndarray, luck: np.ndarray) -> np.ndarray:
        """Leads that still come in although no opportunity came of them."""
        kept = np.ones(len(team), bool)
        for risk in self._of("opportunity_drought"):
            # Leads that led nowhere have no product line.
            hit = (risk.scope_type == "company") | (
                (risk.scope_type == "team") & (team == risk.scope)
            )
            kept &= ~(hit & _within(risk, moment) & (luck > _left_by(risk)))
        return kept
