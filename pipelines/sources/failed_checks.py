"""What `forewarn check` says of a source, or a part of it, that could not be looked at.

Add here: another reason why something could not be looked at. Keep out: what a system's own check looks at.
"""

from __future__ import annotations

from pipelines.configuration.problems import ConfigurationError
from pipelines.failures import Failure
from pipelines.language import Said
from pipelines.sources.protocol import Finding


def not_looked_at(subject: Said, error: Failure | ConfigurationError) -> list[Finding]:
    """A problem for a failure, or one for every fault of the configuration, each with its own next step."""
    if isinstance(error, ConfigurationError):
        return [
            Finding(problem.key or subject, False, problem.found, problem.accepted)
            for problem in error.problems
        ]
    return [failed_check(subject, error)]


def failed_check(subject: Said, failure: Failure) -> Finding:
    """The problem that one failure is."""
    return Finding(subject, False, failure.what, failure.next_step)
