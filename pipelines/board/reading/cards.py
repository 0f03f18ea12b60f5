"""Cases as cards: one cause each, with what is known, who has it, and what it costs.

Add here: a thing that a card shows. Keep out: how it is worded (`wording/`), which cases there are
(`fct_cases` and `fct_alerts` say so).

A card speaks for the root of its case where the viewer sees the root, else for the gravest alert that
they see. What belongs to others is taken out here: a rep's card names no colleague.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.board.access.viewers import Viewer
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.board.reading.standing import Standing
from pipelines.ledger.due import IsWorkday, Step, next_step
from pipelines.ledger.lookup import Alert
from pipelines.reporting.marts import Row
from pipelines.reporting.records import level_rank

SHOWN_DRIVERS, SHOWN_DEALS = 3, 5
WORSE = {"raised", "reopened", "doubled"}


@dataclass(frozen=True)
class Card:
    """One open case. Money in the company currency, shares 0 to 1; None is not known.

    `money` is the part of the money at risk that no other case holds; `rest` what the drivers that are
    not shown make up.
    """

    standing: Standing
    level: str
    money: float | None
    drivers: tuple[tuple[str, float | None], ...] = ()
    rest: float | None = None
    deals: tuple[dict[str, Any], ...] = ()
    accounts: tuple[dict[str, Any], ...] = ()
    symptoms: tuple[Alert, ...] = ()
    step: Step | None = None

    @property
    def alert(self) -> Alert:
        return self.standing.alert

    @property
    def news(self) -> str:
        """new, worse, or empty."""
        changes = set(self.standing.changes)
        # A first night finds what began long ago: new to the ledger, not to the company.
        if "opened" in changes and self.alert.opened_on > self.standing.since:
            return "new"
        return "worse" if changes & WORSE else ""

    @property
    def place(self) -> str:
        """need, others, snoozed: where the card stands until somebody moves it (`mine` in pages)."""
        if self.standing.last is None:
            return "need"
        return "others"


def open_cards(
    marts: SlicedMarts,
    viewer: Viewer,
    live: Mapping[str, Standing],
    *,
    is_workday: IsWorkday,
) -> list[Card]:
    """The open cases that a viewer sees, gravest and dearest first; `live` are all open warnings."""
    rows = marts.rows("fct_alerts", "alert_id case_id role", "state = 'open'")
    counted = {
        row["case_id"]: row["amount_counted"]
        for row in marts.rows("fct_cases", "case_id amount_counted")
    }
    members: dict[str, list[tuple[str, Standing]]] = {}
    for row in rows:
        standing = live.get(row["alert_id"])
        if standing is not None and standing.alert.details.get("mode") != "watch":
            case = row["case_id"] or f"alert {row['alert_id']}"
            members.setdefault(case, []).append((row["role"] or "root", standing))
    for ident, standing in live.items():
        # Reported by hand: in the marts only from the next night on.
        if standing.alert.origin == "reported" and sees_signal(viewer, standing.alert):
            members.setdefault(f"alert {ident}", [("root", standing)])
    cards = []
    for case, found in members.items():
        (_, lead), *others = sorted(found, key=lambda one: (one[0] != "root", *_urgency(one[1])))
        money = counted.get(case)
        if money is None:
            amount = lead.alert.amount_at_risk
            money = None if amount is None else float(amount)
        level = min((one.alert.level for _, one in found), key=level_rank)
        cards.append(
            card_of(
                lead,
                viewer,
                level=level,
                money=money,
                is_workday=is_workday,
                symptoms=[one.alert for _, one in others],
            )  # fmt: skip
        )
    return sorted(cards, key=lambda c: (level_rank(c.level), -(c.money or 0.0), c.alert.alert_id))


def card_of(
    standing: Standing,
    viewer: Viewer,
    *,
    is_workday: IsWorkday,
    level: str | None = None,
    money: float | None = None,
    symptoms: Iterable[Alert] = (),
) -> Card:
    """A card for one warning, without what belongs to people whom the viewer does not see."""
    alert = standing.alert
    drivers, rest = _drivers(alert, viewer)
    return Card(
        standing=standing,
        level=level or alert.level,
        money=money,
        drivers=drivers,
        rest=rest,
        deals=tuple(owned_by_visible(alert.details.get("deals"), viewer)[:SHOWN_DEALS]),
        accounts=tuple(owned_by_visible(alert.details.get("accounts"), viewer)[:SHOWN_DEALS]),
        symptoms=tuple(symptoms),
        step=next_step(alert, is_workday) if alert.state == "open" else None,
    )


def sees_signal(viewer: Viewer, alert: Alert) -> bool:
    """Whether a risk that was reported by hand is the viewer's to see."""
    if viewer.sees_all:
        return viewer.sees_data_cases or alert.scope_type != "source"
    mine = (alert.owner_id, alert.assigned_to, alert.details.get("reported_by"))
    return viewer.person_id in mine or (alert.scope_type, alert.scope_id) in (viewer.scopes or ())


def _urgency(standing: Standing) -> tuple[int, float, str]:
    alert = standing.alert
    return level_rank(alert.level), -alert.weight, alert.alert_id


def visible_drivers(alert: Alert, viewer: Viewer) -> list[dict[str, Any]]:
    """Who and what drives a figure, without people and teams outside the viewer's scopes."""
    listed = alert.drivers if isinstance(alert.drivers, list) else []
    found = []
    for driver in listed:
        if not isinstance(driver, dict) or not driver.get("name"):
            continue
        kind, ident = str(driver.get("kind") or ""), str(driver.get("id") or "")
        theirs = kind in ("rep", "team", "region") and (kind, ident) not in (viewer.scopes or ())
        if viewer.sees_all or not theirs:
            found.append(driver)
    return found


def _drivers(
    alert: Alert, viewer: Viewer
) -> tuple[tuple[tuple[str, float | None], ...], float | None]:
    listed = alert.drivers if isinstance(alert.drivers, list) else []
    shown: list[tuple[str, float | None]] = []
    for driver in visible_drivers(alert, viewer)[:SHOWN_DRIVERS]:
        share = driver.get("share")
        shown.append(
            (str(driver["name"]), float(share) if isinstance(share, int | float) else None)
        )
    shares = [share for _, share in shown if share is not None]
    # Parts that pull the other way make the shares more than the whole: then there is no rest to tell.
    rest = 1 - sum(shares) if listed and len(shares) == len(shown) else None
    return tuple(shown), rest if rest is not None and 0.005 < rest <= 1 and shown else None


def owned_by_visible(listed: object, viewer: Viewer) -> list[dict[str, Any]]:
    """Deals or customers of a warning, without those of people whom the viewer does not see."""
    if isinstance(listed, str):
        try:
            listed = json.loads(listed)
        except json.JSONDecodeError:
            return []
    items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if viewer.sees_all:
        return items
    return [one for one in items if str(one.get("owner_id") or "") in (viewer.people or ())]


def recovered(marts: SlicedMarts, as_of: dt.date, days: int = 7) -> list[Row]:
    """Warnings that went away by themselves in the days up to a day, the dearest first."""
    return marts.rows(
        "fct_alerts",
        "alert_id rule_title_zh rule_title_en other_languages scope_name scope_type scope_id dimension closed_on "
        "peak_level opened_on amount_at_risk",
        "state = 'recovered' and closed_on > ? and closed_on <= ?",
        [as_of - dt.timedelta(days=days), as_of],
        "amount_at_risk desc nulls last, alert_id",
    )
