"""The spreadsheet source: files of a folder or mailbox to Arrow rows, one outcome per entity and file.

Add here: rules across files and runs (unchanged, gone, superseded, conflicting).
Keep out: what is inside one file (`reader.py` and below), and where files lie (`folder.py`).
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath

import pyarrow as pa

from pipelines.configuration.sources import Source
from pipelines.entities import ENTITIES
from pipelines.failures import Failure
from pipelines.language import text
from pipelines.language.text import Clause
from pipelines.settings import Settings
from pipelines.sources.protocol import NOTHING_YET, Batch, Extract, Finding, Previous, Rejection
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.filled import content_of, refuse_emptied
from pipelines.sources.spreadsheet.findings import (
    findings_of,
    superseded_findings,
    unknown_people,
    unknown_stages,
)
from pipelines.sources.spreadsheet.formats.csv_parts import largest_text
from pipelines.sources.spreadsheet.lists.row_work import sheet_schema
from pipelines.sources.spreadsheet.options import options_of
from pipelines.sources.spreadsheet.outcomes import (
    CONFLICT,
    Outcome,
    mark_conflicts,
    note_shared_keys,
    remarks,
    results,
    same,
    withdrawn,
)
from pipelines.sources.spreadsheet.places.folder import FileRef, SheetSource
from pipelines.sources.spreadsheet.places.united import places_of
from pipelines.sources.spreadsheet.plan import Job, cursor_of, make_plan
from pipelines.sources.spreadsheet.reader import read_file
from pipelines.sources.spreadsheet.values.cells import NULLS
from pipelines.sources.spreadsheet.values.reading import Reading

# Lists that are read in parts may be larger (`large_lists.py`).
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
_LOG = logging.getLogger(__name__)
LARGEST_WHOLE = 50 * 1024 * 1024


@dataclass(frozen=True)
class Fetched:
    """One job with the cursor and bytes of its file, and the files that its mapping joins."""

    job: Job
    cursor: str | None
    content: bytes | FileRejected
    others: Mapping[str, bytes] = field(default_factory=dict)


class SpreadsheetConnector:
    """One spreadsheet source. `options`: `null_values` (list), `date_order` (dmy, mdy),
    `decimal` (point, comma), `encoding`, `max_megabytes`, `settle_seconds`, `most_bad_share`, `most_bad_rows`.
    """

    def __init__(
        self, source: Source, settings: Settings, sheets: SheetSource | None = None
    ) -> None:
        """Raises `ConfigurationError` for options that this source does not have."""
        self._source, self._settings = source, settings
        options = options_of(source)
        company = settings.company
        self._largest = int(options.get("max_megabytes", 0)) * 1024 * 1024
        self._reading = Reading(
            zone=settings.timezone,
            currency=company.currency,
            fiscal_year_start=company.fiscal_year_start,
            fiscal_year_named_by=company.fiscal_year_named_by,
            nulls=NULLS | {str(value) for value in options.get("null_values", [])},
            date_order=options.get("date_order"),
            decimal=options.get("decimal"),
            encoding=options.get("encoding"),
            most_bad_share=float(options.get("most_bad_share", 0.2)),
            most_bad_rows=int(options.get("most_bad_rows", 5)),
            largest_whole=self._largest or LARGEST_WHOLE,
        )
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
        targets: list[Fetched] = []
        seen: dict[tuple[str, str], str] = {}
        keys: dict[str, list[tuple[str, pa.ChunkedArray]]] = {}
        replaced = {new.place: old.place for old, new in plan.superseded}
        for one in self._fetched(sheets, plan.jobs, previous):
            job, cursor = one.job, one.cursor
            before = previous.extracts.get(job.place)
            if twin := _twin(job, cursor, seen):
                state[job.place] = "gone"
                mark = f"{cursor}:same as {twin}"
                if not (before and before.state == "gone" and before.cursor == mark):
                    yield same(job, mark, twin)
            elif job.entity == "targets":
                targets.append(one)  # read together: they may conflict
            elif before and _unchanged(before, cursor):
                state[job.place] = before.state
            else:
                outcome = self._read(one)
                refuse_emptied(
                    outcome, before or previous.extracts.get(replaced.get(job.place, job.place))
                )
                state[job.place] = "loaded" if outcome.rows else "rejected"
                note_shared_keys(outcome, keys)
                yield from results(outcome, before)
        yield from self._targets(targets, previous, state)
        yield from remarks(plan.unmatched, previous, state)
        yield from withdrawn(plan, previous, state, sheets.absent)

    def _targets(
        self,
        jobs: list[Fetched],
        previous: Previous,
        state: dict[tuple[str, str | None], str],
    ) -> Iterator[Batch | Rejection | Extract]:
        """Target files, all of them again if one has changed: a new one may contradict an old."""
        known = {one.job.place: previous.extracts.get(one.job.place) for one in jobs}
        changed = {
            one.job.place for one in jobs if not _unchanged(known[one.job.place], one.cursor)
        }
        if not changed:
            state.update({place: before.state for place, before in known.items() if before})
            return
        outcomes = [self._read(one) for one in jobs]
        mark_conflicts(outcomes)
        for outcome in outcomes:
            place = outcome.job.place
            state[place] = "loaded" if outcome.rows else "rejected"
            if place in changed or (outcome.cursor or "").endswith(CONFLICT):
                yield from results(outcome, known[place])

    def check(self, previous: Previous = NOTHING_YET) -> list[Finding]:
        """Per file: whether it can be read, as which entity, how many rows, what is missing."""
        mailbox = self._source.mailbox
        where = self._source.folder or (
            text("sheets.mailbox.named", where=mailbox.where) if mailbox else ""
        )
        try:
            sheets = self._places(keep=False)
            plan = make_plan(sheets.list(), self._source.files)
        except Failure as failure:
            told = text(
                "failure.what_why", tried=Clause(failure.tried), cause=Clause(failure.cause)
            )
            return [Finding(failure.where or where, False, told, failure.next_step)]
        findings = [*sheets.findings()]
        outcomes: list[Outcome] = []
        seen: dict[tuple[str, str], str] = {}
        for one in self._fetched(sheets, plan.jobs, Previous()):
            if twin := _twin(one.job, one.cursor, seen):
                said = text("sheets.check.copy", other=twin)
                findings.append(Finding(one.job.key, True, said, remark=True))
            else:
                outcomes.append(self._read(one))
        mark_conflicts([outcome for outcome in outcomes if outcome.job.entity == "targets"])
        keys: dict[str, list[tuple[str, pa.ChunkedArray]]] = {}
        for outcome in outcomes:
            note_shared_keys(outcome, keys)
            findings.extend(findings_of(outcome))
        findings.extend(superseded_findings(plan))
        findings.extend(unknown_stages(self._source.name, outcomes, self._settings.stages))
        findings.extend(unknown_people(outcomes, self._settings.people))
        return findings

    def _places(self, *, keep: bool = True) -> SheetSource:
        return self._given or places_of(
            self._source,
            self._settings,
            largest=self._largest or LARGEST_WHOLE,
            settle_seconds=self._settle,
            keep=keep,
        )

    def _fetched(
        self, sheets: SheetSource, jobs: list[Job], previous: Previous
    ) -> Iterator[Fetched]:
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

        joined: dict[str, bytes | FileRejected] = {}
        for name in sorted(by_file, key=order):
            ref = by_file[name][0].ref
            fetched = self._fetch(sheets, ref)
            for job in by_file[name]:
                others: dict[str, bytes] = {}
                content = fetched
                for other in job.joined:
                    if other.name not in joined:
                        joined[other.name] = self._fetch(sheets, other)
                    found = joined[other.name]
                    if isinstance(found, FileRejected):
                        content = found  # what it joins is not at hand, so its rows are not known
                    else:
                        others[other.title] = found
                if isinstance(content, bytes):
                    cursor = cursor_of(content, job, self._reading, others)
                    yield Fetched(job, cursor, content, others)
                else:
                    known = None if content.transient else f"{ref.size}:{ref.modified_at}"
                    yield Fetched(job, known, content)

    def _fetch(self, sheets: SheetSource, ref: FileRef) -> bytes | FileRejected:
        is_text = PurePath(ref.name).suffix.lower() in TEXT_SUFFIXES
        largest = self._largest or (largest_text() if is_text else LARGEST_WHOLE)
        if ref.size > largest:
            size, most = f"{ref.size / 1048576:.0f}", largest // 1048576
            return FileRejected(
                text("sheets.too_large", size=size, most=most),
                next_step=text("sheets.next.too_large"),
            )
        try:
            return sheets.fetch(ref)
        except FileRejected as rejected:
            return rejected

    def _read(self, one: Fetched) -> Outcome:
        job = one.job
        outcome = Outcome(job, one.cursor)
        try:
            if isinstance(one.content, FileRejected):
                raise one.content
            outcome.rows = read_file(
                *(one.content, job.ref.title, job.entity, job.mapping, self._reading, job.key),
                one.others,
            )
        except FileRejected as rejected:
            outcome.reject(rejected)
        except Exception as error:  # no file may keep the others from being read
            _LOG.exception("reading %s", job.key)
            told = text("sheets.own_fault", kind=type(error).__name__)
            outcome.reject(FileRejected(told, next_step=text("sheets.next.report")))
        return outcome


def _unchanged(before: Extract | None, cursor: str | None) -> bool:
    return bool(before and cursor and content_of(before) == cursor and before.state != "gone")


def _twin(job: Job, cursor: str | None, seen: dict[tuple[str, str], str]) -> str | None:
    """The file of the same content and mapping that this run has met already."""
    if cursor is None or job.mapping is None:
        return None
    # Two mappings may read one file on purpose; only another file is a copy.
    known = seen.setdefault((job.entity, cursor), job.ref.name)
    return known if known != job.ref.name else None
