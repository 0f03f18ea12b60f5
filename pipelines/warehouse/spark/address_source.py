"""Parquet files at an address as a table of Spark, read and written by the workers' Python.

Add here: how a worker reads or writes a file. Keep out: which files are a table (`tables.py`).

What stands here runs on the workers, which get it as text: it may use Python's own library, pyspark, pyarrow and
fsspec, and nothing of Forewarn. So a cluster needs no jar for object storage and no shared folder, only these
packages and the rights to the bucket.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from pyspark.sql.datasource import (
    DataSource,
    DataSourceArrowWriter,
    DataSourceReader,
    InputPartition,
    WriterCommitMessage,
)

NAME = "forewarn_address"
# Written when all parts of a table are: what other attempts left beside them does not count.
FILES = "_files.json"
# A larger file is read by several tasks, by its row groups; smaller ones share a task up to this.
PART_BYTES = 64 * 1024**2
BATCH_ROWS, GROUP_ROWS = 50_000, 200_000


def opened(address: str) -> tuple[Any, str]:
    """The file system of an address, and the address as it wants it."""
    import fsspec

    fs, root = fsspec.core.url_to_fs(address)
    return fs, str(root).rstrip("/")


class ParquetAtAddress(DataSource):
    """Options: `address`; to read `files` (JSON: name and bytes of each), to write `folder`."""

    @classmethod
    def name(cls) -> str:
        return NAME

    def reader(self, schema: Any) -> DataSourceReader:
        return _Reader(self.options["address"], json.loads(self.options["files"]), schema)

    def writer(self, schema: Any, overwrite: bool) -> DataSourceArrowWriter:
        return _Writer(self.options["address"], self.options["folder"])


class _Reader(DataSourceReader):
    def __init__(self, address: str, files: list[tuple[str, int]], schema: Any) -> None:
        self.address, self.files, self.schema = address, files, schema

    def partitions(self) -> list[InputPartition]:
        """Tasks: (name, which part, of how many) of the files that each reads."""
        tasks: list[list[tuple[str, int, int]]] = []
        room = 0
        for name, size in self.files:
            parts = max(1, -(-size // PART_BYTES))
            if parts == 1 and tasks and size <= room:
                tasks[-1].append((name, 0, 1))
                room -= size
                continue
            tasks += [[(name, part, parts)] for part in range(parts)]
            room = PART_BYTES - size if parts == 1 else 0
        return [InputPartition(task) for task in tasks]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq
        from pyspark.sql.pandas.types import to_arrow_schema

        wanted = to_arrow_schema(self.schema, timezone="UTC")
        fs, root = opened(self.address)
        for name, part, parts in partition.value or ():
            with fs.open(f"{root}/{name}", "rb") as handle:
                file = pq.ParquetFile(handle, pre_buffer=True)
                have = [each for each in wanted.names if each in file.schema_arrow.names]
                groups = [g for g in range(file.num_row_groups) if g % parts == part]
                for batch in file.iter_batches(BATCH_ROWS, row_groups=groups, columns=have):
                    columns = [
                        batch.column(field.name).cast(field.type)
                        if field.name in have
                        else pa.nulls(batch.num_rows, field.type)
                        for field in wanted
                    ]
                    yield pa.RecordBatch.from_arrays(columns, schema=wanted)


class _Writer(DataSourceArrowWriter):
    def __init__(self, address: str, folder: str) -> None:
        self.address, self.folder = address, folder

    def write(self, iterator: Iterator[Any]) -> WriterCommitMessage:
        """One file of what this task has; none where it has no row."""
        import pyarrow.parquet as pq

        fs, root = opened(self.address)
        name = f"{self.folder}/part-{uuid.uuid4().hex}.parquet"
        message = WriterCommitMessage()
        message.file = None
        sink = writer = None
        for table in _in_groups(iterator):
            if writer is None:
                # Object storage makes no folders; others want one.
                fs.makedirs(f"{root}/{self.folder}", exist_ok=True)
                sink = fs.open(f"{root}/{name}", "wb")
                writer = pq.ParquetWriter(sink, table.schema, compression="zstd")
            writer.write_table(table)
        if writer is not None and sink is not None:
            writer.close()
            message.file = (name, sink.tell())
            sink.close()
        return message

    def commit(self, messages: list[WriterCommitMessage | None]) -> None:
        """The files that count: those of the attempt of each task that Spark took."""
        fs, root = opened(self.address)
        fs.makedirs(f"{root}/{self.folder}", exist_ok=True)
        files = [each.file for each in messages if each is not None and each.file]
        fs.pipe_file(f"{root}/{self.folder}/{FILES}", json.dumps(files).encode())

    def abort(self, messages: list[WriterCommitMessage | None]) -> None:
        """Nothing: what lies there without a list does not count, and goes with the night."""


def _in_groups(batches: Iterator[Any]) -> Iterator[Any]:
    """Tables of many rows out of batches of few: a row group for every batch would be slow to read."""
    import pyarrow as pa

    waiting: list[Any] = []
    for batch in batches:
        if batch.num_rows:
            waiting.append(batch)
        if sum(each.num_rows for each in waiting) >= GROUP_ROWS:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)
