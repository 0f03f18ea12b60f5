"""Descriptions of columns, handed on: what `docs.md` and `columns.md` say of a name stands in every yml.

Add here: how a yml below the marts gets its list of columns. Keep out: the meanings (the doc blocks), and
marts, whose contracts are written by hand.

`forewarn docs` calls it with the columns of the workbench. A column that its model's yml does not list is
added with `doc('<column>')`; one without a doc block is named, for somebody to describe where it first
appears. Nothing that stands in a yml is changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

_BLOCK = re.compile(r"\{% docs (\w+) %\}")


def doc_blocks(models: Path) -> frozenset[str]:
    """Names of all doc blocks of a folder of models."""
    pages = (path.read_text(encoding="utf-8") for path in sorted(models.rglob("*.md")))
    return frozenset(name for page in pages for name in _BLOCK.findall(page))


def hand_on(models: Path, columns: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Add what is missing to the yml beside each model; returns column -> models for those undescribed.

    `columns`: the columns of each model, in order. Models without a file here are passed over.
    """
    blocks = doc_blocks(models)
    undescribed: dict[str, list[str]] = {}
    for path in sorted(models.rglob("*.sql")):
        page = path.with_suffix(".yml")
        if path.stem not in columns or not page.is_file():
            continue
        text = page.read_text(encoding="utf-8")
        listed = {column["name"] for column in _entry(text, path.stem).get("columns") or ()}
        missing = [name for name in columns[path.stem] if name not in listed]
        for name in missing:
            if name not in blocks:
                undescribed.setdefault(name, []).append(path.stem)
        described = [name for name in missing if name in blocks]
        if described:
            page.write_text(_with_columns(text, described), encoding="utf-8")
    return undescribed


def _entry(text: str, model: str) -> dict:
    said = yaml.safe_load(text) or {}
    return next((entry for entry in said.get("models", ()) if entry["name"] == model), {})


def _with_columns(text: str, names: Sequence[str]) -> str:
    """The yml with columns at the end of the list of its one model, or a list of its own."""
    added = [
        line
        for name in names
        for line in (f"      - name: {name}", f"        description: \"{{{{ doc('{name}') }}}}\"")
    ]
    lines = text.rstrip("\n").split("\n")
    model = next(i for i, line in enumerate(lines) if line.startswith("  - name:"))
    end = next(
        (i for i in range(model + 1, len(lines)) if re.match(r"(  - |\S)", lines[i])), len(lines)
    )
    while not lines[end - 1].strip():
        end -= 1
    start = next((i for i in range(model, end) if lines[i] == "    columns:"), None)
    if start is None:
        return "\n".join([*lines[:end], "    columns:", *added, *lines[end:]]) + "\n"
    after = next(
        (i for i in range(start + 1, end) if re.match(r"    \S", lines[i])),
        end,
    )
    return "\n".join([*lines[:after], *added, *lines[after:]]) + "\n"
