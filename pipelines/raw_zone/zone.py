"""The raw zone: append-only Parquet, written by dlt, of which only completed loads count.

Add here: how a load gets in, and which loads, files and extracts were known at a moment.
Keep out: what a source is (`pipelines/sources/`) and what is made of the rows (`warehouse.py`, dbt).

Layout: `raw/<source>/<table>/<load id>.<file id>.parquet`, many small ones packed (`packing.py`). A load is complete when dlt has written
its record under `_dlt_loads`, which is the last thing it does; files of other loads are ignored, so
a kill at any moment loses nothing and doubles nothing. The cursor is not kept in dlt's state, since
that is written before the load is complete: every load carries a table `_extracts` instead, one row
per entity and file, and the next run reads the cursor from there.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import logging
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.failures import Failure, PermanentFailure, TransientFailure
from pipelines.language import languages, text
from pipelines.language.stored import OWN_COLUMNS
from pipelines.language.text import in_words
from pipelines.raw_zone.load_order import from_the_future, in_sequence
from pipelines.raw_zone.packing import LOAD_ID, counting, load_of, loads_in
from pipelines.raw_zone.rows import (
    EXTRACTS,
    KnownExtract,
    LoadReport,
    Rows,
    known_extract,
)
from pipelines.sources.protocol import Connector, Previous, in_both

log = logging.getLogger("forewarn")

# Beside the raw zone: the moment of the first publication, as ISO text.
FIRST_PUBLISHED = "first_published"


class RawZone:
    """The raw folder of one installation. One writer at a time (`writer_lock.py`)."""

    def __init__(self, root: Path, work_dir: Path) -> None:
        self.root, self.work_dir = root, work_dir

    # Reading ----------------------------------------------------------------------------------

    def completed_loads(self, source: str) -> list[str]:
        """Ids of the source's completed loads, oldest first."""
        records = self.root / source / "_dlt_loads"
        loads = []
        for path in records.glob("*.jsonl") if records.is_dir() else ():
            try:
                record = json.loads(path.read_text())
            except ValueError:
                continue  # the write of the record itself was cut off: not complete
            if record.get("status") == 0:
                loads.append(record["load_id"])
        return sorted(loads, key=float)

    def files(self, source: str, table: str, loads: list[str]) -> list[Path]:
        """Parquet files of a raw table that hold rows of the given loads, in load order.

        A packed file may hold rows of further loads: its column `_load_id` tells (`packing.py`).
        """
        folder = self.root / source / table
        wanted = set(loads)
        found = folder.glob("*.parquet") if folder.is_dir() else ()
        return sorted(path for path in counting(found) if not wanted.isdisjoint(loads_in(path)))

    def tables(self, source: str) -> list[str]:
        """Names of the raw tables the source has files for, without the bookkeeping ones."""
        folder = self.root / source
        if not folder.is_dir():
            return []
        return sorted(p.name for p in folder.iterdir() if p.is_dir() and not p.name.startswith("_"))

    def known_extracts(
        self, source: str, known_at: dt.datetime | None = None
    ) -> list[KnownExtract]:
        """Extracts of completed loads up to `known_at` (default: all), oldest first.

        In the order of their sequence, also where a clock was wrong (`load_order.py`). For a moment
        before the source's first load what stood at the end of that load's day stands in, so that a
        past day can be rebuilt from the history that it brought; if the first publication came later,
        what stood then: a load that was corrected before anybody read a figure of it tells nothing.
        `known_at` is the end of a day of the company.
        """
        known = in_sequence(self._every_extract(source), _now())
        if known_at is None or not known:
            return known
        first = known[0].loaded_at
        if first <= known_at:
            return [item for item in known if item.loaded_at <= known_at]
        days = -((known_at - first) // dt.timedelta(days=1))
        settled = max(known_at + days * dt.timedelta(days=1), self._first_published() or known_at)
        return [item for item in known if item.loaded_at <= settled]

    def _first_published(self) -> dt.datetime | None:
        path = self.root.parent / FIRST_PUBLISHED
        return dt.datetime.fromisoformat(path.read_text()) if path.is_file() else None

    def _every_extract(self, source: str) -> list[KnownExtract]:
        # The folder is listed once for all loads: it holds a file for every night there ever was.
        return [
            known_extract(row.get(LOAD_ID) or load_of(path.name), row)
            for path in self.files(source, EXTRACTS, self.completed_loads(source))
            for row in pq.read_table(path).to_pylist()
        ]

    def previous(self, source: str) -> Previous:
        """What the source's completed loads left behind, for its next run.

        A load made while the clock stood ahead keeps its extracts but not its cursors: what changed
        between the true now and that day would never be asked for.
        """
        return self._previous(self.known_extracts(source))

    def _previous(self, known: list[KnownExtract]) -> Previous:
        ahead = {item.load_id for item in from_the_future(known, _now())}
        latest = {
            (item.extract.entity, item.extract.file): (
                replace(item.extract, cursor=None) if item.load_id in ahead else item.extract
            )
            for item in known
        }
        return Previous(latest, max((item.loaded_at for item in known), default=None))

    # Writing ----------------------------------------------------------------------------------

    def load(
        self,
        source: str,
        system: str,
        connector: Connector,
        *,
        now: dt.datetime,
        again: Collection[tuple[str, str | None]] = (),
    ) -> LoadReport:
        """Run one source's extraction and append what it yields, all of it or nothing.

        `again` names (entity, file) feeds that are read as if for the first time, changed or not.

        Raises the connector's own `Failure`, or a `TransientFailure` if the files cannot be written.
        """
        report = LoadReport(source)
        known = self.known_extracts(source)  # read once: for the cursors, and for the next number
        previous = self._previous(known)
        if again:
            forgotten = {
                feed: replace(extract, cursor=None) if feed in again else extract
                for feed, extract in previous.extracts.items()
            }
            previous = replace(previous, extracts=forgotten)
        items = connector.extract(previous, now)
        try:
            first = next(items)
        except StopIteration:
            return report  # nothing has changed, so there is nothing to load
        schemas = connector.tables()
        sequence = max((item.sequence for item in known), default=0) + 1
        rows = Rows(source, system, now, schemas, report, sequence=sequence)
        self._run_dlt(source, rows.tables(first, items))
        self._write_quarantine_copy(report, now)
        return report

    def _run_dlt(self, source: str, tables: Iterator[tuple[str, pa.Table]]) -> None:
        # dlt phones home and rotates its own log file unless told otherwise.
        os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
        os.environ.setdefault("RUNTIME__LOG_LEVEL", "CRITICAL")
        import dlt

        # The working folder is thrown away first: a package that an earlier run left half loaded
        # would otherwise be loaded beside the new extraction of the same rows.
        work = self.work_dir / source
        shutil.rmtree(work, ignore_errors=True)
        self.root.mkdir(parents=True, exist_ok=True)
        pipeline = dlt.pipeline(
            pipeline_name=source,
            destination=dlt.destinations.filesystem(
                bucket_url=self.root.as_uri(), layout="{table_name}/{load_id}.{file_id}.{ext}"
            ),
            dataset_name=source,
            pipelines_dir=str(work),
        )

        def items() -> Iterator[Any]:
            for name, table in tables:
                yield dlt.mark.with_table_name(table, name)

        resource = dlt.resource(items, name="items", write_disposition="append")
        try:
            info = pipeline.run(resource(), loader_file_format="parquet")
            info.raise_on_failed_jobs()
        except Exception as error:
            raise _unwrapped(error, source, self.root) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _write_quarantine_copy(self, report: LoadReport, now: dt.datetime) -> None:
        """A CSV of the rejected rows for people; the raw zone itself holds the same rows."""
        if not report.rejections:
            return
        folder = self.root.parent / "quarantine" / report.source
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{now:%Y%m%dT%H%M%S%f}.csv"
        path.touch(mode=0o600)  # what could not be read may name people and amounts
        with path.open("w", encoding="utf-8-sig", newline="") as handle:
            # Quoted: where lists are separated by semicolons, one in a cell would begin another.
            writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
            further = [code for code in languages() if code not in OWN_COLUMNS]
            reasons = ["reason", "reason_zh", *(f"reason_{code}" for code in further)]
            writer.writerow(["entity", "file", "address", "column", "value", *reasons])
            for item in report.rejections:
                cells = [item.entity, item.file, item.address, item.column, item.value]
                told: list[str | None] = [
                    *in_both(item.reason, item.reason_zh),
                    *(in_words(item.reason, code) for code in further),
                ]
                # File, sheet and column are named by whoever sent the sheet, and so is the value.
                writer.writerow([_harmless(cell) for cell in (*cells, *told)])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _harmless(value: str | None) -> str | None:
    """A cell that a spreadsheet program would take for a formula, made plain text."""
    if not value:
        return value
    # Blanks and characters that are not seen may be dropped by whoever opens the file.
    seen = next((char for char in value if char.isprintable() and not char.isspace()), "")
    formula = value[0] in "\t\r\n" or (seen and seen in "=+-@＝＋－＠")
    return f"'{value}" if formula else value


def _unwrapped(error: BaseException, source: str, root: Path) -> Failure:
    """The connector's own failure out of dlt's wrapping, or one about the writing itself."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Failure):
            return seen
        if isinstance(seen, OSError):
            return TransientFailure(
                text("raw.not_written", source=source),
                where=str(root),
                cause=f"{type(seen).__name__}: {seen.strerror or seen}",
                next_step=text("publish.free_space"),
            )
        seen = seen.__cause__ or seen.__context__
    return PermanentFailure(
        text("raw.source_not_loaded", source=source),
        cause=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}",
        next_step=text("raw.report_traceback"),
    )
