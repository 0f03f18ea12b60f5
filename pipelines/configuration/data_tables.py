"""Configuration tables that explain the data of sources: states of orders, customers that were merged.

Add here: another list of what the data's own words or ids mean. Keep out: decisions of the company itself
(`tables.py`), the vocabulary that is shipped (`order_statuses.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.configuration.csv_rows import Unreadable, given, once, read_rows
from pipelines.configuration.order_statuses import STATES, OrderStatus, status_key
from pipelines.configuration.problems import Problem
from pipelines.language import text


@dataclass(frozen=True)
class AccountAlias:
    """An id that a customer had before it was merged, and the id of the customer that is left."""

    alias: str
    account_id: str


def read_order_statuses(path: Path, problems: list[Problem]) -> list[OrderStatus]:
    """order_statuses.csv (optional): what the company's own words for states of orders mean."""

    def build(row: dict[str, str]) -> OrderStatus:
        given(row, "source", "status")
        if row["state"] not in STATES:
            raise Unreadable("state", f"one of {', '.join(STATES)}")
        return OrderStatus(row["source"], row["status"], row["state"])

    rows = read_rows(path, ("source", "status", "state"), build, problems, needed=False)
    names = (f"{row.source}, {status_key(row.status)}" for row in rows)
    once(path, names, problems, "each status of a source once")
    return rows


def read_account_aliases(path: Path, problems: list[Problem]) -> list[AccountAlias]:
    """account_aliases.csv (optional): old ids of customers that were merged into another."""

    def build(row: dict[str, str]) -> AccountAlias:
        given(row, "alias", "account_id")
        return AccountAlias(row["alias"], row["account_id"])

    rows = read_rows(path, ("alias", "account_id"), build, problems, needed=False)
    once(path, (row.alias for row in rows), problems, "each old id once")
    survivors = {row.alias: row.account_id for row in rows}
    for alias in survivors:
        seen, here = {alias}, survivors[alias]
        while here in survivors and here not in seen:
            seen.add(here)
            here = survivors[here]
        if here in seen:
            problems.append(
                Problem(
                    path.name,
                    alias,
                    text("config.alias.into_itself"),
                    text("config.alias.existing"),
                )
            )
    return rows
