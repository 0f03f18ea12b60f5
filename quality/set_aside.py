"""Rows that were loaded and that no figure reads: what they lack, which they are, and how many.

Add here: a reason for which the models leave a single row out. Keep out: rows that could not be read at
all (`rejected.py`), and the rule itself (dbt's macro `only_sound_rows`; `loaded.fault_of` is the same).
"""

from __future__ import annotations

import duckdb

from pipelines.entities import ENTITIES
from pipelines.language import text
from pipelines.language.figures import figure
from quality.loaded import fault_of, given_entities, relation_of
from quality.results import CheckResult, counted
from quality.volume import is_common

ROWS_CHECK = "rows_set_aside"
SHARE_CHECK = "rows_set_aside_share"


def check_set_aside(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """A warning per source, entity and column with the rows' addresses; an error where 15 % are set aside.

    What is left of such a feed does not stand for the whole. One pass per entity without such rows.
    """
    results: list[CheckResult] = []
    for entity in sorted(given_entities(connection)):
        key = f"trim({ENTITIES[entity].key[0]})"
        rows = connection.execute(
            "select source, fault, count(*), "
            "list(coalesce(nullif(concat_ws(' ', _file, _address), ''), "
            f"nullif({key}, ''), '?') order by _file, _address, {key}) "
            "filter (where fault is not null)[1:5], "
            "sum(count(*)) over (partition by source) "
            f"from (select *, {fault_of(entity)} as fault from ({relation_of(connection, entity)})) "
            "group by 1, 2 order by 1, 2"
        ).fetchall()
        found = [row for row in rows if row[1] is not None]
        for source, column, count, places, _ in found:
            reason = "before" if column.startswith("<") else "lacks"
            column = column.removeprefix("<")
            results.append(
                counted(
                    ROWS_CHECK,
                    f"{source}.{entity}.{column}",
                    "warning",
                    count,
                    told=text(f"quality.set_aside.{reason}", rows=figure(count), column=column),
                    sample=places,
                    source=str(source),
                )
            )
        if not found:
            results.append(
                counted(ROWS_CHECK, entity, "warning", 0, told=text("quality.set_aside.none"))
            )
        results += [_share(entity, source, rows) for source in dict.fromkeys(r[0] for r in found)]
    return results


def _share(
    entity: str, source: str, rows: list[tuple[str, str, int, list[str], int]]
) -> CheckResult:
    own = [row for row in rows if row[0] == source]
    total = int(own[0][4])
    bad = sum(row[2] for row in own if row[1] is not None)
    too_many = is_common(bad, total)
    return CheckResult(
        check=SHARE_CHECK,
        subject=f"{source}.{entity}",
        severity="error",
        passed=not too_many,
        failed_rows=bad if too_many else 0,
        told=text("quality.set_aside.share", rows=figure(bad), total=figure(total)),
        source=str(source),
    )
