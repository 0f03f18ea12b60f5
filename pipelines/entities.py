"""The canonical entities: names, columns, types and keys that every source is brought to.

Add here: a column that every source may give, with its meaning.
Keep out: how a source names things (that is the source's module or the sheet mapping), Arrow types
(`entity_schemas.py`: whoever reads no rows need not load Arrow), and anything about marts (that is dbt).

The spreadsheet source, the sample company and the dbt sources all read this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "money", "timestamp", "date", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of an entity. `required` cells may not be empty in a source."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Entity:
    """One canonical entity. `key` names the columns that make a record unique in a source."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the entity has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


def _must(name: str, kind: Kind = "text", choices: tuple[str, ...] = ()) -> Column:
    return Column(name, kind, required=True, choices=choices)


def _may(name: str, kind: Kind = "text", choices: tuple[str, ...] = ()) -> Column:
    return Column(name, kind, choices=choices)


SCOPE_TYPES = ("company", "region", "team", "rep", "product_line")
TARGET_METRICS = ("revenue", "orders", "new_accounts")

_ALL = (
    Entity(
        "users",
        # A person who changes team has one row per stay, so validity is part of the key.
        ("user_id", "valid_from"),
        (
            _must("user_id"),
            _must("user_name"),
            *_text("email", "team_id", "manager_id"),
            _may("is_active", "flag"),
            _may("valid_from", "date"),
            _may("valid_to", "date"),  # last day of the stay, inclusive; empty = still there
        ),
    ),
    Entity(
        "teams",
        ("team_id",),
        (_must("team_id"), _must("team_name"), *_text("parent_team_id", "region")),
    ),
    Entity(
        "accounts",
        ("account_id",),
        (
            _must("account_id"),
            _must("account_name"),
            *_text("owner_id"),
            _may("created_at", "timestamp"),
            *_text("industry", "region", "credit_code", "status"),
        ),
    ),
    Entity(
        "contacts",
        ("contact_id",),
        (_must("contact_id"), *_text("account_id", "contact_name", "title")),
    ),
    Entity(
        "leads",
        ("lead_id",),
        (
            _must("lead_id"),
            *_text("lead_name", "owner_id", "source_channel", "status"),
            _may("created_at", "timestamp"),
            _may("converted_at", "timestamp"),
            *_text("opportunity_id"),
        ),
    ),
    Entity(
        "opportunities",
        ("opportunity_id",),
        (
            _must("opportunity_id"),
            *_text("opportunity_name", "account_id"),
            _must("owner_id"),
            *_text("product_line"),
            _must("stage"),
            _may("amount", "money"),
            *_text("currency"),
            _must("created_at", "timestamp"),
            _may("expected_close_date", "date"),
            _may("closed_at", "timestamp"),
            _may("updated_at", "timestamp"),
            *_text("lost_reason"),
        ),
    ),
    Entity(
        "stage_history",
        ("event_id",),
        (
            # Without an id the extractor derives one from opportunity, stage and time.
            *_text("event_id"),
            _must("opportunity_id"),
            *_text("from_stage"),
            _must("to_stage"),
            _must("changed_at", "timestamp"),
            _may("amount", "money"),
            *_text("changed_by"),
        ),
    ),
    Entity(
        "activities",
        ("activity_id",),
        (
            _must("activity_id"),
            *_text("activity_type"),
            _may("direction", choices=("inbound", "outbound")),
            *_text("opportunity_id", "account_id"),
            _must("owner_id"),
            _must("occurred_at", "timestamp"),
        ),
    ),
    Entity(
        "orders",
        ("order_id",),
        (
            _must("order_id"),
            *_text("opportunity_id"),
            _must("account_id"),
            *_text("owner_id", "product_line"),
            _must("amount", "money"),
            *_text("currency"),
            _must("ordered_at", "timestamp"),
            _may("promised_at", "timestamp"),
            _may("delivered_at", "timestamp"),
            *_text("status"),
        ),
    ),
    Entity(
        "targets",
        ("period", "scope_type", "scope_id", "metric", "effective_from"),
        (
            _must("period"),  # 2026-05, 2026-Q2 or 2026, in fiscal terms
            _must("scope_type", choices=SCOPE_TYPES),
            _must("scope_id"),
            Column("metric", "text", choices=TARGET_METRICS, default="revenue"),
            _must("target_amount", "money"),  # company currency, or a count for new_accounts
            *_text("version"),
            _may("effective_from", "date"),
            *_text("reason"),
            # A person's target that holds those of the people below: true is never added to theirs, false always,
            # empty is judged by manager_id and the amounts.
            _may("includes_team", "flag"),
        ),
    ),
)

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _ALL}
