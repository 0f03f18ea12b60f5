"""`forewarn report`: writes the weekly report of a published day, as readers see it.

Add here: what the command says. Keep out: what the report shows (`pipelines/reporting/`).
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from pipelines.failures import PermanentFailure
from pipelines.publishing import read_manifest
from pipelines.settings import load_settings


def write_report(as_of: dt.date | None, out: Path | None) -> int:
    """Write the report; a past day that is not the published one is rebuilt as it was known."""
    from pipelines.reporting.weekly import write_weekly_report

    settings = load_settings()
    manifest = read_manifest(settings.current)
    if manifest is None:
        raise PermanentFailure(
            "Could not write the report",
            cause="nothing has been published yet",
            next_step="forewarn run",
        )
    if as_of is not None and as_of != manifest.as_of:
        raise PermanentFailure(
            f"Could not write the report as of {as_of}",
            cause=f"the published version is as of {manifest.as_of}",
            next_step=f"forewarn run --as-of {as_of} --data another-folder writes it with that day's figures",
        )
    folder = out or settings.reports_dir / manifest.as_of.isoformat()
    written = write_weekly_report(
        settings.current / "forewarn.duckdb", folder, company=settings.company, as_of=manifest.as_of
    )
    sys.stdout.writelines(f"{path}\n" for path in written)
    return 0
