"""Columns without which figures cannot be made: what they cost, and stopping where they are missing.

Add here: a column that whole families of figures stand on, in canonical words and under the names
that raw tables give it. Keep out: which field of a system it is (its own package), and columns that
are required of every record anyway (`entities.py`).

An amount that a right hides looks like a company without sales. So a source that does not show one
stops, from its first load on, unless `accept_missing` in its options says that the company knows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pipelines.failures import PermanentFailure
from pipelines.language import Said, Text, text

# Canonical column -> the names it has in raw tables, beside `custom_<column>`.
ESSENTIAL: dict[str, dict[str, frozenset[str]]] = {
    "opportunities": {
        "amount": frozenset({"amount", "money"}),
        "expected_close_date": frozenset(
            {"expected_close_date", "close_date", "closing_date", "expected_on"}
        ),
    },
    "orders": {"amount": frozenset({"amount", "total_amount", "grand_total"})},
}
# Raw tables of the entities; those of a system's own name that hold nothing else.
_ENTITY_OF = {
    "opportunity": "opportunities",
    "opportunities": "opportunities",
    "deals": "opportunities",
    "order": "orders",
    "orders": "orders",
    "sale_order": "orders",
    "sales_order": "orders",
    "sales_orders": "orders",
    "custom_orders": "orders",
}


def entity_of(table: str) -> str | None:
    """The entity of a raw table that essential columns belong to; None for all others."""
    return _ENTITY_OF.get(table)


def raw_names(entity: str, column: str) -> frozenset[str]:
    """The raw columns any of which gives an essential column."""
    return ESSENTIAL[entity][column] | {f"custom_{column}"}


def missing(entity: str | None, read: Collection[str], accepted: Collection[str]) -> list[str]:
    """Essential columns, as `orders.amount`, that none of the raw columns `read` gives."""
    return [
        f"{entity}.{column}"
        for column in ESSENTIAL.get(entity or "", {})
        if raw_names(str(entity), column).isdisjoint(read) and f"{entity}.{column}" not in accepted
    ]


def spared(entity: str | None, columns: Collection[str]) -> set[str]:
    """Essential columns that a company has said it does without, by the raw columns it named."""
    return {
        f"{entity}.{column}"
        for column in ESSENTIAL.get(entity or "", {})
        if not raw_names(str(entity), column).isdisjoint(columns)
    }


def cost(name: str) -> Text:
    """What a missing column costs: `orders.amount` -> no revenue ..."""
    return text(
        {
            "opportunities.amount": "sources.essential.pipeline",
            "opportunities.expected_close_date": "sources.essential.coverage",
            "orders.amount": "sources.essential.revenue",
        }[name]
    )


def costs(names: Iterable[str]) -> list[Said]:
    """Each missing column with what it costs."""
    return [text("sources.essential.cost", column=name, cost=cost(name)) for name in names]


def stop_without(
    source: str,
    what: str,
    entity: str | None,
    read: Collection[str],
    accepted: Collection[str],
) -> None:
    """Raise `PermanentFailure` if an object is read without a column that figures stand on.

    `what` names the object of the system; `read` are the raw columns that are asked for.
    """
    if gone := missing(entity, read, accepted):
        raise PermanentFailure(
            text("sources.essential.missing", source=source, what=what),
            where=what,
            cause=text("sources.essential.missing.why", costs=costs(gone)),
            next_step=text("sources.essential.missing.step", columns=gone),
        )
