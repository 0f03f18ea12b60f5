"""Failures that say what was tried, where, whether a rerun can help, and the next step.

Add here: a kind of failure that callers must tell apart.
Keep out: where a failure is handled, and anything that could carry a secret. A URL enters a
message only through `endpoint()`, which drops user, password and query.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from pipelines.language.text import Clause, Said, Text, text


class Failure(Exception):
    """Base of every failure that Forewarn raises on purpose.

    `tried` is what was being done, `where` the file, cell, table or endpoint, `cause` what came
    back, `next_step` what a person should do. `rerun_helps` tells the retry policy. Each is a text
    of the catalogues, or a plain string where it holds only names or what another system said.
    `str()` is the whole sentence in the language of the process; `told` is it in any.
    """

    rerun_helps = False

    def __init__(
        self, tried: Said, *, where: Said = "", cause: Said = "", next_step: Said = ""
    ) -> None:
        self.tried, self.where, self.cause, self.next_step = tried, where, cause, next_step
        super().__init__(tried)

    @property
    def told(self) -> Text:
        """The whole failure: what, where, why, whether a rerun helps, the next step."""
        rerun = text("failure.rerun_helps" if self.rerun_helps else "failure.rerun_useless")
        if not self.next_step:
            return text("failure.without_step", what=self.what, rerun=rerun)
        step = Clause(self.next_step)
        return text("failure.with_step", what=self.what, rerun=rerun, next_step=step)

    @property
    def what(self) -> Text:
        """What was tried, where, and what came back: the first sentence alone."""
        tried, cause = Clause(self.tried), Clause(self.cause)
        if self.where and self.cause:
            return text("failure.what_where_why", tried=tried, where=self.where, cause=cause)
        if self.where:
            return text("failure.what_where", tried=tried, where=self.where)
        if self.cause:
            return text("failure.what_why", tried=tried, cause=cause)
        return text("failure.what", tried=tried)

    def __str__(self) -> str:
        return str(self.told)


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
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port:
            host = f"{host}:{parts.port}"
    except ValueError:  # what a redirect names may be no address at all
        return "?"
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme else parts.path
