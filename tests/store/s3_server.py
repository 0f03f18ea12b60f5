"""A real S3-compatible server on loopback, in a process of its own, with one empty bucket.

Add here: how it is started, stopped and started again. Keep out: what must hold with it.
"""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

BUCKET = "company"


class S3Server:
    """The server; what it holds is lost when it is stopped, as its library keeps it in memory."""

    def __init__(self, program: str, log: Path) -> None:
        self._program, self._log = program, log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to reach it, as the libraries themselves read it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "not-a-real-secret",
            "AWS_DEFAULT_REGION": "us-east-1",
            "NO_PROXY": "127.0.0.1",
        }

    def start(self) -> None:
        with self._log.open("ab") as out:
            self._child = subprocess.Popen(
                [self._program, "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/moto-api/", timeout=5).close()
                return
            time.sleep(0.2)
        raise TimeoutError(self._log.read_text(errors="replace")[-2000:])

    def stop(self) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait(20)
            self._child = None
