"""Compiled projects of a few lines, written down node by node.

Add here: what a manifest says of a node. Keep out: compiling the project itself (`compiled_models.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.warehouse.program import Program, read_program


def node(name: str, sql: str, *parents: str, **changes: Any) -> dict[str, Any]:
    kind = changes.pop("kind", "model")
    config = {"materialized": "table", "enabled": True, **changes.pop("config", {})}
    return {
        "unique_id": f"{kind}.forewarn.{name}",
        "resource_type": kind,
        "name": name,
        "alias": name,
        "schema": "marts",
        "fqn": ["forewarn", "marts", name],
        "columns": {},
        "description": "",
        "config": config,
        "compiled_code": sql,
        "depends_on": {"nodes": [f"model.forewarn.{parent}" for parent in parents]},
        **changes,
    }


def program_of(folder: Path, *nodes: dict[str, Any]) -> Program:
    path = folder / "manifest.json"
    path.write_text(json.dumps({"nodes": {each["unique_id"]: each for each in nodes}}))
    return read_program(path)


def contract(**types: str) -> dict[str, Any]:
    return {
        "config": {"contract": {"enforced": True}},
        "columns": {n: {"name": n, "data_type": kind} for n, kind in types.items()},
    }
