"""Which canonical entity a system's raw table stands for, so that feeds are judged by entity.

Add here: a raw table whose age or failure says something about an entity. Keep out: how its rows
become canonical (dbt staging), and tables that only help (lists of ids, names of stages).
"""

from __future__ import annotations

from collections.abc import Mapping

_CUSTOM = "custom_"
RAW_ENTITIES: Mapping[str, Mapping[str, str]] = {
    "salesforce": {
        "user": "users",
        "user_role": "teams",
        "account": "accounts",
        "contact": "contacts",
        "lead": "leads",
        "opportunity": "opportunities",
        "opportunity_history": "stage_history",
        "task": "activities",
        "event": "activities",
        "order": "orders",
        "forecasting_quota": "targets",
    },
    "zoho": {
        "roles": "teams",
        "deals": "opportunities",
        "deal_history": "stage_history",
        "tasks": "activities",
        "events": "activities",
        "calls": "activities",
        "sales_orders": "orders",
    },
    "jiandaoyun": {},
    "kingdee": {
        "department": "teams",
        "salesman": "users",
        "customer": "accounts",
        "contact": "contacts",
        "clue": "leads",
        "opportunity": "opportunities",
        "activity": "activities",
        "sale_order": "orders",
        "target": "targets",
    },
    "neocrm": {
        "user": "users",
        "department": "teams",
        "account": "accounts",
        "contact": "contacts",
        "lead": "leads",
        "opportunity": "opportunities",
        "field_history": "stage_history",
        "activity_record": "activities",
        "visit_record": "activities",
        "order": "orders",
    },
    "fxiaoke": {
        "personnel": "users",
        "department": "teams",
        "account": "accounts",
        "contact": "contacts",
        "lead": "leads",
        "opportunity": "opportunities",
        "active_record": "activities",
        "telesales_record": "activities",
        "sales_order": "orders",
        "goal_value": "targets",
    },
}


def entity_of(system: str, table: str) -> str:
    """The canonical entity that a raw table stands for; the table's own name if it is none's."""
    return RAW_ENTITIES.get(system, {}).get(table, table.removeprefix(_CUSTOM))
