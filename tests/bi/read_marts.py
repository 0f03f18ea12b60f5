"""Run by the environment of the readers: the same question through every tool; prints the answers as JSON.

    python read_marts.py CURRENT POSTGRES_URL

Add here: another tool that reads the marts. Keep out: what must hold (`tools_read.py`).
"""

import json
import sys

import duckdb
import pandas
import polars
import psycopg
import sqlalchemy

QUESTION = (
    "select count(*) as deals, sum(amount) as amount from marts.wide_opportunities where is_open"
)


def answers(current: str, url: str) -> dict[str, list[float]]:
    parquet, file = f"{current}/parquet/wide_opportunities.parquet", f"{current}/forewarn.duckdb"
    table = pandas.read_parquet(parquet)
    told = {
        "pandas, Parquet": (
            table[table["is_open"]]["amount"].size,
            table[table["is_open"]]["amount"].sum(),
        )
    }
    frame = polars.scan_parquet(parquet).filter(polars.col("is_open"))
    told["polars, Parquet"] = (
        frame.select(polars.len(), polars.col("amount").sum()).collect().row(0)
    )
    told["DuckDB, Parquet"] = duckdb.sql(
        f"select count(*), sum(amount) from '{parquet}' where is_open"
    ).fetchone()
    with duckdb.connect(file, read_only=True) as connection:
        told["DuckDB, file"] = connection.execute(QUESTION).fetchone()
    with psycopg.connect(url) as connection:
        told["psycopg"] = connection.execute(QUESTION).fetchone()
    for name, address, more in (
        ("SQLAlchemy, DuckDB", f"duckdb:///{file}", {"connect_args": {"read_only": True}}),
        ("SQLAlchemy, PostgreSQL", url.replace("postgresql://", "postgresql+psycopg://"), {}),
    ):
        engine = sqlalchemy.create_engine(address, **more)
        columns = sqlalchemy.inspect(engine).get_columns("wide_opportunities", schema="marts")
        assert {"amount", "owner_name"} <= {column["name"] for column in columns}, name
        with engine.connect() as connection:
            told[name] = connection.execute(sqlalchemy.text(QUESTION)).one()
            read = pandas.read_sql(sqlalchemy.text(QUESTION), connection).iloc[0]
            told[f"pandas, {name}"] = (read["deals"], read["amount"])
        engine.dispose()
    return {name: [float(value) for value in row] for name, row in told.items()}


sys.stdout.write(json.dumps(answers(*sys.argv[1:])))
