"""What the linter's Jinja needs to render models without dbt: vars and dispatched macros.

Add here: a name of dbt's context that a model uses and sqlfluff does not know.
Keep out: anything that dbt itself runs; dbt never reads this folder.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

# sqlfluff runs this file anew for every model: libyaml reads it ten times quicker.
_PROJECT = yaml.load(
    (Path(__file__).resolve().parent.parent / "dbt_project.yml").read_text(encoding="utf-8"),
    Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),
)


def var(name: str, default: Any = None) -> Any:
    """The default of a variable in dbt_project.yml."""
    return _PROJECT["vars"].get(name, default)


class _Adapter:
    """Stands for dbt's adapter: a dispatched macro becomes a plain function call."""

    def dispatch(self, macro_name: str, macro_namespace: str = "") -> Callable[..., str]:
        def call(*arguments: Any) -> str:
            return f"{macro_name}({', '.join(str(argument) for argument in arguments)})"

        return call


class _Target:
    """Stands for dbt's target: models are linted as DuckDB reads them."""

    type = "duckdb"
    schema = "main"


class _Dbt:
    """Stands for dbt's own package of macros."""

    @staticmethod
    def escape_single_quotes(text: str) -> str:
        return text.replace("'", "''")


adapter = _Adapter()
dbt = _Dbt()
target = _Target()
