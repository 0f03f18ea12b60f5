"""`join` of a mapping: columns of another table by a key.

Add here: what is done when a key does not fit. Keep out: where the other table comes from
(`reader.py`), columns made of a row's own cells (`computing.py`), one record of several rows
(`grouping.py`).

A join never makes rows: a key that stands twice in the other table, with other values, rejects the
file; a row whose key it lacks is set aside, unless the join is `optional`.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipelines.configuration.file_mapping import Join
from pipelines.language import Text, text
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.layout.body import Body, as_typed
from pipelines.sources.spreadsheet.layout.headings import key
from pipelines.sources.spreadsheet.values.cells import clean_text


def _values(body: Body, place: int) -> list[Any]:
    cells = body.cells(place)
    return cells.to_pylist() if isinstance(cells, pa.Array) else list(cells)


def _place(body: Body, heading: str, name: str) -> int:
    for place, one in enumerate(body.headings):
        if key(heading) in one.keys:
            return place
    headings = [one.text for one in body.headings if one.text]
    raise FileRejected(
        text(
            "sheets.join.no_heading",
            heading=heading,
            table=name,
            headings=headings,
        ),
        where=body.where,
        next_step=text("sheets.next.correct_join"),
    )


def _key(values: list[Any]) -> tuple[str, ...] | None:
    shown = [clean_text(as_typed(value) or "").casefold() for value in values]
    return tuple(shown) if all(shown) else None


def join_table(body: Body, join: Join, other: Body, name: str) -> dict[int, Text]:
    """Put the other table's columns behind those of the body; what is wrong with single rows.

    Headings that the body has already stay its own. Raises `FileRejected` for a key that the other
    table has twice with different values, or a heading that is missing.
    """
    mine = [_values(body, _place(body, heading, body.sheet)) for heading in join.by]
    theirs = [_place(other, heading, name) for heading in join.by.values()]
    own = {one for heading in body.headings for one in heading.keys[:1]}
    wanted = [
        place
        for place, heading in enumerate(other.headings)
        if heading.text and heading.keys[:1] and heading.keys[0] not in own
    ]
    columns = {place: _values(other, place) for place in wanted}
    rows: dict[tuple[str, ...], int] = {}
    keys = zip(*(_values(other, place) for place in theirs), strict=True)
    for row, parts in enumerate(keys):
        found = _key(list(parts))
        if found is None:
            continue
        first = rows.setdefault(found, row)
        if any(values[first] != values[row] for values in columns.values()):
            shown = " / ".join(str(as_typed(part)) for part in parts)
            raise FileRejected(
                text(
                    "sheets.join.key_twice",
                    key=shown,
                    table=name,
                    first=other.rows[first] + 1,
                    second=other.rows[row] + 1,
                ),
                where=other.address(row),
                next_step=text("sheets.next.one_row_per_key"),
            )
    faults: dict[int, Text] = {}
    places: list[int | None] = []
    for row, parts in enumerate(zip(*mine, strict=True)):
        found = _key(list(parts))
        place = rows.get(found) if found else None
        places.append(place)
        if place is None:
            shown = " / ".join(as_typed(part) or "" for part in parts)
            faults[row] = text("sheets.join.no_row", key=shown, table=name)
    for position in wanted:
        values = columns[position]
        body.add(other.headings[position], ["" if at is None else values[at] for at in places])
    return faults
