"""Mutated files of every format: no crash, at most 1 GiB, and nothing lost without a word.

500 files in the suite, 2,000 and more by hand (`make test-faults FILES=20000`).
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import logging
import os
import resource
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from faults.forked_children import ForkedChildren
from faults.sheet_mutations import CSV, HEAD, HTML, ODS, ROWS, XLS, XLSX, XML2003, mutated

from pipelines.entities import ENTITIES
from pipelines.sources.spreadsheet.faults import FileRejected
from pipelines.sources.spreadsheet.formats import workbook
from pipelines.sources.spreadsheet.layout.body import SheetRows
from pipelines.sources.spreadsheet.reader import read_file
from pipelines.sources.spreadsheet.values.reading import Reading

ZONE = ZoneInfo("Asia/Shanghai")
FILES = int(os.environ.get("FOREWARN_FUZZ", "500"))
GIBIBYTE = 1024**3


def read(data: bytes) -> SheetRows | FileRejected:
    try:
        return read_file(data, "orders", "orders", None, Reading(ZONE, "CNY"), "orders")
    except FileRejected as rejected:
        return rejected


@pytest.mark.parametrize("data", [XLSX, XLS, ODS, HTML, XML2003, CSV], ids=len)
def test_the_files_are_read_before_they_are_mutated(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, SheetRows), found
    assert found.table.num_rows == len(ROWS)


def fuzzed(files: int, kept: Path) -> dict[str, int]:
    """Read `files` mutated files in this process: how many were told and read, and its peak in KiB."""
    told, whole = 0, 0
    workbook.started = ForkedChildren()
    for seed in range(files):
        done, data = mutated(seed)
        try:
            found = read(data)
        except Exception as error:
            (kept / f"{seed}.bin").write_bytes(data)
            raise AssertionError(f"seed {seed} ({done}): {error!r}; kept in {kept}") from error
        if isinstance(found, FileRejected):
            assert found.cause.en, (seed, done)
            assert found.cause.zh, (seed, done)
            told += 1
            continue
        whole += 1
        accounted = found.table.num_rows + len(found.rejections) + found.left_out
        if not found.remarks:  # a remark says what was left out
            assert accounted >= _records(data), (seed, done, accounted)
    workbook.started.close()
    return {
        "told": told,
        "read": whole,
        "own": _own_peak(),
        "children": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }


def _own_peak() -> int:
    """The peak of this process in KiB. Linux counts that of whoever started it into `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.is_file():
        return int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.timeout(3600)
def test_mutated_files(tmp_path: Path) -> None:
    # In a process of its own: the peak of this one and its children is that of every test before.
    done = subprocess.run(
        [sys.executable, __file__, str(FILES), str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    logging.getLogger("fuzz").info("%s files: %s", FILES, found)
    assert found["told"]
    assert found["read"]
    assert found["own"] * 1024 <= GIBIBYTE
    assert found["children"] * 1024 <= GIBIBYTE


def _records(data: bytes) -> int:
    """How many records a text file holds by the standard library's count; 0 for other kinds."""
    if data.startswith((b"PK", b"\xd0\xcf", b"<")) or b"<t" in data[:4096]:
        return 0
    for encoding in (
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig",
        "gb18030",
    ):
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            break
    else:
        return 0
    separator = max(",;\t|", key=text.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    # The headings, and lines of a cell or two, are no records.
    return sum(len([cell for cell in row if cell.strip()]) >= 3 for row in rows) - 1


def test_the_entity_of_the_fuzzer_is_what_it_says() -> None:
    assert set(HEAD) <= {column.name for column in ENTITIES["orders"].columns}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fuzzed(int(sys.argv[1]), Path(sys.argv[2]))))
