"""Odd values of 纷享销客 made plain before they become columns.

Add here: another way in which a tenant writes a value. Keep out: the conversion itself
(`records/columns.py`).

People and departments are lists even when single; options are values, whose labels stand beside them
(`__r`), in the description, or for 其他 as free text (`__o`). The objects of people behind `__r` and
`__l` hold phone numbers and mail addresses: nothing of them is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import orjson

from pipelines.sources.fxiaoke.objects import CLOSED, DELETED, INVALID, LABEL, LIFE, RELATED
from pipelines.sources.fxiaoke.selection import Chosen, Described, Selection
from pipelines.sources.records import derive

_BESIDE = re.compile(r".+__(r|l|p|o|v|relation_ids)")
_SEPARATOR = ";"
# Their `__r` is the name of the one that is meant, or an object about it: never the value.
_ONE_OF = ("employee", "department", "object_reference", "master_detail")


def make_plain(
    records: list[dict[str, Any]],
    chosen: Iterable[Chosen],
    described: Described,
    closed: frozenset[str] = frozenset(),
) -> None:
    """Change the records in place, column by column; `closed`: statuses that end an opportunity."""
    status: str | None = None
    chosen = tuple(chosen)
    related = next((item.key for item in chosen if item.wanted.column == "related"), "")
    for item in chosen:
        key, kind = item.key, item.wanted.kind
        if key == DELETED:
            for record in records:
                flag = str(record.get("is_deleted") or "").lower() == "true"
                record[DELETED] = flag or text_of(record.get(LIFE)) == INVALID
        elif key in RELATED:
            for record in records:
                record[key] = _first_related(record.get(related), RELATED[key])
        elif key == CLOSED:
            for record in records:
                label = record.get(f"{status}{LABEL}") if status else None
                record[CLOSED] = label if label in closed else None
        elif kind == "loose_text" and item.wanted.decoded:
            if item.wanted.column == "status":
                status = key
            options = described.options.get(key, {})
            for record in records:
                record[f"{key}{LABEL}"] = label_of(record, key, options, item.type)
        elif kind == "loose_text":
            for record in records:
                value = record.get(key)
                if value is not None and value.__class__ is not str:
                    record[key] = text_of(value, item.type)


def make_derived(records: list[dict[str, Any]], selection: Selection, described: Described) -> None:
    """Put what is made of several fields into the records, options by their labels."""

    def value_of(record: dict[str, Any], path: str) -> Any:
        key = selection.beside[path]
        type_ = described.types.get(key, "")
        value = record.get(key)
        # Moments stay numbers, so that a period can be told from them.
        if isinstance(value, (int, float)) and not described.options.get(key):
            return value
        return label_of(record, key, described.options.get(key, {}), type_)

    derive(records, selection.derived, value_of)


def text_of(value: Any, type_: str = "") -> Any:
    """A list as one text (of people the first), a number as its digits; other things as they are."""
    if isinstance(value, list):
        parts = [str(text_of(part)) for part in value if part not in (None, "")]
        if parts and type_.startswith(_ONE_OF):
            return parts[0]
        return _SEPARATOR.join(parts) or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, (int, float)) else value


def label_of(record: dict[str, Any], key: str, options: Any, type_: str) -> str | None:
    """The words for an option's value; the value itself if nothing tells them."""
    value = record.get(key)
    if value in (None, "", []):
        return None
    beside = None if type_.startswith(_ONE_OF) else record.get(f"{key}__r")
    if isinstance(beside, str) and beside:
        return beside
    typed = record.get(f"{key}__o")
    values = value if isinstance(value, list) else [value]
    words = [
        typed if v == "other" and isinstance(typed, str) and typed else options.get(str(v), v)
        for v in values
    ]
    return text_of(words, type_)


def _first_related(value: Any, names: tuple[str, ...]) -> str | None:
    """The id of the first record of these objects in a list of {id, describe_api_name}."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    for part in value if isinstance(value, list) else ():
        if isinstance(part, dict) and part.get("describe_api_name") in names and part.get("id"):
            return str(part["id"])
    return None


def is_beside(key: str) -> bool:
    """Whether a key of a record is derived from another field."""
    return bool(_BESIDE.fullmatch(key)) or key.startswith("@") or key.endswith(LABEL)
