"""What a version says of itself.

Add here: a fact that readers need before they open a version. Keep out: how a version is made (`versions.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.publishing.holding import MANIFEST


@dataclass(frozen=True)
class Manifest:
    """What a version says of itself. `tables` by mart: rows, columns, the Parquet file's SHA-256, and a digest
    of all that readers see of it (`content`), by which the next version knows it again.
    """

    version: int
    as_of: dt.date
    fingerprint: str
    created_at: str
    run_id: str
    tables: dict[str, dict[str, Any]]
    files: dict[str, str]

    def content(self) -> dict[str, Any]:
        return {**vars(self), "as_of": self.as_of.isoformat()}


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a version folder, or None if there is none that can be read."""
    try:
        content = json.loads((folder / MANIFEST).read_text())
        content["as_of"] = dt.date.fromisoformat(content["as_of"])
        return Manifest(**content)
    except (OSError, ValueError, KeyError, TypeError):
        return None
