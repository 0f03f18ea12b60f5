"""What was set aside while reading: rows in the quarantine, and files refused or gone.

Add here: a judgement on what was not loaded. Keep out: why a cell cannot be read (the source).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from pipelines.language import languages, stored
from pipelines.language.figures import figure
from pipelines.language.text import Clause, InEach, Text, between, text
from quality.results import CheckResult, Severity, counted
from quality.volume import is_common

ROWS_CHECK = "rejected_rows"
SHARE_CHECK = "rejected_share"
FILES_CHECK = "rejected_files"
GONE_CHECK = "withdrawn_files"
REMARKS_CHECK = "remarks_on_files"
_REASONS = 3
_FIGURES = re.compile(r"(?<!\w)[\w.,:/+-]*\d[\w.,:/+-]*")


def check_rejected_rows(rejected: pd.DataFrame, extracts: pd.DataFrame) -> list[CheckResult]:
    """Findings on `config.rejected`: a warning per source, entity and column, with the addresses.

    Where the quarantine holds 15 % or more of a feed's rows, that is an error of its own: what is
    left does not stand for the whole. A pass is given for every feed without rejected rows. Rows that
    somebody accepted (`forewarn quarantine accept`) are neither told nor counted.
    """
    results = []
    agreed = rejected[rejected["accepted"]] if "accepted" in rejected else rejected.iloc[:0]
    rejected = rejected.drop(agreed.index)
    agreed_in = Counter(zip(agreed["source"], agreed["entity"], strict=True))
    for (source, entity, column), rows in rejected.fillna({"column_name": ""}).groupby(
        ["source", "entity", "column_name"], sort=True
    ):
        records = rows.to_dict("records")
        results.append(
            counted(
                ROWS_CHECK,
                f"{source}.{entity}.{column}".rstrip("."),
                "warning",
                len(rows),
                told=text(
                    "quality.rows_quarantined", rows=figure(len(rows)), why=_commonest(records)
                ),
                sample=map(_place, records),
                source=str(source),
            )
        )
    of_entities = extracts[extracts["entity"] != ""]
    for (source, entity), files in of_entities.groupby(["source", "entity"], sort=True):
        loaded = files[files["state"] == "loaded"]
        bad = int(pd.to_numeric(loaded["rejected_rows"], errors="coerce").fillna(0).sum())
        good = int(pd.to_numeric(loaded["rows"], errors="coerce").fillna(0).sum())
        bad = max(0, bad - agreed_in[(source, entity)])
        total = bad + good
        too_many = is_common(bad, total)
        results.append(
            CheckResult(
                check=SHARE_CHECK,
                subject=f"{source}.{entity}",
                severity="error",
                passed=not too_many,
                failed_rows=bad,
                told=text("quality.share_quarantined", bad=figure(bad), total=figure(total)),
                source=str(source),
            )
        )
    return results


def check_files(extracts: pd.DataFrame) -> list[CheckResult]:
    """What became of files: a warning for each that was refused, not read, or is gone.

    A file is gone in the load that found it so; later nights do not repeat it. A remark on a file
    that was loaded is for information and passes, unless it calls itself a warning. Passes, one per source,
    say that there was nothing to tell.
    """
    results = []
    for source, files in extracts.groupby("source", sort=True):
        last = files["loaded_at"].max()
        found = [
            result
            for row in files.to_dict("records")
            if (result := _file(row, row["loaded_at"] == last)) is not None
        ]
        for check in (FILES_CHECK, GONE_CHECK, REMARKS_CHECK):
            if not any(result.check == check for result in found):
                found.append(
                    counted(
                        check,
                        str(source),
                        "warning",
                        0,
                        told=text("quality.no_files"),
                        source=str(source),
                    )
                )
        results += found
    return results


def _file(row: Mapping[Hashable, Any], in_last_load: bool) -> CheckResult | None:
    state, entity = row["state"], row["entity"]
    why = InEach({language: _told(row, "message", language).strip() for language in languages()})
    file = "" if pd.isna(row["file"]) else str(row["file"])
    severity: Severity = "warning"
    if state == "rejected" and entity and not file:
        # A table of a system, which is no file.
        check, key = FILES_CHECK, "nothing_loaded"
    elif state == "rejected":
        check, key = FILES_CHECK, "refused" if entity else "unread"
    elif state == "gone" and entity and in_last_load:
        check, key = GONE_CHECK, "gone"
    elif state == "loaded" and why.en:
        check, key = REMARKS_CHECK, "loaded" if file else "system_loaded"
        severity = "warning" if why.en.startswith("WARNING") else "info"
    else:
        return None
    what = text(f"quality.file.{key}")
    return CheckResult(
        check=check,
        subject=f"{row['source']}{f'.{entity}' if entity else ''} {file}".strip(),
        severity=severity,
        passed=severity == "info",
        failed_rows=0 if severity == "info" else 1,
        sample=(file,) if file else (),
        told=text("quality.file.because", what=what, why=Clause(why)) if why.en else what,
        source=str(row["source"]),
    )


def _told(row: Mapping[Hashable, Any], name: str, language: str) -> str:
    """A text of a load in one language: English where it has none in it, empty where it has none.

    Loads of earlier versions have no further languages, and words of a system are in one only.
    """
    given = {code: row.get(column) for code, column in (("en", name), ("zh", f"{name}_zh"))}
    given = {code: None if pd.isna(said) else str(said) for code, said in given.items()}
    kept = {f"{name}_en": given["en"], f"{name}_zh": given["zh"] or given["en"]}
    return stored.found({**kept, stored.COLUMN: row.get(stored.COLUMN)}, name, language)


def _commonest(rows: Sequence[Mapping[Hashable, Any]]) -> Text:
    """The commonest reasons in every language, as far as the loads give them."""
    said = {}
    for language in languages():
        found = Counter(_reason(row, language) for row in rows)
        most = [reason for reason, _ in found.most_common(_REASONS)]
        said[language] = between(most, "sentences", language)
    return InEach(said)


def _reason(row: Mapping[Hashable, Any], language: str) -> str:
    """The reason without the value it quotes.

    So equal faults count as one; and a value may be a phone number in the wrong column, which has
    no place in a published mart. The quarantine's own files have it.
    """
    reason, value = _told(row, "reason", language), row["value"]
    if isinstance(value, str) and value:
        # In quotes if it stands so: a heading repeated among the rows is “金额”不是金额.
        forms = (repr(value), f"“{value}”", value)
        reason = reason.replace(next((form for form in forms if form in reason), value), "…")
    return _FIGURES.sub("…", reason).rstrip("。.")


def _place(row: Mapping[Hashable, Any]) -> str:
    """`file sheet!C5`, or the record's id, or at least the column."""
    told = " ".join(str(row[name]) for name in ("file", "address") if not pd.isna(row[name]))
    return told or str(row["column_name"])
