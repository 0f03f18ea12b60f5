"""A real HTTP server on loopback for simulators of systems: threads, faults, an admin surface.

Add here: what every simulated system needs. Keep out: addresses, rules and records of one system
(`simulators/<system>.py`), which gives `answer` and lists what may be called from outside.

    with SalesforceSimulator() as simulator:
        simulator.faults.add("status", status=503, after=2)
        ... ReadOnlyClient(simulator.url, ...)
        simulator.seen            # what was asked, in order

The same admin calls work in the process (`simulator.put(...)`) and over HTTP
(`POST /_admin/put` with the arguments as a JSON object), for benchmarks in another process.
"""

from __future__ import annotations

import datetime as dt
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from simulators.faults import Fault, Faults, damaged_gzip


@dataclass(frozen=True)
class Request:
    """One request as it came. `query` holds the last value of each parameter; headers are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON, None if there is none."""
        return orjson.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Response:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(
        cls, content: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        kind = {"Content-Type": "application/json;charset=UTF-8"}
        return cls(status, orjson.dumps(content, default=str), {**kind, **(headers or {})})


@dataclass(frozen=True)
class Seen:
    """What was asked and how it was answered, for assertions. `fault` is the kind injected."""

    request: Request
    status: int
    fault: str = ""


class Simulator:
    """Base of simulated systems.

    A system overrides `answer(request) -> Response`, and names in `admin` the methods that may be
    called at `/_admin/<name>`. `answer` runs under a lock, so its state needs no other. `clock` is
    the simulated time; it stands still until `advance`.
    """

    admin: tuple[str, ...] = ("advance",)

    def __init__(self, clock: dt.datetime | None = None) -> None:
        self.clock = clock or dt.datetime(2026, 10, 30, 18, tzinfo=dt.UTC)
        self.faults = Faults()
        self.seen: list[Seen] = []
        self.lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None

    # To be given by a system ------------------------------------------------------------------

    def answer(self, request: Request) -> Response:
        raise NotImplementedError

    # Life -------------------------------------------------------------------------------------

    def start(self) -> Simulator:
        """Serve on an ephemeral port of 127.0.0.1, in a thread."""
        handler = type("Handler", (_Handler,), {"simulator": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Any:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # What tests use ---------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        with self.lock:
            self.clock += dt.timedelta(seconds=seconds)

    def asked(self, path_part: str) -> list[Seen]:
        """The requests whose path holds this part."""
        return [item for item in self.seen if path_part in item.request.path]

    # The server's side ------------------------------------------------------------------------

    def handle(self, request: Request) -> tuple[Response, Fault | None]:
        """The reply to a request, and the fault that its sending meets."""
        with self.lock:
            if request.path.startswith("/_admin/"):
                return self._administer(request), None
            fault = self.faults.next(request.path)
            if fault and fault.kind == "call":
                assert fault.action is not None
                fault.action(self)
            response = _replaced(fault)
            # A reply that is replaced was never made: it must not move a cursor or spend a token.
            if response is None:
                response = self.answer(request)
            self.seen.append(Seen(request, response.status, fault.kind if fault else ""))
            return response, fault

    def _administer(self, request: Request) -> Response:
        name = request.path.removeprefix("/_admin/")
        if name not in self.admin or request.method != "POST":
            return Response.of_json({"error": f"no such call; there are {self.admin}"}, 404)
        call: Callable[..., Any] = getattr(self, name)
        return Response.of_json({"result": call(**(request.json or {}))})


def _replaced(fault: Fault | None) -> Response | None:
    if fault is None:
        return None
    if fault.kind == "status":
        return Response(fault.status, fault.body, dict(fault.headers))
    if fault.kind == "html":
        page = b"<html><head><title>Service</title></head><body><h1>Maintenance</h1></body></html>"
        status = 200 if fault.status == 500 else fault.status
        return Response(status, fault.body or page, {"Content-Type": "text/html"})
    if fault.kind == "body":
        return Response(200, fault.body, {"Content-Type": "application/json"})
    if fault.kind == "redirect":
        return Response(302, b"", {"Location": fault.location})
    if fault.kind in ("reset", "stall"):
        return Response(0)
    return None


class _Handler(BaseHTTPRequestHandler):
    simulator: Simulator
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; without this every reply would wait for an ACK.
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {key.lower(): value for key, value in self.headers.items()},
            self.rfile.read(length),
        )
        try:
            response, fault = self.simulator.handle(request)
        except Exception as error:  # a fault of the simulator itself must not look like one planned
            response, fault = Response.of_json({"simulator": repr(error)}, 599), None
        try:
            self._send(response, fault)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the reader has given up

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815

    def _send(self, response: Response, fault: Fault | None) -> None:
        kind = fault.kind if fault else ""
        if kind in ("reset", "stall"):
            assert fault is not None
            time.sleep(fault.seconds if kind == "stall" else 0)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body, headers = response.body, dict(response.headers)
        if kind == "gzip":
            body, headers["Content-Encoding"] = damaged_gzip(body), "gzip"
        self.send_response(response.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "cut":
            body = body[: len(body) // 2]
            self.close_connection = True
        if kind == "drip":
            assert fault is not None
            for start in range(0, len(body), max(1, len(body) // 8)):
                self.wfile.write(body[start : start + max(1, len(body) // 8)])
                self.wfile.flush()
                time.sleep(fault.seconds)
            return
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen: `Simulator.seen` holds it."""


def as_json(content: Any) -> bytes:
    """JSON bytes for faults with a body of their own."""
    return json.dumps(content).encode()
