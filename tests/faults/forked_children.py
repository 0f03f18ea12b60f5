"""The child that reads workbooks, forked from a process that has its imports: the same code, lighter.

Add here: nothing but how it is started. Keep out: what it does (`formats/child.py`).

Starting Python for each of thousands of files takes ten times as long as reading one. Started as a
program this file is the process that forks: for each wish its length, then the wish; in return an
exit code, a length, and what the child wrote.
"""

from __future__ import annotations

import gc
import io
import os
import struct
import subprocess
import sys
import traceback

from pipelines.sources.spreadsheet.formats import child

_HEAD = struct.Struct(">iQ")


class ForkedChildren:
    """Stands in for `workbook.started`: (exit code, answer) of one wish."""

    def __init__(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # where native readers write their panics
        )

    def __call__(self, wish: bytes) -> tuple[int, bytes]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(_HEAD.pack(0, len(wish)) + wish)
        self._server.stdin.flush()
        code, length = _HEAD.unpack(self._server.stdout.read(_HEAD.size))
        return code, self._server.stdout.read(length)

    def close(self) -> None:
        """End the process that forks."""
        self._server.communicate()


def _serve() -> None:
    import olefile  # noqa: F401  # what children need, sooner or later
    import python_calamine  # noqa: F401

    gc.freeze()  # what is there by now is never looked at again, and so never copied by a fork
    asked, told = sys.stdin.buffer, sys.stdout.buffer
    while len(head := asked.read(_HEAD.size)) == _HEAD.size:
        wish = asked.read(_HEAD.unpack(head)[1])
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            os._exit(_forked(wish, writing))
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(pid, 0)
        told.write(_HEAD.pack(os.waitstatus_to_exitcode(status), len(answer)) + answer)
        told.flush()


def _forked(wish: bytes, writing: int) -> int:
    sys.stdin = io.TextIOWrapper(io.BytesIO(wish))
    sys.stdout = io.TextIOWrapper(os.fdopen(writing, "wb"))
    try:
        child.main()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    _serve()
