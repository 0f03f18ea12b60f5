"""Which file is read as what: mapped files, canonical files, and the rest.

Add here: a rule of matching files. Keep out: reading them.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.configuration.sources import FileMapping
from pipelines.entities import ENTITIES
from pipelines.sources.spreadsheet.places.folder import FileRef
from pipelines.sources.spreadsheet.reader import PARSER_VERSION
from pipelines.sources.spreadsheet.values.reading import Reading

CANONICAL_SUFFIXES = (".csv", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")


@dataclass(frozen=True)
class Job:
    """One file to be read as one entity. `key` is the file key that rows and outcomes carry."""

    entity: str
    key: str
    ref: FileRef
    mapping: FileMapping | None = None
    joined: tuple[FileRef, ...] = ()  # the files that its mapping joins

    @property
    def place(self) -> tuple[str, str | None]:
        return self.entity, self.key


@dataclass
class Plan:
    """What a listing means: jobs, jobs that a newer version replaces, files nobody asked for."""

    jobs: list[Job] = field(default_factory=list)
    superseded: list[tuple[Job, Job]] = field(default_factory=list)  # (old, the newest)
    unmatched: list[FileRef] = field(default_factory=list)


def make_plan(refs: Sequence[FileRef], mappings: tuple[FileMapping, ...]) -> Plan:
    """Every file by every mapping that matches it; else by its canonical name; else unmatched."""
    plan = Plan()
    matched: set[str] = set()
    keys: set[tuple[str, str]] = set()
    readable = [ref for ref in refs if not ref.refused]
    for position, mapping in enumerate(mappings):
        pattern = unicodedata.normalize("NFC", mapping.match).casefold()
        fitting = [ref for ref in readable if fnmatch.fnmatchcase(ref.title.casefold(), pattern)]
        matched.update(ref.name for ref in fitting)
        jobs = []
        for ref in fitting:
            key = f"{ref.name}#{mapping.sheet}" if mapping.sheet else ref.name
            if (mapping.entity, key) in keys:
                key = f"{ref.name}#{position + 1}"
            keys.add((mapping.entity, key))
            jobs.append(Job(mapping.entity, key, ref, mapping, _joined(mapping, readable)))
            matched.update(other.name for other in jobs[-1].joined)
        if mapping.versions == "newest":
            jobs = _newest(jobs, plan)
        plan.jobs.extend(jobs)
    for ref in refs:
        if ref.name in matched:
            continue
        path = Path(ref.title)
        entity = path.stem.casefold()
        if not ref.refused and entity in ENTITIES and path.suffix.lower() in CANONICAL_SUFFIXES:
            plan.jobs.append(Job(entity, ref.name, ref))
        else:
            plan.unmatched.append(ref)
    return plan


def _joined(mapping: FileMapping, readable: Sequence[FileRef]) -> tuple[FileRef, ...]:
    """The files that a mapping joins; which of several is meant, the reader asks."""
    if mapping.join is None or mapping.join.file is None:
        return ()
    pattern = unicodedata.normalize("NFC", mapping.join.file).casefold()
    return tuple(ref for ref in readable if fnmatch.fnmatchcase(ref.title.casefold(), pattern))


def _newest(jobs: list[Job], plan: Plan) -> list[Job]:
    """The newest job of each series; those that it replaces are noted in the plan."""
    newest: dict[str, Job] = {}
    for job in sorted(jobs, key=lambda job: (job.ref.modified_at, job.ref.name)):
        newest[job.ref.series] = job
    plan.superseded.extend(
        (job, newest[job.ref.series]) for job in jobs if job is not newest[job.ref.series]
    )
    return list(newest.values())


def cursor_of(
    data: bytes, job: Job, reading: Reading, others: Mapping[str, bytes] | None = None
) -> str:
    """What must be the same for a file to be left unread: its bytes, its mapping, the parsers.

    `others` are the files that it joins: a change in one of them is a change of its rows.
    """
    mapping = job.mapping.model_dump(mode="json") if job.mapping else None
    rules = json.dumps(
        [
            PARSER_VERSION,
            job.entity,
            mapping,
            str(reading.zone),
            reading.currency,
            reading.fiscal_year_start,
            reading.fiscal_year_named_by,
            sorted(reading.nulls),
            reading.date_order,
            reading.decimal,
            reading.encoding,
            reading.most_bad_share,
            reading.most_bad_rows,
            [hashlib.sha256(content).hexdigest() for _, content in sorted((others or {}).items())],
        ],
        sort_keys=True,
    )
    # The name is part of it: year and addresses may come from it.
    content = hashlib.sha256(data).hexdigest()
    return f"{content}:{hashlib.sha256(rules.encode()).hexdigest()[:16]}"
