"""What the compiled dbt project does to a warehouse, read from its manifest: models, tests, order.

Add here: what the nightly build must know of a node, and which features of dbt it leaves to dbt.
Keep out: running it (`building.py`), compiling it (`dbt_command.py`).

The SQL of a project whose files stand is the same every night (the day comes from the warehouse, see
the macro `as_of_date`). Three quarters of what dbt's own runner costs is not SQL, so the night runs the
SQL that dbt compiled. A project that uses what is not known here is built by dbt itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARTS = "marts"
_MATERIALIZED = {"table", "view", "ephemeral"}
_RUNNABLE = {"model", "test"}
# Kinds of nodes that a build leaves alone.
_PASSIVE = {"unit_test", "analysis", "operation"}


@dataclass(frozen=True)
class Model:
    """A relation to create. `contract`: column -> declared type, in order; empty if not enforced."""

    unique_id: str
    schema: str
    name: str
    sql: str
    materialized: str
    parents: tuple[str, ...]
    sources: tuple[str, ...]  # bound relations that it reads, as schema.name
    folders: tuple[str, ...]
    contract: dict[str, str]
    comments: dict[str, str]  # column -> text; "" is the relation itself
    kept: bool = True  # read after the build too: by the audit, by warnings, by readers


@dataclass(frozen=True)
class Test:
    """A query whose rows are faults; `fail_calc`, `warn_if` and `error_if` as in dbt."""

    __test__ = False  # no test of ours, whatever pytest makes of the name

    unique_id: str
    name: str
    sql: str
    parents: tuple[str, ...]
    sources: tuple[str, ...]
    subject: str
    severity: str
    fail_calc: str
    warn_if: str
    error_if: str
    limit: int | None


@dataclass(frozen=True)
class Program:
    """A compiled project. `beyond`: what in it only dbt itself can build (empty: nothing)."""

    models: dict[str, Model]
    tests: dict[str, Test]
    beyond: tuple[str, ...]

    def parents(self, unique_id: str) -> tuple[str, ...]:
        """Models that must stand before a node; ephemeral ones are part of the node's own SQL."""
        node = self.models.get(unique_id) or self.tests[unique_id]
        return node.parents


def read_program(manifest: Path, words: Mapping[str, str] | None = None) -> Program:
    """The program of a manifest written by `dbt compile`. `words`: what stands in the SQL for what."""
    content = json.loads(manifest.read_bytes())
    nodes: dict[str, Any] = content["nodes"]
    words = words or {}
    models: dict[str, Model] = {}
    tests: dict[str, Test] = {}
    beyond: list[str] = []
    standing = _standing_parents(nodes)
    sources = _bound_sources(nodes, content.get("sources", {}))
    for unique_id, node in nodes.items():
        kind = node["resource_type"]
        if kind in _PASSIVE or not node["config"].get("enabled", True):
            continue
        beyond += [f"{unique_id}: {reason}" for reason in _beyond(node)]
        if kind == "test":
            tests[unique_id] = _test(node, standing[unique_id], sources[unique_id], words)
        elif kind == "model" and node["config"]["materialized"] != "ephemeral":
            models[unique_id] = _model(node, standing[unique_id], sources[unique_id], words)
    return Program(models, tests, tuple(beyond))


def _standing_parents(nodes: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Parents by node, with ephemeral ones replaced by their own."""

    def standing(unique_id: str) -> Iterable[str]:
        for parent in nodes[unique_id]["depends_on"].get("nodes", []):
            if parent not in nodes:
                continue  # a source: it stands before anything is built
            if nodes[parent]["config"].get("materialized") == "ephemeral":
                yield from standing(parent)
            else:
                yield parent

    return {unique_id: tuple(dict.fromkeys(standing(unique_id))) for unique_id in nodes}


def _bound_sources(
    nodes: Mapping[str, Any], sources: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Sources by node, with those that its ephemeral parents read."""

    def read(unique_id: str) -> Iterable[str]:
        for parent in nodes[unique_id]["depends_on"].get("nodes", []):
            if parent in sources:
                source = sources[parent]
                yield f"{source['schema']}.{source.get('identifier') or source['name']}"
            elif parent in nodes and nodes[parent]["config"].get("materialized") == "ephemeral":
                yield from read(parent)

    return {unique_id: tuple(sorted(set(read(unique_id)))) for unique_id in nodes}


def _beyond(node: Mapping[str, Any]) -> Iterable[str]:
    config = node["config"]
    if node["resource_type"] not in _RUNNABLE:
        yield f"a {node['resource_type']}"
    elif node["resource_type"] == "model":
        if config["materialized"] not in _MATERIALIZED:
            yield f"materialized as {config['materialized']}"
        if node.get("language", "sql") != "sql":
            yield f"written in {node['language']}"
        for hook in ("pre-hook", "post-hook"):
            if config.get(hook):
                yield f"a {hook}"
        if config.get("grants"):
            yield "grants"
    elif config.get("store_failures"):
        yield "stored failures"


def _model(
    node: Mapping[str, Any],
    parents: tuple[str, ...],
    sources: tuple[str, ...],
    words: Mapping[str, str],
) -> Model:
    config = node["config"]
    columns = node["columns"]
    persist = config.get("persist_docs") or {}
    comments: dict[str, str] = {}
    if persist.get("relation") and node.get("description"):
        comments[""] = node["description"]
    if persist.get("columns"):
        comments |= {
            column["name"]: column["description"]
            for column in columns.values()
            if column.get("description")
        }
    enforced = (config.get("contract") or {}).get("enforced")
    return Model(
        unique_id=node["unique_id"],
        schema=node["schema"],
        name=node["alias"],
        sql=sql_of(node, words),
        materialized=config["materialized"],
        parents=parents,
        sources=sources,
        folders=tuple(node["fqn"][1:-1]),
        contract={c["name"]: c["data_type"] for c in columns.values()} if enforced else {},
        comments=comments,
        kept=node["schema"] == MARTS or bool((config.get("meta") or {}).get("kept")),
    )


def _test(
    node: Mapping[str, Any],
    parents: tuple[str, ...],
    sources: tuple[str, ...],
    words: Mapping[str, str],
) -> Test:
    config = node["config"]
    subject = node.get("attached_node") or (parents[-1] if parents else "")
    return Test(
        unique_id=node["unique_id"],
        name=node["name"],
        sql=sql_of(node, words),
        parents=parents,
        sources=sources,
        subject=subject,
        severity=str(config.get("severity") or "error").lower(),
        fail_calc=config.get("fail_calc") or "count(*)",
        warn_if=config.get("warn_if") or "!= 0",
        error_if=config.get("error_if") or "!= 0",
        limit=config.get("limit"),
    )


def sql_of(node: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """The compiled SQL of a node, with `words` filled in; empty if it has none."""
    return filled(str(node.get("compiled_code") or "").strip().rstrip(";"), words)


def filled(sql: str, words: Mapping[str, str]) -> str:
    """SQL with every word of `words` replaced by what it stands for."""
    for word, told in words.items():
        sql = sql.replace(word, told)
    return sql
