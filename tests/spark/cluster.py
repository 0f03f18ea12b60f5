"""A standalone Spark cluster on loopback: one master and two workers of one core each, as pyspark carries them.

Add here: how a cluster is started and ended for tests. Keep out: what must hold on it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pyspark

WORKERS = 2
_SPARK_HOME = Path(pyspark.__file__).parent
_SECONDS = 120


@contextlib.contextmanager
def standalone_cluster(folder: Path, hidden: Path | None = None) -> Iterator[str]:
    """The address of a master to which two workers have come; all are ended with the block.

    Where the workers look, the folder `hidden` is empty (needs root).
    """
    folder.mkdir(parents=True)
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    master = ("master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0")
    worker = ("worker.Worker", "--host", "127.0.0.1", "--webui-port", "0", "-c", "1", "-m", "1g")
    with contextlib.ExitStack() as running:
        running.enter_context(_daemon(folder / "master.log", folder, master))
        _wait_for(folder / "master.log", "New state: ALIVE", 1)
        for number in range(WORKERS):
            log = folder / f"worker-{number}.log"
            work = folder / f"work-{number}"
            running.enter_context(_daemon(log, work, (*worker, address), hidden))
        _wait_for(folder / "master.log", "Registering worker", WORKERS)
        yield address


@contextlib.contextmanager
def _daemon(
    log: Path, work: Path, arguments: tuple[str, ...], hidden: Path | None = None
) -> Iterator[None]:
    name, *options = arguments
    environment = {
        **os.environ,
        "SPARK_HOME": str(_SPARK_HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "192m",
        "SPARK_WORKER_DIR": str(work),
        "SPARK_LOCAL_DIRS": str(work),
    }
    command = [
        str(_SPARK_HOME / "bin" / "spark-class"),
        f"org.apache.spark.deploy.{name}",
        *options,
    ]
    if hidden is not None:
        environment.pop("PYTHONPATH", None)  # a worker has no Forewarn
        script = 'mount -t tmpfs none "$0" && exec "$@"'
        command = ["unshare", "--mount", "sh", "-c", script, str(hidden), *command]
    with log.open("wb") as out:
        child = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(log: Path, words: str, times: int) -> None:
    end = time.monotonic() + _SECONDS
    while log.read_text(errors="replace").count(words) < times:
        if time.monotonic() > end:
            raise TimeoutError(f"{words} not in {log}: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
