"""Real servers on loopback, of HTTP and of mail, that take what is sent and keep it.

Add here: how a receiver answers. Keep out: what must hold.
"""

from __future__ import annotations

import json
import socketserver
import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
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
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, query: str = "") -> str:
        return f"json://user:pa55word-secret@127.0.0.1:{self.port}/t0ken-secret{query}"

    @property
    def titles(self) -> list[str]:
        return [post["title"] for post in self.posts]

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class MailServer:
    """An SMTP server on loopback that takes mails and keeps them whole."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        kept = self.mails

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        lines = iter(self.rfile.readline, b".\r\n")
                        whole = b"".join(one[one.startswith(b"..") :] for one in lines)
                        kept.append(message_from_bytes(whole, policy=policy.default))
                    self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        port = self.server.server_address[1]
        return f"mailto://127.0.0.1:{port}?mode=insecure&from=forewarn@a.example&to=boss@a.example"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
