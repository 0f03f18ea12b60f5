"""Dagster's own home: where its runs are kept, and settings that an unattended host needs.

Add here: a setting of the Dagster instance. Keep out: jobs and schedules.
"""

from __future__ import annotations

import os
from pathlib import Path

from pipelines.settings import Settings

_INSTANCE = """\
# Written by Forewarn when it is missing; yours to change.
telemetry:
  enabled: false
# Ends runs that hang and marks those whose process died, so that no later night is blocked.
run_monitoring:
  enabled: true
  start_timeout_seconds: 180
  poll_interval_seconds: 60
run_retries:
  enabled: true
  max_retries: 1
concurrency:
  runs:
    max_concurrent_runs: 1
# All events in one file and written once; apart, events of assets and checks are written twice.
event_log_storage:
  module: pipelines.nights.event_storage
  class: EventStorage
  config:
    base_dir: {env: DAGSTER_HOME}
# Steps log through `forewarn`; capturing raw output starts two more processes for every step.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
python_logs:
  managed_python_loggers: [forewarn]
  python_log_level: INFO
"""


def dagster_home(settings: Settings) -> Path:
    """DAGSTER_HOME, or `dagster/` in the data folder, made ready and set in the environment."""
    home = Path(os.environ.get("DAGSTER_HOME") or settings.data_dir / "dagster")
    home.mkdir(parents=True, exist_ok=True)
    settings_file = home / "dagster.yaml"
    if not settings_file.exists():
        # Whole or not at all: with half of it every later night would do without the rest.
        fresh = settings_file.with_suffix(".new")
        fresh.write_text(_INSTANCE)
        fresh.replace(settings_file)
    # What Dagster writes once somebody has closed its invitation to a community: without it, that
    # covers the first page of every new installation.
    seen = home / ".nux" / "nux.yaml"
    if not seen.exists():
        seen.parent.mkdir(exist_ok=True)
        seen.write_text("seen: 1\n")
    os.environ["DAGSTER_HOME"] = str(home)
    return home
