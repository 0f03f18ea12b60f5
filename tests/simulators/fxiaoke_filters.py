"""What a filter of 纷享销客 means for one record.

Add here: an operator. Keep out: paging and rights (`fxiaoke.py`).

Values are compared as what they are: times may be kept as numbers or as text of digits, and a filter
always holds text. "Not equal" is called `N` and holds for empty values as well; `NEQ` does not exist.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}


def holds(row: dict[str, Any], condition: dict[str, Any]) -> bool:
    """Whether a record is within `{field_name, operator, field_values}`. Raises KeyError."""
    values = condition["field_values"]
    assert isinstance(values, list), "field_values is always a list"
    value, name = row.get(condition["field_name"]), condition["operator"]
    if name == "N":
        return bool(value != values[0])
    if value is None:
        return False
    if name == "IN":
        return bool(set(map(str, value if isinstance(value, list) else [value])) & set(values))
    compare = _ORDERED[name]
    if _is_number(value) and _is_number(values[0]):
        return compare(int(value), int(values[0]))
    return compare(str(value), values[0])


def _is_number(value: Any) -> bool:
    # Ids are text, also those of digits only.
    return isinstance(value, int) or (
        isinstance(value, str) and len(value) == 13 and value.isdigit()
    )
