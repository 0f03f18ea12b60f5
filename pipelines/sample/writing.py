"""Files of the sample company: canonical CSVs, and targets as a workbook or as one more CSV.

Add here: how a table becomes a file. Keep out: what is in it.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd

from pipelines.entities import ENTITIES
from pipelines.sample.company import SHIPPED_END, SampleCompany, generate
from pipelines.sample.workbooks import write_workbooks


def as_text(entity: str, table: pd.DataFrame) -> pd.DataFrame:
    """The table as it is typed in a sheet: ISO times and dates, money with two decimals."""
    columns: dict[str, object] = {}
    for column in ENTITIES[entity].columns:
        values = table[column.name]
        if column.kind in ("timestamp", "date"):
            unit = "s" if column.kind == "timestamp" else "D"
            moments = pd.to_datetime(values).to_numpy().astype(f"datetime64[{unit}]")
            text = np.datetime_as_string(moments).astype(object)
            text[np.isnat(moments)] = None
            columns[column.name] = text
        elif column.kind == "money":
            columns[column.name] = [f"{amount:.2f}" for amount in values.tolist()]
        elif column.kind == "flag":
            columns[column.name] = np.where(values.astype(bool), "true", "false")
        else:
            columns[column.name] = values.to_numpy(dtype=object)
    return pd.DataFrame(columns)


def _write(entity: str, table: pd.DataFrame, directory: Path) -> None:
    path = directory / f"{entity}.csv"
    as_text(entity, table).to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\n")


def frames_to_csv(company: SampleCompany, directory: Path) -> None:
    """Write every entity, targets included, as `<entity>.csv` in canonical form."""
    directory.mkdir(parents=True, exist_ok=True)
    for entity, table in company.frames.items():
        _write(entity, table, directory)


def write_sample(
    directory: Path,
    *,
    reps: int = 32,
    seed: int = 7,
    end: dt.date = SHIPPED_END,
    risks: bool = True,
    world: str = "standard",
) -> SampleCompany:
    """Generate a company and write it the way people keep theirs; returns it as well.

    The long tables are canonical CSVs (UTF-8 with BOM), targets are workbooks by year with months
    as columns in 万元, and `labels.json` lists the planted risks. The same arguments give the same
    bytes. Raises ValueError as `generate` does, before anything is written.
    """
    company = generate(reps=reps, seed=seed, end=end, risks=risks, world=world)
    directory.mkdir(parents=True, exist_ok=True)
    for entity, table in company.frames.items():
        if entity != "targets":
            _write(entity, table, directory)
    write_workbooks(company, directory)
    text = json.dumps(company.labels, ensure_ascii=False, indent=2)
    (directory / "labels.json").write_text(text + "\n", encoding="utf-8")
    return company
