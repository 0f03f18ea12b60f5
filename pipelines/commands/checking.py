"""`forewarn check`: is the configuration valid, can every source be reached, what would be read.

Add here: something `check` looks at. Keep out: what is valid (each file's own module).
"""

from __future__ import annotations

import sys

from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.language import text
from pipelines.settings import Settings, load_settings
from pipelines.sources.registry import connector_of


def check_everything() -> int:
    """Print one line per finding; 0 if all is well, 2 if configuration is wrong, 1 if a source is."""
    settings = load_settings()
    _look_for_dead_runs(settings)
    problems = rule_problems(settings)
    company = settings.company
    sys.stdout.write(
        f"{settings.config_dir}: {company.name}, {len(settings.sources)} sources, {len(settings.stages)} stages\n"
    )
    for problem in problems:
        sys.stdout.write(f"  PROBLEM  {problem}\n")
    reachable = True
    for source in settings.sources:
        sys.stdout.write(f"{source.name} ({source.system})\n")
        try:
            findings = connector_of(source, settings).check()
        except ConfigurationError as error:
            problems += error.problems
            sys.stdout.write(f"  PROBLEM  {error.problems[0]}\n")
            continue
        for finding in findings:
            reachable = reachable and finding.ok
            mark = "ok      " if finding.ok else "PROBLEM "
            step = f" Next: {str(finding.next_step).rstrip('.')}." if finding.next_step else ""
            sys.stdout.write(f"  {mark} {finding.subject}: {finding.text}{step}\n")
    if problems:
        return 2
    return 0 if reachable else 1


def _look_for_dead_runs(settings: Settings) -> None:
    if (settings.data_dir / "dagster").is_dir():
        from pipelines.assets.dead_runs import close_dead_runs_if_idle
        from pipelines.schedules import NIGHTLY

        for run in close_dead_runs_if_idle(settings, NIGHTLY):
            sys.stdout.write(f"  {text('command.check.dead_run', run=run[:8])}\n")


def rule_problems(settings: Settings) -> list[Problem]:
    """Problems of alert_rules.yml and recipients.yml."""
    from pipelines.alerting.rule_file import load_rules
    from pipelines.notifying.recipients import read_recipients

    _, problems = load_rules(settings.config_dir / "alert_rules.yml")
    read_recipients(settings.config_dir / "recipients.yml", problems)
    return problems
