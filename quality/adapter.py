"""The one place where a check result becomes a Dagster asset check.

Add here: what a check shows in Dagster. Keep out: checks, and the decision to publish (`gate.py`).

Dagster stops what comes after an asset only if a check is both declared `blocking` and fails with
severity ERROR: a blocking check that fails with WARN does not stop, nor does ERROR without blocking.
Both sides are therefore made here, from one severity, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import dagster as dg

from pipelines.language import text
from quality.results import SAMPLE_SIZE, CheckResult, Severity, sample_of

_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_]+")
EVALUATED = "every_rule_could_be_evaluated"


def check_name(text: str) -> str:
    """Text as a name Dagster accepts: letters, digits and _."""
    return _NOT_ALLOWED.sub("_", text).strip("_")


def check_specs(
    asset: dg.AssetKey, declared: Sequence[tuple[str, Severity]], *, language: str = "en"
) -> list[dg.AssetCheckSpec]:
    """Declarations for one asset: blocking exactly where the severity is `error`.

    One more blocking check is declared, which fails if a rule of any severity could not be tried.
    """
    named = {check_name(name): severity for name, severity in declared}
    if len(named) != len(declared):
        raise ValueError(f"two checks of {asset.to_user_string()} have one name")
    specs = [
        dg.AssetCheckSpec(name=name, asset=asset, blocking=severity == "error")
        for name, severity in named.items()
    ]
    return [
        *specs,
        dg.AssetCheckSpec(
            name=EVALUATED,
            asset=asset,
            blocking=True,
            description=text("quality.every_rule_evaluated").into(language),
        ),
    ]


def check_results(
    asset: dg.AssetKey,
    declared: Sequence[tuple[str, Severity]],
    results: Iterable[CheckResult],
    *,
    language: str = "en",
) -> list[dg.AssetCheckResult]:
    """One Dagster result per declaration of `check_specs`, from all results of that check's name.

    Several results of one name (one per feed, say) are folded: it passes if all do. Results worse
    than their check's declaration could not stop anything, so a rule that could not be evaluated
    also fails the blocking check. Raises ValueError for a result that was never declared.
    """
    by_name: dict[str, list[CheckResult]] = {check_name(name): [] for name, _ in declared}
    everything = list(results)
    for result in everything:
        if check_name(result.check) not in by_name:
            raise ValueError(f"check {result.check} of {asset.to_user_string()} is not declared")
        by_name[check_name(result.check)].append(result)
    folded = [
        _folded(asset, check_name(name), severity, by_name[check_name(name)], language)
        for name, severity in declared
    ]
    lost = [result for result in everything if not result.evaluated and not result.passed]
    return [*folded, _folded(asset, EVALUATED, "error", lost, language)]


def one_check(
    asset: dg.AssetKey, name: str, results: Iterable[CheckResult], *, language: str = "en"
) -> dg.AssetCheckResult:
    """All results of an asset as one check that shows and stops nothing; each rule is in its metadata.

    It fails with ERROR if a rule of that severity failed or could not be evaluated, else with WARN.
    """
    everything = list(results)
    failed = [result for result in everything if not result.passed]
    severity: Severity = (
        "error"
        if any(result.severity == "error" or not result.evaluated for result in failed)
        else "warning"
    )
    folded = _folded(asset, check_name(name), severity, everything, language)
    outcomes = {
        result.check: "passed"
        if result.passed
        else f"{result.failed_rows} rows"
        if result.evaluated
        else "not evaluated"
        for result in everything
    }
    return folded._replace(metadata={**folded.metadata, "rules": dg.MetadataValue.json(outcomes)})


def group_declarations(group: str) -> list[tuple[str, Severity]]:
    """Two declarations for results whose checks are not known beforehand: errors, and the rest."""
    return [(f"{group}_errors", "error"), (f"{group}_warnings", "warning")]


def group_results(group: str, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Results renamed after the group's two checks, so that `check_results` folds them."""
    renamed = []
    for result in results:
        kind = "errors" if result.severity == "error" else "warnings"
        renamed.append(
            CheckResult(
                check=f"{group}_{kind}",
                subject=f"{result.subject} {result.check}",
                severity=result.severity,
                passed=result.passed,
                failed_rows=result.failed_rows,
                sample=result.sample,
                told=result.told,
                evaluated=result.evaluated,
                source=result.source,
            )
        )
    return renamed


def _folded(
    asset: dg.AssetKey,
    name: str,
    severity: Severity,
    results: Sequence[CheckResult],
    language: str,
) -> dg.AssetCheckResult:
    failed = [result for result in results if not result.passed]
    shown = failed or results
    told = "\n".join(
        f"{result.subject}: {result.message(language)}" for result in shown[:SAMPLE_SIZE]
    )
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.ERROR if severity == "error" else dg.AssetCheckSeverity.WARN,
        description=told or None,
        metadata={
            "results": len(results),
            "failed": len(failed),
            "failed_rows": sum(result.failed_rows for result in failed),
            "examples": list(sample_of(value for result in failed for value in result.sample)),
        },
    )
