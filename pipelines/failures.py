"""Failures that say what was tried, where, whether a rerun can help, and the next step.

Add here: a kind of failure that callers must tell apart.
Keep out: where a failure is handled, and anything that could carry a secret. A URL enters a
message only through `endpoint()`, which drops user, password and query.
"""

from __future__ import annotations

from urllib.parse import urlsplit


class Failure(Exception):
    """Base of every failure that Forewarn raises on purpose.

    `tried` is what was being done, `where` the file, cell, table or endpoint, `cause` what came
    back, `next_step` what a person should do. `rerun_helps` tells the retry policy.
    """

    rerun_helps = False

    def __init__(
        self, tried: str, *, where: str = "", cause: str = "", next_step: str = ""
    ) -> None:
        self.tried, self.where, self.cause, self.next_step = tried, where, cause, next_step
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        parts = [self.tried.rstrip(".")]
        if self.where:
            parts.append(f" ({self.where})")
        if self.cause:
            parts.append(f": {self.cause.rstrip('.')}")
        parts.append(
            ". A rerun can help." if self.rerun_helps else ". A rerun alone will not help."
        )
        if self.next_step:
            parts.append(f" Next: {self.next_step.rstrip('.')}.")
        return "".join(parts)


class PermanentFailure(Failure):
    """Nothing changes until a person changes something: wrong rights, wrong file, wrong schema."""


class TransientFailure(Failure):
    """The same attempt may succeed later: a time-out, a refused connection, a busy server."""

    rerun_helps = True


class AuditFailure(PermanentFailure):
    """The audit found an error, so nothing was published (exit code 3)."""


class WriterBusy(TransientFailure):
    """Another process holds the writer lock."""


def endpoint(url: str) -> str:
    """A URL as it may be shown: scheme, host, port and path, without user, password and query."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path
