"""How a command ends when something stopped it: one sentence and an exit code, never a traceback.

Add here: an exit code for another kind of failure (docs/contract.md lists them).
Keep out: what raised it.
"""

from __future__ import annotations

import sys

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import AuditFailure

STOPPED, WRONG_CONFIGURATION, AUDIT = 1, 2, 3


def told_and_coded(error: Exception) -> int | None:
    """Say on standard error what happened, and give the exit code; None for a fault of the code."""
    if isinstance(error, ConfigurationError):
        sys.stderr.write(f"{error}\n")
        return WRONG_CONFIGURATION
    from pipelines.nights.storage import storage_failure
    from pipelines.settings import data_dir_of

    failure = storage_failure(error, data_dir_of())
    if failure is None:
        return None
    sys.stderr.write(f"{failure}\n")
    return AUDIT if isinstance(failure, AuditFailure) else STOPPED
