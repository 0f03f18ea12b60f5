"""Rows per second from each simulated system into the raw zone, beside two other ways.

    REPS=32 python -m benchmarks.connectors [SYSTEM ...]

Add here: another way to bring the same pages in. Keep out: whole nights (`__main__.py`).

Each system runs in a process of its own, filled with the whole sample company, anew for each way:
*ceiling*: the requests of the load, sent again, and their bodies thrown away; *load*: the connector
through Arrow and dlt into the raw zone; *dicts*: the same pages, parsed, through dlt as plain dicts
into the same kind of files. Rows are those of the raw zone, bookkeeping left out. Waiting is left
out: for allowances, which a company's contract decides, and for the system to finish a bulk job.
"""

from __future__ import annotations

import datetime as dt
import inspect
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dlt
import httpx
import orjson

from pipelines.configuration.sources import Source
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import PROJECT, load_settings
from pipelines.sources.http import transport
from pipelines.sources.http.limiter import Limiter
from pipelines.sources.registry import connector_of

CLOCK = dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
Sent = tuple[str, str, dict[str, str], bytes]


def _serve(system: str, reps: int, pipe: Any) -> None:
    """The child: one system with the whole company, until the parent hangs up."""
    sys.path.insert(0, str(PROJECT / "tests"))
    from simulators.company import sample_frames
    from simulators.company_parts import serve

    with serve(sample_frames(reps), [system]) as (part,):
        pipe.send((part.source, part.secrets))
        pipe.recv()


@contextmanager
def served(system: str, reps: int) -> Iterator[Source]:
    """A fresh instance of a system, as an entry of sources.yml; its secrets are in the environment."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_serve, args=(system, reps, there))
    child.start()
    try:
        source, secrets = here.recv()
        os.environ.update(secrets)
        yield Source(**source)
    finally:
        here.send("end")
        child.join(30)


@contextmanager
def recorded(sent: list[Sent]) -> Iterator[None]:
    """Notes every request of the connectors, in the order in which they left."""
    build = httpx.Client.build_request

    def noting(self: httpx.Client, *args: Any, **kwargs: Any) -> httpx.Request:
        request = build(self, *args, **kwargs)
        parts = urlsplit(str(request.url))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        kept = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
        sent.append((request.method, target, kept, request.read()))
        return request

    transport.httpx.Client.build_request = noting  # type: ignore[method-assign]
    try:
        yield
    finally:
        transport.httpx.Client.build_request = build  # type: ignore[method-assign]


def load(source: Source, folder: Path, sent: list[Sent]) -> tuple[float, int]:
    """Seconds of a first load, and the rows it brought."""
    settings = load_settings(PROJECT / "config", folder)
    zone = RawZone(folder / "raw", folder / "work")
    kind = type(connector_of(source, settings))
    patient = "sleep" in inspect.signature(kind).parameters
    connector = kind(source, settings, **({"sleep": lambda _: None} if patient else {}))  # type: ignore[call-arg]
    started = time.monotonic()
    with recorded(sent):
        report = zone.load(source.name, source.system, connector, now=dt.datetime.now(dt.UTC))
    return time.monotonic() - started, sum(item.rows for item in report.extracts)


def pages(base_url: str, sent: list[Sent]) -> Iterator[bytes]:
    """The bodies of the recorded requests, asked for again over one connection."""
    parts = urlsplit(base_url)
    with httpx.Client(base_url=f"{parts.scheme}://{parts.netloc}", trust_env=False) as client:
        for method, target, headers, body in sent:
            yield client.request(method, target, headers=headers, content=body).content


def through_dicts(base_url: str, sent: list[Sent], folder: Path) -> tuple[float, int]:
    """Seconds and rows of dlt's plain route: every page parsed and its rows given as dicts."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    count = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal count
        for body in pages(base_url, sent):
            found = _rows_of(body)
            count += len(found)
            yield from found

    pipeline = dlt.pipeline(
        "dicts",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.filesystem(bucket_url=str(folder / "dicts")),
        dataset_name="plain",
    )
    started = time.monotonic()
    # Nested values stay in their row: tables of their own would be more work than the connectors do.
    resource = dlt.resource(rows, name="rows", max_table_nesting=0)
    pipeline.run(resource, loader_file_format="parquet")
    return time.monotonic() - started, count


def _rows_of(body: bytes) -> list[dict[str, Any]]:
    """The longest list in a reply, each member a dict (a CSV body line by line)."""
    try:
        content = orjson.loads(body)
    except ValueError:
        head, *lines = body.decode(errors="replace").splitlines() or [""]
        names = head.split(",")
        return [dict(zip(names, line.split(","), strict=False)) for line in lines]
    longest: list[Any] = []
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            longest = max(longest, value, key=len)
        elif isinstance(value, dict):
            waiting += value.values()
    return [
        row
        if isinstance(row, dict)
        else {f"c{n}": cell for n, cell in enumerate(row if isinstance(row, list) else [row])}
        for row in longest
    ]


def _warm_up() -> None:
    """The first run of dlt in a process reads its modules, which is no matter of speed."""
    with tempfile.TemporaryDirectory() as folder:
        through_dicts("http://127.0.0.1", [], Path(folder))


def measure(system: str, reps: int) -> str:
    """One line of the table."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sent: list[Sent] = []
        with served(system, reps) as source:
            seconds, rows = load(source, folder, sent)
        with served(system, reps) as source:
            started = time.monotonic()
            size = sum(len(body) for body in pages(str(source.base_url), sent))
            ceiling = time.monotonic() - started
        with served(system, reps) as source:
            plain, plain_rows = through_dicts(str(source.base_url), sent, folder)
    of_ceiling, of_dicts = ceiling / seconds, (rows / seconds) / (plain_rows / plain)
    return (
        f"| {system} | {len(sent):,} | {rows:,} | {size / 1e6:,.1f} | {rows / ceiling:,.0f} | "
        f"{rows / seconds:,.0f} | {of_ceiling:.2f} | {plain_rows / plain:,.0f} | {of_dicts:.1f} |"
    )


def main() -> None:
    reps = int(os.environ.get("REPS", "32"))
    sys.path.insert(0, str(PROJECT / "tests"))
    from simulators.company_parts import SYSTEMS

    Limiter._wait = lambda self, now, cost: 0.0  # type: ignore[method-assign]
    _warm_up()
    print(f"{reps} reps on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(
        "| system | requests | rows | MB | ceiling rows/s | load rows/s | of the ceiling | "
        "dicts rows/s | times the dicts |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for system in sys.argv[1:] or SYSTEMS:
        print(measure(system, reps), flush=True)


if __name__ == "__main__":
    main()
