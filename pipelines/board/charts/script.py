"""The script that draws living charts, from the package that draws the still ones.

Add here: how that script is made. Keep out: what a browser does with it (`static/board.js`).
"""

from __future__ import annotations

import gzip
import subprocess
import sys
import threading

# Making it costs a process 80 MiB that it never gives back, so another process makes it.
_MAKE = (
    "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle('export {vegaEmbed};'))"
)
_LOCK = threading.Lock()
_MADE: list[bytes] = []


def script() -> bytes:
    """The script as a module, compressed with gzip; made once, in two or three seconds.

    Raises subprocess.CalledProcessError or TimeoutExpired where it cannot be made.
    """
    with _LOCK:
        if not _MADE:
            made = subprocess.run(
                [sys.executable, "-X", "utf8", "-c", _MAKE], capture_output=True, check=True, timeout=120,
            )  # fmt: skip
            _MADE.append(gzip.compress(made.stdout))
        return _MADE[0]
