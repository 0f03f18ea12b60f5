"""The gate before publication: what the results of a night's checks decide.

Add here: a reason to hold or let through. Keep out: making results, and acting on the verdict
(the published assets and the command line do that).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipelines.failures import AuditFailure
from pipelines.language import Text, text
from quality.results import CheckResult

# What an operator can take in at once; the rest is in rpt_data_quality.
_LISTED = 20


@dataclass(frozen=True)
class Verdict:
    """Whether the night may be published, and why.

    `errors` stop it. `warnings` do not; errors of sources that may fail are among them, and those
    sources are in `untrusted`, so that what depends on them is marked. `checked` counts results.
    """

    publish: bool
    errors: tuple[CheckResult, ...]
    warnings: tuple[CheckResult, ...]
    checked: int
    untrusted: frozenset[str] = frozenset()

    def text(self, language: str) -> str:
        """What the operator reads: one heading, then a line per error and warning."""
        lines = [self._heading().into(language)]
        for kind, results in (("error", self.errors), ("warning", self.warnings)):
            label = text(f"quality.gate.{kind}")
            lines += [
                text(
                    "quality.gate.line",
                    label=label,
                    subject=result.subject,
                    message=result.message(language),
                    check=result.check,
                ).into(language)
                for result in results[:_LISTED]
            ]
            more = len(results) - _LISTED
            if more > 0:
                lines.append(text("quality.gate.more", label=label, more=more).into(language))
        return "\n".join(lines)

    def _heading(self) -> Text:
        if not self.checked:
            return text("quality.gate.nothing")
        return text(
            "quality.gate.passed" if self.publish else "quality.gate.stopped",
            checked=self.checked,
            errors=len(self.errors),
            warnings=len(self.warnings),
        )

    def failure(self) -> AuditFailure:
        """The failure to raise when nothing may be published (exit code 3)."""
        first = self.errors[0] if self.errors else None
        return AuditFailure(
            text("quality.audit_failed"),
            where=f"{first.subject}, {first.check}" if first else "",
            cause=first.told if first else text("quality.no_results"),
            next_step=text("quality.errors_in_log", errors_count=len(self.errors)),
        )


def decide(results: Iterable[CheckResult], *, may_fail: Collection[str] = ()) -> Verdict:
    """The verdict on a night's results. Errors stop the publication, and so does having no result.

    `may_fail` names the sources whose `on_failure` is `continue`: an error that speaks of such a
    source alone becomes a warning, and the source untrusted.
    """
    listed: Sequence[CheckResult] = list(results)
    errors, warnings, untrusted = [], [], set()
    for result in listed:
        if result.passed:
            continue
        if result.severity == "error" and result.source in may_fail:
            untrusted.add(str(result.source))
            warnings.append(result)
        elif result.severity == "error":
            errors.append(result)
        elif result.severity == "warning":
            warnings.append(result)
    return Verdict(
        publish=bool(listed) and not errors,
        errors=tuple(errors),
        warnings=tuple(warnings),
        checked=len(listed),
        untrusted=frozenset(untrusted),
    )
