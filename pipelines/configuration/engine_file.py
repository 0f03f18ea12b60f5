"""engine.yml: what makes the tables of the night, DuckDB on this machine or a Spark cluster. The file may be missing.

Add here: a key of that file. Keep out: how an engine is driven (`pipelines/warehouse/`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.configuration.problems import Problem, read_model
from pipelines.language import text


class EngineFile(BaseModel):
    """The engine of the night. `master` and `spark` are for Spark alone.

    `master` is where Spark runs, as Spark itself writes it: `local[2]` (this machine, two cores),
    `spark://host:7077`, `yarn`. `spark` are Spark's own properties, such as `spark.executor.memory`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["duckdb", "spark"] = "duckdb"
    master: str = Field(
        default="local[*]",
        pattern=r"^(local(\[(\d+|\*)(, ?\d+)?\])?|local-cluster\[.+\]|spark://\S+:\d+(,\S+:\d+)*|yarn|k8s://\S+)$",
    )
    spark: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _properties_of_spark(self) -> EngineFile:
        strange = sorted(name for name in self.spark if not name.startswith("spark."))
        if strange:
            raise ValueError(text("config.engine.property", names=strange))
        return self


def read_engine(path: Path, problems: list[Problem]) -> EngineFile:
    """Read engine.yml; faults go to `problems`, and DuckDB it is where there is no file."""
    if not path.exists():
        return EngineFile()
    found = read_model(path, problems, EngineFile, accepted=text("config.engine.keys"))
    return found or EngineFile()
