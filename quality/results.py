"""The one record that every check yields, whatever made it, and the table that is published.

Add here: a fact that every check can state about itself.
Keep out: how a check is made, and what follows from its failure (`gate.py`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipelines.language import stored
from pipelines.language.text import Clause, Said
from pipelines.language.text import text as words

Severity = Literal["error", "warning", "info"]

# More examples than this make a message long and help nobody to find the cause.
SAMPLE_SIZE = 5
_SAMPLE_TEXT = 80


@dataclass(frozen=True)
class CheckResult:
    """One check on one subject in one run.

    severity: `error` stops the publication, `warning` and `info` do not. `failed_rows` counts the
    rows (or names, or months) that broke the rule. `evaluated` is False when the rule could not be
    tried: a failure with severity error if it raised, a pass if there were no rows to try it on.
    `source` names the feed the result speaks about, if it is only one.
    """

    check: str
    subject: str
    severity: Severity
    passed: bool
    failed_rows: int = 0
    sample: tuple[str, ...] = ()
    told: Said = ""
    evaluated: bool = True
    source: str | None = None

    def message(self, language: str) -> str:
        """The sentence in the reader's language, with its full stop."""
        return words("quality.sentence", what=Clause(self.told)).into(language) if self.told else ""

    @property
    def other_languages(self) -> str | None:
        """The sentence in every further language, as `stored` keeps it."""
        if not self.told:
            return None
        return stored.in_others(message=words("quality.sentence", what=Clause(self.told)))

    @property
    def message_zh(self) -> str:
        return self.message("zh")

    @property
    def message_en(self) -> str:
        return self.message("en")


def sample_of(values: Iterable[object]) -> tuple[str, ...]:
    """The first few different values as short text, in the order given."""
    seen: dict[str, None] = {}
    for value in values:
        text = str(value)
        seen.setdefault(text if len(text) <= _SAMPLE_TEXT else text[: _SAMPLE_TEXT - 1] + "…")
        if len(seen) == SAMPLE_SIZE:
            break
    return tuple(seen)


def counted(
    check: str,
    subject: str,
    severity: Severity,
    failed_rows: int,
    *,
    told: Said,
    sample: Iterable[object] = (),
    source: str | None = None,
) -> CheckResult:
    """A result that passes when nothing was found; otherwise the examples end its sentences."""
    examples = sample_of(sample) if failed_rows else ()
    return CheckResult(
        check=check,
        subject=subject,
        severity=severity,
        passed=failed_rows == 0,
        failed_rows=failed_rows,
        sample=examples,
        told=with_examples(told, examples),
        source=source,
    )


def with_examples(told: Said, examples: Sequence[str]) -> Said:
    """The sentence with a few of the values that it is about at its end."""
    if not examples:
        return told
    return words("quality.with_examples", what=Clause(told), examples=list(examples))


_COLUMNS = {
    "check": "str",
    "subject": "str",
    "severity": "str",
    "passed": "bool",
    "failed_rows": "int64",
    "sample": "str",
    "message_zh": "str",
    "message_en": "str",
    "other_languages": "object",
    "evaluated": "bool",
    "source": "object",
}


def results_frame(results: Sequence[CheckResult], ran_at: dt.datetime) -> pd.DataFrame:
    """The rows of `rpt_data_quality`: one per check and subject; `sample` is a JSON list of texts.

    `ran_at` must carry a time zone, since the mart's column does; ValueError otherwise.
    """
    if ran_at.tzinfo is None:
        raise ValueError("ran_at needs a time zone")
    frame = pd.DataFrame(
        [
            [
                json.dumps(list(result.sample), ensure_ascii=False)
                if name == "sample"
                else getattr(result, name)
                for name in _COLUMNS
            ]
            for result in results
        ],
        columns=list(_COLUMNS),
    ).astype(_COLUMNS)
    stamp = pd.Timestamp(ran_at).tz_convert("UTC").as_unit("us")
    frame["ran_at"] = pd.Series(stamp, index=frame.index, dtype="datetime64[us, UTC]")
    return frame
