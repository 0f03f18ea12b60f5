"""The region of a department: what the company has configured for it or for one above it.

Add here: another source of regions. Keep out: everything else about departments.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa


def with_regions(table: pa.Table, regions: Mapping[str, str]) -> pa.Table:
    """Departments with `region` filled where it is empty; `regions` by number or name."""
    if not regions:
        return table
    rows = table.to_pylist()
    by_number = {row["number"]: row for row in rows}
    found = []
    for row in rows:
        region, seen, above = row["region"], set(), row
        while region is None and above is not None and above["number"] not in seen:
            seen.add(above["number"])
            region = regions.get(above["number"]) or regions.get(above["name"])
            above = by_number.get(above["parent_number"])
        found.append(region)
    place = table.schema.get_field_index("region")
    return table.set_column(place, table.schema.field(place), pa.array(found, pa.string()))
