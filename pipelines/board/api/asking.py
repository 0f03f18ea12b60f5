"""What the address of a question says: which rows, which columns, how many, from where on.

Add here: a word that every list understands. Keep out: what single lists filter by.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

import orjson
from starlette.datastructures import ImmutableMultiDict

from pipelines.board.api.fields import Field, Wrong
from pipelines.language import text

MOST_ROWS, USUAL_ROWS = 1000, 100
OWN = ("limit", "cursor", "fields")


def limit_of(query: Mapping[str, str]) -> int:
    """How many rows are asked for. Raises Wrong outside 1 to 1000."""
    written = query.get("limit", str(USUAL_ROWS))
    is_number = written.isascii() and written.isdecimal() and len(written) < 7
    if not is_number or not 1 <= int(written) <= MOST_ROWS:
        raise Wrong(text("api.wrong.limit", given=written[:60], most=MOST_ROWS))
    return int(written)


def chosen(query: Mapping[str, str], known: Collection[str]) -> list[str]:
    """The columns asked for, all without a word. Raises Wrong for one that there is not."""
    if "fields" not in query:
        return [*known]
    names = list(dict.fromkeys(name.strip() for name in query["fields"].split(",")))
    for name in names:
        if name not in known:
            raise Wrong(text("api.wrong.field", name=name[:60]))
    return names


def conditions(
    query: ImmutableMultiDict[str, str], fields: Mapping[str, Field]
) -> tuple[list[str], list[object]]:
    """SQL conditions and their values: `name=`, `name.from=`, `name.to=`, `name.is=null|known`.

    Several `name=` are any of them. Names are compared with the columns that there are, values are
    parameters: nothing of the address becomes SQL.
    """
    where: list[str] = []
    values: list[object] = []
    for key in dict.fromkeys(query.keys()):
        if key in OWN:
            continue
        name, _, how = key.partition(".")
        field, given = fields.get(name), query.getlist(key)
        if field is None or (how and how not in ("from", "to", "is")):
            raise Wrong(text("api.wrong.filter", name=key[:60]))
        if how == "is":
            if given[-1] not in ("null", "known"):
                raise Wrong(text("api.wrong.is", name=key[:60], given=given[-1][:60]))
            where.append(f'"{name}" is {"null" if given[-1] == "null" else "not null"}')
        elif how:
            if not field.has_order:
                raise Wrong(text("api.wrong.filter", name=key[:60]))
            where.append(f'"{name}" {">=" if how == "from" else "<="} ?')
            values.append(field.value(given[-1]))
        else:
            where.append(f'"{name}" in ({", ".join("?" * len(given))})')
            values.extend(field.value(one) for one in given)
    return where, values


def make_cursor(*parts: object) -> str:
    """Where the next page begins, as one word of an address."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def read_cursor(written: str, kinds: Sequence[type]) -> list:
    """The parts of a cursor. Raises Wrong for anything that this interface has not made."""
    try:
        padded = written + "=" * (-len(written) % 4)
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        parts = None
    if (
        not isinstance(parts, list)
        or [type(part) for part in parts] != [*kinds]
        or any(isinstance(part, int) and not -1 <= part < 2**63 for part in parts)
    ):
        raise Wrong(text("api.wrong.cursor"))
    return parts


def next_address(path: str, query: ImmutableMultiDict[str, str], cursor: str | None) -> str | None:
    """The address of the next page, None after the last."""
    if cursor is None:
        return None
    kept = [(key, value) for key, value in query.multi_items() if key != "cursor"]
    return f"{path}?{urlencode([*kept, ('cursor', cursor)])}"
