"""A small built warehouse in memory: loaded rows, the company's tables and the marts they give."""

import datetime as dt
from decimal import Decimal

import duckdb
import pyarrow as pa

from pipelines.entities import ENTITIES
from pipelines.entity_schemas import raw_schema

LOADED_AT = dt.datetime(2026, 10, 30, 16, 0, tzinfo=dt.UTC)


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


class Warehouse:
    """Raw and config tables as the nightly run binds them, and marts set by hand."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'")
        for schema in ("raw", "config", "marts"):
            self.connection.execute(f"create schema {schema}")
        for entity in ENTITIES:
            self._create(f"raw.spreadsheet__{entity}", pa.Table.from_pylist([], raw_schema(entity)))
        self.connection.execute(
            "create table config.extracts (source varchar, system varchar, entity varchar, "
            'file varchar, state varchar, rows bigint, rejected_rows bigint, "full" boolean, '
            "newest_record_at timestamptz, source_rows bigint, source_amount decimal(18, 2), "
            "message varchar, message_zh varchar, other_languages varchar, "
            "loaded_at timestamptz, rows_previous bigint)"
        )
        self.connection.execute(
            "create table config.extract_history (source varchar, system varchar, entity varchar, "
            "loaded_at timestamptz, newest_record_at timestamptz, stamped_at timestamptz)"
        )
        self.connection.execute(
            "create table config.rejected (source varchar, entity varchar, file varchar, "
            "address varchar, column_name varchar, value varchar, reason varchar, "
            "reason_zh varchar, other_languages varchar, loaded_at timestamptz)"
        )
        self.connection.execute(
            "create table config.stages as select * from (values "
            "('*', '初步接洽', '初步接洽', 1, 'open'), ('*', '赢单', '赢单', 5, 'won'), "
            "('crm', 'Closed Won', '赢单', 5, 'won')"
            ") as t (source, source_stage, stage, stage_order, outcome)"
        )
        self.connection.execute(
            "create table config.exchange_rates "
            "(rate_date date, currency varchar, rate decimal(18, 8))"
        )
        self.connection.execute(
            "insert into config.exchange_rates values ('2026-01-01', 'USD', 7.1), "
            "('2026-10-10', 'USD', 7.2)"
        )
        self.connection.execute(
            "create table config.calendar as select cast(d as date) as date_day, "
            "isodow(d) < 6 as is_workday, '' as holiday_name, "
            "strftime(d, '%Y-%m') as fiscal_month_name "
            "from range(timestamp '2026-01-01', timestamp '2027-01-01', interval 1 day) as r (d)"
        )
        self.connection.execute(
            "create table marts.fct_orders (order_id varchar, ordered_on date, "
            "amount decimal(18, 2), is_cancelled boolean)"
        )
        self.connection.execute(
            "create table marts.fct_opportunities (opportunity_id varchar, account_id varchar, "
            "outcome varchar, amount decimal(18, 2), closed_on date)"
        )
        self.connection.execute(
            "create table marts.fct_target_completion (period_type varchar, period_start date, "
            "scope_type varchar, scope_id varchar, metric varchar, actual_amount decimal(18, 2))"
        )

    def _create(self, name: str, table: pa.Table) -> None:
        self.connection.register("loading", table)
        self.connection.execute(f"create or replace table {name} as from loading")
        self.connection.unregister("loading")

    def load(self, entity: str, rows: list[dict], source: str = "sheets", **extract) -> None:
        """Append rows to the raw table and record the extract that brought them."""
        schema = raw_schema(entity)
        stamped = [
            {"source": source, "_loaded_at": LOADED_AT, "_file": f"{entity}.csv", **row}
            for row in rows
        ]
        self.connection.register("loading", pa.Table.from_pylist(stamped, schema))
        self.connection.execute(f"insert into raw.spreadsheet__{entity} from loading")
        self.connection.unregister("loading")
        self.extract(entity, source=source, rows=len(rows), **extract)

    def extract(self, entity: str, **values) -> None:
        row = {
            "source": "sheets",
            "system": "spreadsheet",
            "entity": entity,
            "file": f"{entity}.csv",
            "state": "loaded",
            "rows": 0,
            "rejected_rows": 0,
            "full": True,
            "loaded_at": LOADED_AT,
            **values,
        }
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        self.connection.execute(
            f"insert into config.extracts ({names}) values ({marks})", list(row.values())
        )

    def execute(self, sql: str) -> None:
        self.connection.execute(sql)

    def extracts(self):
        return self.connection.execute("select * from config.extracts").df()

    def rejected(self):
        return self.connection.execute("select * from config.rejected").df()


def order(order_id: str, on: str, amount: str, **values) -> dict:
    return {
        "order_id": order_id,
        "account_id": "A1",
        "owner_id": "U1",
        "amount": Decimal(amount),
        "ordered_at": moment(on),
        **values,
    }


def opportunity(opportunity_id: str, created: str, **values) -> dict:
    return {
        "opportunity_id": opportunity_id,
        "account_id": "A1",
        "owner_id": "U1",
        "stage": "初步接洽",
        "amount": Decimal("100"),
        "created_at": moment(created),
        **values,
    }
