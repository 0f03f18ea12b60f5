"""The script that draws living charts, made of the package that draws the still ones, and kept as a file.

Add here: how that script is made and where it is kept. Keep out: what a browser does with it
(`static/board.js`).

    python -m pipelines.board.charts.script      makes it; setting up does

Making it takes two or three seconds and, in the process that does it, 80 MiB for ever: so it is made apart,
once, and sent from the disk. Setting up keeps it beside the packages; where that was not done, the board
makes it in the data folder when it starts.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path

_MAKE = (
    "import sys, vl_convert; sys.stdout.write(vl_convert.javascript_bundle('export {vegaEmbed};'))"
)
_LOCK = threading.Lock()


@cache
def release() -> str:
    """The release of the package that it comes from: another one has another script."""
    return version("vl-convert-python")


def script(data_dir: Path) -> Path:
    """The script as a module, compressed with gzip; made in `data_dir` if it is nowhere yet.

    Raises subprocess.CalledProcessError or TimeoutExpired where it cannot be made, OSError where it
    cannot be kept.
    """
    with _LOCK:
        for folder in (_with_packages(), data_dir / "board"):
            if (folder / _name()).is_file():
                return folder / _name()
        return make(data_dir / "board")


def make(folder: Path) -> Path:
    """Make it in a folder, as one step: nobody meets half a file. Raises as `script` does."""
    made = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", _MAKE], capture_output=True, check=True, timeout=120
    )
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{_name()}.{os.getpid()}"
    partial.write_bytes(gzip.compress(made.stdout))
    return partial.replace(folder / _name())


def _name() -> str:
    return f"vega-{release()}.js.gz"


def _with_packages() -> Path:
    return Path(sys.prefix) / "share" / "forewarn"


if __name__ == "__main__":
    if not (_with_packages() / _name()).is_file():
        make(_with_packages())
