"""The gate before publication: what the results of a night's checks decide.

Add here: a reason to hold or let through. Keep out: making results, and acting on the verdict
(the published assets and the command line do that).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pipelines.failures import AuditFailure
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
        zh = language == "zh"
        lines = [self._heading(zh)]
        for label, results in (
            ("错误" if zh else "error", self.errors),
            ("警告" if zh else "warning", self.warnings),
        ):
            lines += [
                f"  [{label}] {result.subject}: {result.message(language)} ({result.check})"
                for result in results[:_LISTED]
            ]
            more = len(results) - _LISTED
            if more > 0:
                lines.append(
                    f"  [{label}] 另有 {more} 条，见 rpt_data_quality"
                    if zh
                    else f"  [{label}] {more} more in rpt_data_quality"
                )
        return "\n".join(lines)

    def _heading(self, zh: bool) -> str:
        if not self.checked:
            return (
                "质量检查没有任何结果，不发布。"
                if zh
                else "The quality checks gave no result at all: nothing is published."
            )
        errors, warnings = len(self.errors), len(self.warnings)
        if zh:
            outcome = "通过，可以发布" if self.publish else "未通过，不发布，沿用上一版数据"
            return f"质量检查 {self.checked} 项：{errors} 个错误，{warnings} 个警告。{outcome}。"
        outcome = "passed" if self.publish else "nothing is published, yesterday's marts stay"
        return f"{self.checked} quality checks: {errors} errors, {warnings} warnings; {outcome}."

    def failure(self, language: str = "en") -> AuditFailure:
        """The failure to raise when nothing may be published (exit code 3)."""
        first = self.errors[0] if self.errors else None
        return AuditFailure(
            "The audit of the night's tables failed, so nothing was published",
            where=f"{first.subject}, {first.check}" if first else "",
            cause=first.message(language) if first else "no check gave a result",
            next_step=f"{len(self.errors)} errors are listed in the log; mend the data or the rule",
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
