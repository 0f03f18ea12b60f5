"""What may change between two nights of an installation, drawn by chance.

Add here: another way in which a night differs from the one before. Keep out: running nights and comparing them
(`changed_nights.py`), faults (`fault_nights.py`).
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import random
import re
from collections.abc import Callable

from nightly_site import Installation

from pipelines.ledger import responses
from pipelines.ledger.lookup import list_alerts
from pipelines.ledger.refusals import OUTCOMES, Refused
from pipelines.ledger.store import open_ledger

OFF = "    mode: off  # by a test\n"
Rows = list[dict[str, str]]


def sheet(site: Installation, name: str, change: Callable[[Rows], Rows]) -> None:
    """Write a sheet anew with what `change` makes of its rows."""
    path = site.sheets / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = change(list(csv.DictReader(handle)))
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def day_of(site: Installation) -> dt.date:
    """The company's today, which the configuration states."""
    found = re.search(
        r"^clock: (\S+)", (site.config / "company.yml").read_text("utf-8"), re.MULTILINE
    )
    assert found
    return dt.date.fromisoformat(found[1])


def amounts_edited(site: Installation, draw: random.Random) -> None:
    def change(rows: Rows) -> Rows:
        for row in draw.sample(rows, 5):
            row["amount"] = f"{float(row['amount'] or 0) * draw.uniform(0.5, 2):.2f}"
        return rows

    sheet(site, draw.choice(["opportunities", "orders"]), change)


def rows_deleted(site: Installation, draw: random.Random) -> None:
    def change(rows: Rows) -> Rows:
        gone = set(draw.sample(range(len(rows)), 4))
        return [row for number, row in enumerate(rows) if number not in gone]

    sheet(site, draw.choice(["opportunities", "orders", "activities"]), change)


def rows_late(site: Installation, draw: random.Random) -> None:
    """Activities that took place weeks ago are written down today."""
    long_ago = day_of(site) - dt.timedelta(days=draw.randrange(20, 200))

    def change(rows: Rows) -> Rows:
        new = [
            {
                **row,
                "activity_id": f"L{draw.randrange(10**9)}",
                "occurred_at": f"{long_ago}T09:00:00",
            }
            for row in draw.sample(rows, 6)
        ]
        return rows + new

    sheet(site, "activities", change)


def rows_in_another_order(site: Installation, draw: random.Random) -> None:
    sheet(
        site,
        draw.choice(["opportunities", "orders", "users"]),
        lambda rows: draw.sample(rows, len(rows)),
    )


def mapping_changed(site: Installation, draw: random.Random) -> None:
    """Two stages change places."""
    path = site.config / "stages.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    one, other = (line.rsplit(",", 2) for line in lines[2:4])
    one[1], other[1] = other[1], one[1]
    lines[2:4] = [",".join(one), ",".join(other)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def rule_changed(site: Installation, draw: random.Random) -> None:
    path = site.config / "alert_rules.yml"
    text = path.read_text(encoding="utf-8")
    places = list(re.finditer(r"\bwarning: (0\.\d+)", text))
    place = draw.choice(places)
    limit = f"{float(place[1]) + draw.choice([-0.01, 0.01]):.2f}"
    path.write_text(text[: place.start(1)] + limit + text[place.end(1) :], encoding="utf-8")


def rule_off_or_on(site: Installation, draw: random.Random) -> None:
    """A rule is switched off; one that is off is switched on again first."""
    path = site.config / "alert_rules.yml"
    text = path.read_text(encoding="utf-8")
    if OFF in text:
        path.write_text(text.replace(OFF, ""), encoding="utf-8")
        return
    place = draw.choice(
        list(re.finditer(r"^  - name: \w+\n(?!(    .*\n)*    mode:)", text, re.MULTILINE))
    )
    path.write_text(text[: place.end()] + OFF + text[place.end() :], encoding="utf-8")


def people_moved(site: Installation, draw: random.Random) -> None:
    """Two people change their teams."""

    def change(rows: Rows) -> Rows:
        one, other = draw.sample([row for row in rows if row["user_id"].startswith("S")], 2)
        one["team_id"], other["team_id"] = other["team_id"], one["team_id"]
        return rows

    sheet(site, "users", change)


def file_away_or_back(site: Installation, draw: random.Random) -> None:
    """A workbook of targets is not there tonight; one that was away is back."""
    away = site.root / "away"
    away.mkdir(exist_ok=True)
    back = list(away.iterdir())
    name = "销售目标_2026年_年中调整.xlsx"
    for file in back:
        file.rename(site.sheets / file.name)
    if not back:
        (site.sheets / name).rename(away / name)


def answers_given(site: Installation, draw: random.Random) -> None:
    """People plan, hand on, settle and take back what is open."""
    ledger = open_ledger(f"sqlite:///{site.data / 'ledger.db'}")
    try:
        found = list_alerts(ledger)
        now = dt.datetime.combine(day_of(site), dt.time(15), dt.UTC)
        for alert in draw.sample(found, min(len(found), 8)):
            who = alert.responsible or "G01"
            act = draw.choice(["plan", "assign", "resolve", "acknowledge", "undo"])
            with contextlib.suppress(Refused):
                if act == "plan":
                    responses.plan(ledger, alert.alert_id, who, "call", now=now)
                elif act == "assign":
                    responses.assign(ledger, alert.alert_id, who, "D01", now=now)
                elif act == "resolve":
                    outcome = draw.choice(sorted(OUTCOMES))
                    responses.resolve(ledger, alert.alert_id, who, outcome, "so", now=now)
                elif act == "acknowledge":
                    responses.acknowledge(ledger, alert.alert_id, who, now=now)
                else:
                    responses.undo(ledger, alert.alert_id, who, now=now)
    finally:
        ledger.close()


def nothing(site: Installation, draw: random.Random) -> None:
    """Only the day is another, or not even that."""


CHANGES = (
    amounts_edited, rows_deleted, rows_late, rows_in_another_order, mapping_changed, rule_changed, nothing,
    rule_off_or_on, people_moved, file_away_or_back, answers_given,
)  # fmt: skip
