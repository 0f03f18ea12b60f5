"""A nightly run of the sample company, and what a second one costs, as ratios.

Add here: a measurement against a baseline in the same run. Keep out: anything that fails on a slow
machine. Results with machine and date go into `README.md` beside this file.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipelines.sample import write_sample
from pipelines.settings import PROJECT


def timed(*arguments: str, environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and CPU seconds of one command line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu


def main() -> None:
    reps = int(os.environ.get("REPS", "32"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["cp", "-r", str(PROJECT / "config"), str(root / "config")], check=True)
        write_sample(root / "data" / "sample", reps=reps)
        environment = {
            **os.environ,
            "FOREWARN_CONFIG": str(root / "config"),
            "FOREWARN_DATA": str(root / "data"),
        }
        first, first_cpu = timed("run", environment=environment)
        second, second_cpu = timed("run", environment=environment)
        replay, _ = timed("backtest", environment=environment)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{reps} reps on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"first night        {first:6.1f} s wall, {first_cpu:6.1f} s CPU")
    print(
        f"unchanged night    {second:6.1f} s wall, {second_cpu:6.1f} s CPU = {second / first:.2f} of the first"
    )
    print(f"backtest, 2½ years {replay:6.1f} s wall = {replay / first:.2f} of the first night")
    print(f"largest process    {peak:6.0f} MB")


if __name__ == "__main__":
    main()
