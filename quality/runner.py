"""Runs a suite on a pandas frame and says of every rule what came out.

Add here: how a library result is read. Keep out: rules (`suites/`), and fetching the frame
(`loaded.py`). The route over pandas is deliberate: Great Expectations' SQL route to DuckDB fails
every expectation, and Decimal values make it crawl, so they become floats first.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pandas as pd

from pipelines.language import Text, text
from pipelines.language.figures import figure
from quality.expectations import COLUMNS, ROWS, build_suite
from quality.results import SAMPLE_SIZE, CheckResult, Severity, sample_of
from quality.suite_reader import Rule, Suite

_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": SAMPLE_SIZE}


@lru_cache(maxsize=1)
def _context() -> Any:
    """The one ephemeral context of this process, silent and without analytics."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    gx = importlib.import_module("great_expectations")
    base = importlib.import_module("great_expectations.data_context.types.base")
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = base.ProgressBarsConfig(
        globally=False, metric_calculations=False
    )
    return context


def _validate(frame: pd.DataFrame, suite: Suite) -> Any:
    context = _context()
    name = f"loaded_{suite.entity}"
    source = context.data_sources.add_or_update_pandas(name)
    definition = source.add_dataframe_asset("rows").add_batch_definition_whole_dataframe("all")
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    return batch.validate(build_suite(suite), result_format=_RESULT_FORMAT)


def run_suite(
    frame: pd.DataFrame, suite: Suite, *, given: bool = True, total_rows: int | None = None
) -> list[CheckResult]:
    """One result for the row count, one for the columns, then one per rule in the file's order.

    `given` says whether any source gives the entity at all: if none does, no rows is as it should
    be. `total_rows` is the true count if `frame` is only a part of the rows. A rule that raises is
    an error of its own kind, whatever its severity, because nobody knows what it would have said.
    Rules have nothing to say about an empty frame and pass with `evaluated` False.
    """
    rows = len(frame) if total_rows is None else total_rows
    missing = [name for name in suite.columns if name not in frame.columns]
    results = [_row_count(suite, rows, given), _columns(suite, missing)]
    if frame.empty:
        return results + [_nothing_to_see(suite, rule) for rule in suite.rules]
    try:
        validated = _validate(with_floats(frame), suite)
    except Exception as error:  # whatever the library raises, the data was not judged
        return results + [_not_evaluated(suite, rule, _first_line(error)) for rule in suite.rules]
    found = {item.expectation_config.meta["check"]: item for item in validated.results}
    share = f"{len(frame):,} / {rows:,}" if rows > len(frame) else ""
    for rule in suite.rules:
        item = found.get(rule.check)
        if item is None:
            results.append(_not_evaluated(suite, rule, "the library gave no result"))
        else:
            results.append(_judged(suite, rule, item, share))
    return results


def sound_results(suite: Suite, rows: int, *, given: bool = True) -> list[CheckResult]:
    """What `run_suite` says of rows that break no rule."""
    kept = [
        CheckResult(
            check=rule.check,
            subject=suite.entity,
            severity=rule.severity,
            passed=True,
            told=rule.note,
        )
        for rule in suite.rules
    ]
    return [_row_count(suite, rows, given), _columns(suite, []), *kept]


def rule_names(suite: Suite) -> list[tuple[str, Severity]]:
    """Name and severity of every result that `run_suite` gives, in its order."""
    fixed: list[tuple[str, Severity]] = [
        (f"{suite.entity}_{ROWS}", suite.rows_severity),
        (f"{suite.entity}_{COLUMNS}", "error"),
    ]
    return fixed + [(rule.check, rule.severity) for rule in suite.rules]


def with_floats(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with Decimal columns as float64; other columns are not copied."""
    changed = {}
    for name in frame.columns:
        column = frame[name]
        if str(column.dtype).startswith("decimal") or (
            column.dtype == object and isinstance(next(iter(column.dropna()), None), Decimal)
        ):
            changed[name] = column.astype("float64")
    return frame.assign(**changed) if changed else frame


def _row_count(suite: Suite, rows: int, given: bool) -> CheckResult:
    short = given and rows < suite.at_least
    if not given:
        told = text("quality.table_not_given")
    elif short:
        told = text("quality.too_few_rows", least=figure(suite.at_least), rows=figure(rows))
    else:
        told = text("quality.row_count", count=rows, rows=figure(rows))
    return CheckResult(
        check=f"{suite.entity}_{ROWS}",
        subject=suite.entity,
        severity=suite.rows_severity,
        passed=not short,
        failed_rows=suite.at_least - rows if short else 0,
        told=told,
    )


def _columns(suite: Suite, missing: list[str]) -> CheckResult:
    return CheckResult(
        check=f"{suite.entity}_{COLUMNS}",
        subject=suite.entity,
        severity="error",
        passed=not missing,
        failed_rows=len(missing),
        sample=sample_of(missing),
        told=text("quality.columns_missing", missing=[*missing])
        if missing
        else text("quality.columns_complete"),
    )


def _nothing_to_see(suite: Suite, rule: Rule) -> CheckResult:
    return CheckResult(
        check=rule.check,
        subject=suite.entity,
        severity=rule.severity,
        passed=True,
        evaluated=False,
        told=text("quality.no_rows_not_evaluated", note=rule.note),
    )


def _not_evaluated(suite: Suite, rule: Rule, cause: str) -> CheckResult:
    return CheckResult(
        check=rule.check,
        subject=suite.entity,
        severity="error",
        passed=False,
        evaluated=False,
        told=text("quality.rule_not_evaluated", note=rule.note, cause=cause),
    )


def _judged(suite: Suite, rule: Rule, item: Any, share: str) -> CheckResult:
    cause = _raised(item.exception_info)
    if cause is not None:
        return _not_evaluated(suite, rule, cause)
    outcome: Mapping[str, Any] = item.result
    failed = int(outcome.get("unexpected_count") or 0)
    passed = bool(item.success)
    observed = outcome.get("observed_value")
    sample: tuple[str, ...] = ()
    told: Text = rule.note
    if failed:
        if rule.show_values and "not_be_null" not in rule.expectation:
            sample = sample_of(_shown(v) for v in outcome.get("partial_unexpected_list") or ())
        key = "quality.rows_break_allowed" if passed else "quality.rows_break"
        told = text(key, note=rule.note, count=failed, rows=figure(failed))
    elif not passed:
        told = text("quality.found_instead", note=rule.note, found=_figure(observed))
    if sample and not passed:
        told = text("quality.with_examples", what=told, examples=list(sample))
    if share:
        told = text("quality.looked_at", what=told, share=share)
    return CheckResult(
        check=rule.check,
        subject=suite.entity,
        severity=rule.severity,
        passed=passed,
        failed_rows=failed,
        sample=sample,
        told=told,
    )


def _raised(info: Any) -> str | None:
    """The cause if the expectation raised, else None.

    The library gives one record, or a mapping of one record per metric that failed.
    """
    if not isinstance(info, Mapping):
        return None
    records = [info] if "raised_exception" in info else list(info.values())
    for record in records:
        if isinstance(record, Mapping) and record.get("raised_exception"):
            return _first_line(record.get("exception_message"))
    return None


def _first_line(error: object) -> str:
    lines = str(error or "").strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _shown(value: Any) -> str:
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    if isinstance(value, Mapping):  # compound rules give the columns of a row
        return " ".join(_shown(part) for part in value.values())
    if isinstance(value, (list, tuple)):
        return " / ".join(_shown(part) for part in value)
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".") if value == value else "—"
    return str(value)


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
