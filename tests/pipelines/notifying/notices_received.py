"""A real HTTP server on loopback that takes what is sent and keeps it.

Add here: how a receiver answers. Keep out: what must hold.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """An HTTP server on loopback that takes notices; `answers` are the next status codes."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.delay = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(receiver.delay)
                receiver.raw.append(({k.lower(): v for k, v in self.headers.items()}, body))
                receiver.posts.append({"path": self.path, **json.loads(body)})
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, query: str = "") -> str:
        return f"json://user:pa55word-secret@127.0.0.1:{self.port}/t0ken-secret{query}"

    @property
    def titles(self) -> list[str]:
        return [post["title"] for post in self.posts]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
