"""One writer at a time, whatever happens to the holder."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.failures import WriterBusy
from pipelines.nights.writer_lock import writer_lock

HOLD = """
import sys, time, pathlib
from pipelines.nights.writer_lock import writer_lock
with writer_lock(pathlib.Path(sys.argv[1]), "a long night"):
    print("held", flush=True)
    time.sleep(60)
"""


def held_by_another(folder: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "held"
    return child


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    child = held_by_another(tmp_path)
    try:
        with pytest.raises(WriterBusy) as caught, writer_lock(tmp_path, "second"):
            pass
        assert f"process {child.pid} (a long night)" in str(caught.value)
        assert "A rerun can help" in str(caught.value)
    finally:
        child.kill()
        child.wait()


def test_a_killed_holder_leaves_no_stale_lock(tmp_path: Path) -> None:
    child = held_by_another(tmp_path)
    child.kill()
    child.wait()
    with writer_lock(tmp_path, "next night"):
        assert "next night" in (tmp_path / "writer.lock").read_text()


def test_nested_use_in_one_process_is_free_and_released_at_the_outer_end(tmp_path: Path) -> None:
    with writer_lock(tmp_path, "outer"), writer_lock(tmp_path, "inner"):
        pass
    child = held_by_another(tmp_path)  # would hang or fail if this process still held it
    child.kill()
    child.wait()


def test_waiting_gets_the_lock_when_the_holder_ends(tmp_path: Path) -> None:
    child = held_by_another(tmp_path)
    started = time.monotonic()
    child.kill()
    with writer_lock(tmp_path, "waits", wait_seconds=20):
        assert time.monotonic() - started < 20
    child.wait()
