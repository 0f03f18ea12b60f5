"""Did everything arrive that the source itself counted: rows and amounts, feed by feed.

Add here: a comparison of arrived rows with a figure of the source.
Keep out: comparisons with earlier loads (`volume.py`) and between models (`reconciliation.py`), and
which rows of a system are alive: its staging folder knows, and says it in `stg_<system>__completeness`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from pipelines.entities import ENTITIES
from pipelines.language import Text, text
from pipelines.language.figures import figure
from quality.loaded import columns_in, table_exists
from quality.results import CheckResult

LOADED_CHECK = "loaded_row_count"
ROWS_CHECK = "source_row_count"
AMOUNT_CHECK = "source_amount"
# The same of all that is alive in a system, after staging.
STAGED_ROWS_CHECK = "system_row_count"
STAGED_AMOUNT_CHECK = "system_amount"
# The amount a source would total, by entity.
AMOUNT_COLUMNS = {
    "opportunities": "amount",
    "stage_history": "amount",
    "orders": "amount",
    "targets": "target_amount",
}
# A sheet's own total is the sum of figures that were rounded one by one.
PER_ROW = Decimal("0.01")


@dataclass(frozen=True)
class Arrival:
    """One loaded extract: what it recorded, what its source counted, what the raw zone holds.

    `arrived_rows` and `arrived_amount` are None where they cannot be counted: other systems than
    sheets keep every version of a record in the raw zone.
    """

    source: str
    entity: str
    file: str | None
    rows: int
    rejected_rows: int
    source_rows: int | None
    source_amount: Decimal | None
    arrived_rows: int | None
    arrived_amount: Decimal | None

    @property
    def subject(self) -> str:
        return f"{self.source}.{self.entity} {self.file or ''}".strip()


def arrivals(connection: duckdb.DuckDBPyConnection) -> list[Arrival]:
    """Every loaded extract of `config.extracts`, with the rows and amounts counted anew."""
    parts = ["select null as source, null as entity, null as file, 0 as rows, null as amount"]
    for entity in ENTITIES:
        table = f"spreadsheet__{entity}"
        if table_exists(connection, "raw", table):
            column = AMOUNT_COLUMNS.get(entity)
            parts.append(
                f"select source, '{entity}', _file, count(*), "
                f"{f'coalesce(sum({column}), 0)' if column else 'null'} from raw.{table} group by all"
            )
    rows = connection.execute(
        f"with arrived as ({' union all '.join(parts)}) "
        "select extracts.source, extracts.entity, extracts.file, extracts.rows, "
        "coalesce(extracts.rejected_rows, 0), extracts.source_rows, extracts.source_amount, "
        "case when extracts.system = 'spreadsheet' then coalesce(arrived.rows, 0) end, "
        "case when extracts.system = 'spreadsheet' then cast(arrived.amount as decimal(38, 2)) end "
        "from config.extracts as extracts left join arrived on extracts.source = arrived.source "
        "and extracts.entity = arrived.entity "
        "and coalesce(extracts.file, '') = coalesce(arrived.file, '') "
        "where extracts.state = 'loaded' order by 1, 2, 3"
    ).fetchall()
    return [Arrival(*row) for row in rows]


def check_completeness(loaded: list[Arrival]) -> list[CheckResult]:
    """Results for every loaded extract that can be compared.

    Rows: the raw zone must hold as many as the load recorded; and if the source counted its
    records, recorded plus rejected must be that many. Amount: the source's total against the
    arrived one, to 0.01 per row. Rejected rows explain a difference of amounts, which then warns.
    """
    results = []
    for arrival in loaded:
        if arrival.arrived_rows is not None:
            results.append(
                _rows(
                    arrival,
                    LOADED_CHECK,
                    arrival.arrived_rows,
                    arrival.rows,
                    text(
                        "quality.loaded_rows",
                        recorded=figure(arrival.rows),
                        arrived=figure(arrival.arrived_rows),
                    ),
                )
            )
        if arrival.source_rows is not None:
            came = arrival.rows + arrival.rejected_rows
            results.append(
                _rows(
                    arrival,
                    ROWS_CHECK,
                    came,
                    arrival.source_rows,
                    text(
                        "quality.source_rows",
                        counted=figure(arrival.source_rows),
                        came=figure(came),
                    ),
                )
            )
        countable = arrival.entity in AMOUNT_COLUMNS and arrival.arrived_rows is not None
        if arrival.source_amount is not None and countable:
            results.append(_amount(arrival, arrival.source_amount, arrival.arrived_rows or 0))
    return results


@dataclass(frozen=True)
class Counted:
    """One object of a source: what its system counted and what staging counts, None if not told.

    `explained` rows may be missing or too many: changed while the load ran, or in quarantine.
    """

    source: str
    object: str
    system_rows: int | None
    arrived_rows: int
    system_amount: Decimal | None
    arrived_amount: Decimal | None
    explained: int

    @property
    def subject(self) -> str:
        return f"{self.source}.{self.object}"


def counted_by_systems(connection: duckdb.DuckDBPyConnection) -> list[Counted]:
    """All rows of the `stg_<system>__completeness` models that are built; none before staging.

    Such a model has source, object, system_rows, arrived_rows, system_amount, arrived_amount, one row
    per source and object, and if it likes changed_since and rejected_rows (rows that explain a
    difference).
    """
    found: list[Counted] = []
    for schema, table in connection.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = current_database() and table_name like 'stg\\_%\\_\\_completeness' "
        "escape '\\' order by all"
    ).fetchall():
        optional = sorted(
            {"changed_since", "rejected_rows"} & columns_in(connection, schema, table)
        )
        explained = " + ".join(["0", *(f"coalesce({name}, 0)" for name in optional)])
        rows = connection.execute(
            "select source, object, system_rows, coalesce(arrived_rows, 0), "
            "cast(system_amount as decimal(38, 2)), cast(arrived_amount as decimal(38, 2)), "
            f"{explained} from {schema}.{table} order by 1, 2"
        ).fetchall()
        found += [Counted(*row) for row in rows]
    return found


def check_counted_by_systems(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Results for every object that a system counted itself: records, and amounts to 0.01 per row.

    Amounts are compared only where no row explains a difference.
    """
    results = []
    for item in counted_by_systems(connection):
        if item.system_rows is not None:
            difference = abs(item.system_rows - item.arrived_rows)
            results.append(
                CheckResult(
                    check=STAGED_ROWS_CHECK,
                    subject=item.subject,
                    severity="error",
                    passed=difference <= item.explained,
                    failed_rows=difference if difference > item.explained else 0,
                    told=text(
                        "quality.staged_rows",
                        system_rows=figure(item.system_rows),
                        arrived_rows=figure(item.arrived_rows),
                        explained=figure(item.explained),
                    ),
                    source=item.source,
                )
            )
        if item.system_amount is not None and not item.explained:
            came = item.arrived_amount or Decimal(0)
            off = came - item.system_amount
            passed = abs(off) <= PER_ROW * item.arrived_rows
            results.append(
                CheckResult(
                    check=STAGED_AMOUNT_CHECK,
                    subject=item.subject,
                    severity="error",
                    passed=passed,
                    failed_rows=0 if passed else 1,
                    sample=() if passed else (f"{off:+,.2f}",),
                    told=text(
                        "quality.staged_amount",
                        system_amount=f"{item.system_amount:,.2f}",
                        came=f"{came:,.2f}",
                    ),
                    source=item.source,
                )
            )
    return results


def _rows(arrival: Arrival, check: str, came: int, expected: int, told: Text) -> CheckResult:
    return CheckResult(
        check=check,
        subject=arrival.subject,
        severity="error",
        passed=came == expected,
        failed_rows=abs(came - expected),
        told=told,
        source=arrival.source,
    )


def _amount(arrival: Arrival, expected: Decimal, rows: int) -> CheckResult:
    came = arrival.arrived_amount or Decimal(0)
    difference = came - expected
    passed = abs(difference) <= PER_ROW * rows
    rejected = arrival.rejected_rows
    key = "quality.source_amount_rejected" if rejected else "quality.source_amount"
    return CheckResult(
        check=AMOUNT_CHECK,
        subject=arrival.subject,
        severity="warning" if rejected else "error",
        passed=passed,
        failed_rows=0 if passed else 1,
        sample=() if passed else (f"{difference:+,.2f}",),
        told=text(key, total=f"{expected:,.2f}", came=f"{came:,.2f}", rejected=figure(rejected)),
        source=arrival.source,
    )
