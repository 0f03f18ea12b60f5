"""Findings about loaded rows that no single row shows: stages, currencies and keys without a partner.

Add here: something that is kept, counted and worth a look by whoever keeps the data.
Keep out: totals that must agree (`reconciliation.py`), names alike (`naming.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from pipelines.language import text
from pipelines.language.figures import figure
from quality.loaded import given_entities, relation_of
from quality.reconciliation import Terms, orders_in_force_sql
from quality.results import CheckResult, counted
from quality.volume import is_common


@dataclass(frozen=True)
class Reference:
    """A key column of one entity and the entity it points to, by that entity's first key column."""

    entity: str
    column: str
    target: str
    target_column: str


REFERENCES = (
    Reference("accounts", "owner_id", "users", "user_id"),
    Reference("contacts", "account_id", "accounts", "account_id"),
    Reference("leads", "owner_id", "users", "user_id"),
    Reference("leads", "opportunity_id", "opportunities", "opportunity_id"),
    Reference("opportunities", "account_id", "accounts", "account_id"),
    Reference("opportunities", "owner_id", "users", "user_id"),
    Reference("stage_history", "opportunity_id", "opportunities", "opportunity_id"),
    Reference("activities", "opportunity_id", "opportunities", "opportunity_id"),
    Reference("activities", "account_id", "accounts", "account_id"),
    Reference("activities", "owner_id", "users", "user_id"),
    Reference("orders", "opportunity_id", "opportunities", "opportunity_id"),
    Reference("orders", "account_id", "accounts", "account_id"),
    Reference("orders", "owner_id", "users", "user_id"),
    Reference("users", "team_id", "teams", "team_id"),
)


def check_stages(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """What opportunities or their history use as stages and stages.csv does not have.

    A warning where few rows do: their deals count as open. An error where that is common, since no
    funnel can be told then.

    A stage counts as known under its source's name, under `*`, or as the company's own name.
    """
    results = []
    for entity, columns in (
        ("opportunities", ("stage",)),
        ("stage_history", ("to_stage", "from_stage")),
    ):
        named = " union all ".join(
            f"select source, trim({column}) as stage from ({relation_of(connection, entity)})"
            for column in columns
        )
        rows = connection.execute(
            f"select named.source, named.stage, count(*) from ({named}) as named "
            "where named.stage <> '' and not exists (select 1 from config.stages as known "
            "where (known.source in (named.source, '*') and known.source_stage = named.stage) "
            "or known.stage = named.stage) group by all order by 3 desc, 1, 2"
        ).fetchall()
        used = sum(count for _, _, count in rows)
        total = connection.execute(f"select count(*) from ({named}) where stage <> ''").fetchall()
        results.append(
            counted(
                f"{entity}_stages_known",
                entity,
                "error" if is_common(used, total[0][0]) else "warning",
                used,
                told=text("quality.stages_unknown", rows_count=len(rows), used=figure(used))
                if rows
                else text("quality.stages_known"),
                sample=(f"{source}: {stage} ({count:,})" for source, stage, count in rows),
            )
        )
    return results


def check_currencies(connection: duckdb.DuckDBPyConnection, terms: Terms) -> list[CheckResult]:
    """Orders in force in a currency without a rate on their day, which have no amount.

    A warning that names them; an error where that is common.
    """
    rows = connection.execute(
        "select currency, count(*) filter (where has_amount and amount is null) as without, "
        "min(ordered_on) filter (where amount is null), min(order_id) filter (where amount is null), "
        f"count(*) from ({orders_in_force_sql(connection)}) group by 1 order by 2 desc, 1",
        terms.values,
    ).fetchall()
    total = sum(row[4] for row in rows)
    rows = [row for row in rows if row[1]]
    without = sum(row[1] for row in rows)
    return [
        counted(
            "orders_have_exchange_rate",
            "orders",
            "error" if is_common(without, total) else "warning",
            without,
            told=text("quality.no_exchange_rate", without=figure(without))
            if rows
            else text("quality.exchange_rates_known"),
            sample=(f"{currency} ({first:%Y-%m-%d}, {one})" for currency, _, first, one, _ in rows),
        )
    ]


def check_references(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """A warning per key column whose values have no partner in the entity they point to.

    Rows are kept. Where no source gives the other entity there is nothing to look up: that passes.
    """
    given = given_entities(connection)
    results = []
    for reference in REFERENCES:
        if reference.entity not in given or reference.target not in given:
            continue
        rows = connection.execute(
            f"select trim(here.{reference.column}), count(*) "
            f"from ({relation_of(connection, reference.entity)}) as here "
            f"anti join ({relation_of(connection, reference.target)}) as there "
            f"on trim(here.{reference.column}) = trim(there.{reference.target_column}) "
            f"where trim(here.{reference.column}) <> '' group by 1 order by 2 desc, 1"
        ).fetchall()
        orphans = sum(count for _, count in rows)
        column, target = f"{reference.entity}.{reference.column}", reference.target
        results.append(
            counted(
                f"{reference.entity}_{reference.column}_known",
                reference.entity,
                "warning",
                orphans,
                told=text(
                    "quality.keys_unknown", orphans=figure(orphans), column=column, target=target
                )
                if orphans
                else text("quality.keys_known", column=column, target=target),
                sample=(key for key, _ in rows),
            )
        )
    return results


def check_open_without_account(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """How many open opportunities of the mart name no account: kept, counted, for information."""
    without, total = connection.execute(
        "select count(*) filter (where account_id is null or trim(account_id) = ''), count(*) "
        "from marts.fct_opportunities where outcome = 'open'"
    ).fetchall()[0]
    return [
        counted(
            "open_opportunities_have_account",
            "marts.fct_opportunities",
            "info",
            without,
            told=text("quality.open_without_account", without=figure(without), total=figure(total)),
        )
    ]
