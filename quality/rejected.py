"""What was set aside while reading: rows in the quarantine, and files refused or gone.

Add here: a judgement on what was not loaded. Keep out: why a cell cannot be read (the source).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from quality.results import CheckResult, Severity, counted
from quality.volume import LOST_SHARE

ROWS_CHECK = "rejected_rows"
SHARE_CHECK = "rejected_share"
FILES_CHECK = "rejected_files"
GONE_CHECK = "withdrawn_files"
_REASONS = 3
_FIGURES = re.compile(r"(?<!\w)[\w.,:/+-]*\d[\w.,:/+-]*")


def check_rejected_rows(rejected: pd.DataFrame, extracts: pd.DataFrame) -> list[CheckResult]:
    """Findings on `config.rejected`: a warning per source, entity and column, with the addresses.

    Where the quarantine holds 15 % or more of a feed's rows, that is an error of its own: what is
    left does not stand for the whole. A pass is given for every feed without rejected rows.
    """
    results = []
    for (source, entity, column), rows in rejected.fillna({"column_name": ""}).groupby(
        ["source", "entity", "column_name"], sort=True
    ):
        records = rows.to_dict("records")
        reasons = [reason for reason, _ in Counter(map(_reason, records)).most_common(_REASONS)]
        results.append(
            counted(
                ROWS_CHECK,
                f"{source}.{entity}.{column}".rstrip("."),
                "warning",
                len(rows),
                zh=f"{len(rows):,} 行读不出，已放入隔离区：{'；'.join(reasons)}",
                en=f"{len(rows):,} rows were set aside in the quarantine: {'; '.join(reasons)}",
                sample=map(_place, records),
                source=str(source),
            )
        )
    for (source, entity), files in extracts.groupby(["source", "entity"], sort=True):
        loaded = files[files["state"] == "loaded"]
        bad = int(pd.to_numeric(loaded["rejected_rows"], errors="coerce").fillna(0).sum())
        good = int(pd.to_numeric(loaded["rows"], errors="coerce").fillna(0).sum())
        total = bad + good
        too_many = total > 0 and bad >= LOST_SHARE * total
        results.append(
            CheckResult(
                check=SHARE_CHECK,
                subject=f"{source}.{entity}",
                severity="error",
                passed=not too_many,
                failed_rows=bad,
                message_zh=f"{total:,} 行中有 {bad:,} 行被隔离。",
                message_en=f"{bad:,} of {total:,} rows are in the quarantine.",
                source=str(source),
            )
        )
    return results


def check_files(extracts: pd.DataFrame) -> list[CheckResult]:
    """A warning for each file that was refused whole or is gone, and a pass per feed without any."""
    results = []
    for check, state, zh, en in (
        (
            FILES_CHECK,
            "rejected",
            "整个文件未被采用，上一个有效版本继续生效",
            "The whole file was refused; its last good version stays in force",
        ),
        (
            GONE_CHECK,
            "gone",
            "文件已不在原处，其数据已撤下",
            "The file is no longer there; its rows were withdrawn",
        ),
    ):
        severity: Severity = "warning"
        for (source, entity), files in extracts.groupby(["source", "entity"], sort=True):
            hit = files[files["state"] == state]
            if hit.empty:
                subject = f"{source}.{entity}"
                results.append(
                    counted(check, subject, severity, 0, zh="无", en="None", source=str(source))
                )
            for row in hit.to_dict("records"):
                file = row["file"]
                why = "" if pd.isna(row["message"]) else str(row["message"]).strip().rstrip("。.")
                results.append(
                    CheckResult(
                        check=check,
                        subject=f"{source}.{entity} {file}",
                        severity=severity,
                        passed=False,
                        failed_rows=1,
                        sample=(str(file),),
                        message_zh=f"{file}：{zh}{f'。原因：{why}' if why else ''}。",
                        message_en=f"{file}: {en}{f'. Reason: {why}' if why else ''}.",
                        source=str(source),
                    )
                )
    return results


def _reason(row: Mapping[Hashable, Any]) -> str:
    """The reason without the value it quotes.

    So equal faults count as one; and a value may be a phone number in the wrong column, which has
    no place in a published mart. The quarantine's own files have it.
    """
    reason, value = str(row["reason"]), row["value"]
    if isinstance(value, str) and value:
        reason = reason.replace(repr(value), "…").replace(value, "…")
    return _FIGURES.sub("…", reason).rstrip("。.")


def _place(row: Mapping[Hashable, Any]) -> str:
    """`file sheet!C5`, or the record's id, or at least the column."""
    told = " ".join(str(row[name]) for name in ("file", "address") if not pd.isna(row[name]))
    return told or str(row["column_name"])
