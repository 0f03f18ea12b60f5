"""The spreadsheet source: files of a folder or mailbox to Arrow rows, one outcome per entity and file.

Add here: rules across files and runs (unchanged, gone, superseded, conflicting).
Keep out: what is inside one file (`reader.py` and below), and where files lie (`folder.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from pipelines.configuration.problems import ConfigurationError, Problem
from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.failures import Failure
from pipelines.settings import Settings
from pipelines.sources.protocol import Batch, Extract, Finding, Previous, Rejection, Told
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.lists.row_work import sheet_schema
from pipelines.sources.spreadsheet.outcomes import (
    CONFLICT,
    Outcome,
    mark_conflicts,
    note_shared_keys,
    remarks,
    results,
    same,
    unmatched_text,
    withdrawn,
)
from pipelines.sources.spreadsheet.places.folder import FileRef, SheetSource
from pipelines.sources.spreadsheet.places.united import places_of
from pipelines.sources.spreadsheet.plan import Job, cursor_of, make_plan
from pipelines.sources.spreadsheet.reader import read_file
from pipelines.sources.spreadsheet.values.cells import NULLS
from pipelines.sources.spreadsheet.values.columns import Reading

LARGEST_FILE = 50 * 1024 * 1024


class SpreadsheetConnector:
    """One spreadsheet source. `options`: `null_values` (list), `date_order` (dmy, mdy),
    `max_megabytes`, `settle_seconds`.
    """

    def __init__(
        self, source: Source, settings: Settings, sheets: SheetSource | None = None
    ) -> None:
        """Raises `ConfigurationError` for options that this source does not have."""
        self._source, self._settings = source, settings
        options = _options(source)
        company = settings.company
        self._reading = Reading(
            zone=settings.timezone,
            currency=company.currency,
            fiscal_year_start=company.fiscal_year_start,
            nulls=NULLS | {str(value) for value in options.get("null_values", [])},
            date_order=options.get("date_order"),
        )
        self._largest = int(options.get("max_megabytes", 0)) * 1024 * 1024 or LARGEST_FILE
        self._settle = float(options.get("settle_seconds", 0.2))
        self._given = sheets

    def tables(self) -> Mapping[str, pa.Schema]:
        """Every canonical entity: any may appear in the folder as a canonical file."""
        return {entity: sheet_schema(entity) for entity in ENTITIES}

    def extract(
        self, previous: Previous, upto: dt.datetime
    ) -> Iterator[Batch | Rejection | Extract]:
        """Rows of every new or changed file, whole; nothing for files that are unchanged.

        A file that is no longer in the folder is `gone` (an attachment stays, see `mailbox.py`);
        one that cannot be read is `rejected` and its last good version stays in force. Raises
        `PermanentFailure` if the folder is missing or empty, and what a mailbox raises. `upto` does not matter: a sheet has no time of change within.
        """
        sheets = self._places()
        plan = make_plan(sheets.list(), self._source.files)
        state: dict[tuple[str, str | None], str] = {}
        targets: list[tuple[Job, str | None, bytes | FileRejected]] = []
        seen: dict[tuple[str, str], str] = {}
        keys: dict[str, list[tuple[str, pa.ChunkedArray]]] = {}
        for job, cursor, fetched in self._fetched(sheets, plan.jobs, previous):
            before = previous.extracts.get(job.place)
            if twin := _twin(job, cursor, seen):
                state[job.place] = "gone"
                mark = f"{cursor}:same as {twin}"
                if not (before and before.state == "gone" and before.cursor == mark):
                    yield same(job, mark, twin)
            elif job.entity == "targets":
                targets.append((job, cursor, fetched))  # read together: they may conflict
            elif before and _unchanged(before, cursor):
                state[job.place] = before.state
            else:
                outcome = self._read(job, cursor, fetched)
                state[job.place] = "loaded" if outcome.rows else "rejected"
                note_shared_keys(outcome, keys)
                yield from results(outcome, before)
        yield from self._targets(targets, previous, state)
        yield from remarks(plan.unmatched, previous, state)
        yield from withdrawn(plan, previous, state, sheets.absent)

    def _targets(
        self,
        jobs: list[tuple[Job, str | None, bytes | FileRejected]],
        previous: Previous,
        state: dict[tuple[str, str | None], str],
    ) -> Iterator[Batch | Rejection | Extract]:
        """Target files, all of them again if one has changed: a new one may contradict an old."""
        known = {job.place: previous.extracts.get(job.place) for job, _, _ in jobs}
        changed = {job.place for job, cursor, _ in jobs if not _unchanged(known[job.place], cursor)}
        if not changed:
            state.update({place: before.state for place, before in known.items() if before})
            return
        outcomes = [self._read(*job) for job in jobs]
        mark_conflicts(outcomes)
        for outcome in outcomes:
            place = outcome.job.place
            state[place] = "loaded" if outcome.rows else "rejected"
            if place in changed or (outcome.cursor or "").endswith(CONFLICT):
                yield from results(outcome, known[place])

    def check(self) -> list[Finding]:
        """Per file: whether it can be read, as which entity, how many rows, what is missing."""
        mailbox = self._source.mailbox
        where = self._source.folder or (f"mailbox {mailbox.where}" if mailbox else "")
        try:
            sheets = self._places(keep=False)
            plan = make_plan(sheets.list(), self._source.files)
        except Failure as failure:
            text = f"{failure.tried}: {failure.cause}"
            return [Finding(failure.where or where, False, text, failure.next_step)]
        findings = [*sheets.findings()]
        outcomes = [
            self._read(job, cursor, fetched)
            for job, cursor, fetched in self._fetched(sheets, plan.jobs, Previous())
        ]
        mark_conflicts([outcome for outcome in outcomes if outcome.job.entity == "targets"])
        for outcome in outcomes:
            job, rows = outcome.job, outcome.rows
            subject = f"{job.key} → {job.entity}"
            if rows is None:
                assert outcome.reason is not None
                assert outcome.next_step is not None  # both come with a rejection
                findings.append(Finding(subject, False, outcome.reason.en, outcome.next_step.en))
                continue
            text = f"{rows.table.num_rows} rows"
            if rows.rejections:
                first = rows.rejections[0]
                text += f", {len(rows.rejections)} cannot be read ({first.address}: {first.reason})"
            text += "".join(f"; {remark.en}" for remark in rows.remarks)
            findings.append(Finding(subject, not rows.rejections, text))
        for old, new in plan.superseded:
            findings.append(Finding(old.key, True, f"not read: {new.ref.name} is newer"))
        for ref in plan.unmatched:
            findings.append(Finding(ref.name, True, unmatched_text(ref).en))
        return findings

    def _places(self, *, keep: bool = True) -> SheetSource:
        return self._given or places_of(
            self._source,
            self._settings,
            largest=self._largest,
            settle_seconds=self._settle,
            keep=keep,
        )

    def _fetched(
        self, sheets: SheetSource, jobs: list[Job], previous: Previous
    ) -> Iterator[tuple[Job, str | None, bytes | FileRejected]]:
        """Each job with the cursor and bytes of its file; every file is fetched once.

        Files in force come first, so that a copy of one under another name is seen as the copy.
        """
        by_file: dict[str, list[Job]] = {}
        for job in jobs:
            by_file.setdefault(job.ref.name, []).append(job)

        def order(name: str) -> tuple[bool, int, str]:
            mine = by_file[name]
            before = [previous.extracts.get(job.place) for job in mine]
            in_force = any(extract and extract.state == "loaded" for extract in before)
            return (not in_force, mine[0].ref.modified_at, name)

        for name in sorted(by_file, key=order):
            ref = by_file[name][0].ref
            fetched = self._fetch(sheets, ref)
            for job in by_file[name]:
                if isinstance(fetched, bytes):
                    yield job, cursor_of(fetched, job, self._reading), fetched
                else:
                    known = None if fetched.transient else f"{ref.size}:{ref.modified_at}"
                    yield job, known, fetched

    def _fetch(self, sheets: SheetSource, ref: FileRef) -> bytes | FileRejected:
        if ref.size > self._largest:
            size, most = f"{ref.size / 1048576:.0f}", self._largest // 1048576
            return FileRejected(
                Told(
                    f"the file has {size} MB; at most {most} MB are read",
                    f"文件有 {size} MB，最多读取 {most} MB",
                ),
                next_step=Told(
                    "split it, delete what is not needed, or raise "
                    "`options: {max_megabytes: …}` of this source in sources.yml",
                    "请拆分文件、删除不需要的内容，或在 sources.yml 中调大这个数据源的 "
                    "`options: {max_megabytes: …}`",
                ),
            )
        try:
            return sheets.fetch(ref)
        except FileRejected as rejected:
            return rejected

    def _read(self, job: Job, cursor: str | None, fetched: bytes | FileRejected) -> Outcome:
        outcome = Outcome(job, cursor)
        try:
            if isinstance(fetched, FileRejected):
                raise fetched
            outcome.rows = read_file(
                fetched, job.ref.title, job.entity, job.mapping, self._reading, job.key
            )
        except FileRejected as rejected:
            outcome.reject(rejected)
        return outcome


def _unchanged(before: Extract | None, cursor: str | None) -> bool:
    return bool(before and cursor and before.cursor == cursor and before.state != "gone")


def _twin(job: Job, cursor: str | None, seen: dict[tuple[str, str], str]) -> str | None:
    """The file of the same content and mapping that this run has met already."""
    if cursor is None or job.mapping is None:
        return None
    # Two mappings may read one file on purpose; only another file is a copy.
    known = seen.setdefault((job.entity, cursor), job.ref.name)
    return known if known != job.ref.name else None


def _options(source: Source) -> dict[str, Any]:
    known = {"null_values", "date_order", "max_megabytes", "settle_seconds"}
    problems = [
        Problem("sources.yml", f"{source.name}.options.{name}", "unknown option", ", ".join(known))
        for name in source.options
        if name not in known
    ]
    order = source.options.get("date_order")
    if order not in (None, "dmy", "mdy"):
        problems.append(
            Problem("sources.yml", f"{source.name}.options.date_order", f"{order!r}", "dmy or mdy")
        )
    if problems:
        raise ConfigurationError(problems)
    return dict(source.options)
