"""The dbt command as a child that cannot outlive its parent.

Add here: how the dbt child process is started. Keep out: what it builds (`assets/dbt_models.py`).

Dagster starts dbt as a subprocess. If the run is killed with SIGKILL, a plain dbt child would go on
writing; this one asks the kernel to be ended with its parent (PR_SET_PDEATHSIG, prctl(2)).
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# First argument, before those of dbt: the file with dbt's own parse of the very same project and
# variables. Nothing is parsed then.
PARSED = "--parsed"
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel end this process when its parent dies; does nothing outside Linux."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died between the two calls
        os._exit(1)


def main() -> None:
    """Run the dbt command line with the process's own arguments, on a parse if they begin with one."""
    end_with_parent()
    _write_at_once()
    from dbt.cli.main import cli

    known = None
    if sys.argv[1:2] == [PARSED]:
        known = {"manifest": _manifest(Path(sys.argv[2]))}
        del sys.argv[1:3]
    cli(obj=known)


def _write_at_once() -> None:
    """Have dbt write its artefacts by one call of the encoder: a seventh of a compilation less.

    `json.dump` goes through Python for each of a million values, `json.dumps` does not; the text is
    the same.
    """
    from dbt_common.clients import system
    from dbt_common.utils.encoding import JSONEncoder

    def write_json(path: str, data: dict[str, Any]) -> bool:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(json.dumps(data, cls=JSONEncoder), encoding="utf-8")
        return True

    system.write_json = write_json


def _manifest(parsed: Path) -> Manifest:
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(parsed.read_bytes())
    manifest.build_flat_graph()  # what macros see of the project
    return manifest


if __name__ == "__main__":
    main()
