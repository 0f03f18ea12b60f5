"""The dbt command as a child that cannot outlive its parent.

Add here: how the dbt child process is started. Keep out: what it builds (`assets/dbt_models.py`).

Dagster starts dbt as a subprocess. If the run is killed with SIGKILL, a plain dbt child would go on
writing; this one asks the kernel to be ended with its parent (PR_SET_PDEATHSIG, prctl(2)).
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

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
    """Run the dbt command line with the process's own arguments."""
    end_with_parent()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
