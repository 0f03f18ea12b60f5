"""The shipped nginx file in a real nginx: who gets through, and what the board is told of them.

Add here: what the proxy must do. Keep out: what the board makes of it (`tests/pipelines/board`).
"""

from __future__ import annotations

import getpass
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from pipelines.settings import PROJECT

HOST = "forewarn.example.com"
WRAP = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{}}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/1; uwsgi_temp_path {folder}/2; scgi_temp_path {folder}/3;
{conf} }}
"""

pytestmark = pytest.mark.skipif(
    shutil.which("nginx") is None or shutil.which("openssl") is None, reason="no nginx here"
)


class Board(BaseHTTPRequestHandler):
    """Says what it was told."""

    def do_GET(self) -> None:
        told = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the terminal."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """nginx with the shipped file, on free ports for 80 and 443."""
    board = ThreadingHTTPServer(("127.0.0.1", 0), Board)
    threading.Thread(target=board.serve_forever, daemon=True).start()
    plain, secure = (ThreadingHTTPServer(("127.0.0.1", 0), Board) for _ in range(2))
    ports = plain.server_port, secure.server_port
    plain.server_close()
    secure.server_close()
    certificate = [
        "-keyout",
        str(tmp_path / "privkey.pem"),
        "-out",
        str(tmp_path / "fullchain.pem"),
    ]
    named = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ]
    subprocess.run([*made, *named, *certificate], check=True, capture_output=True)
    (tmp_path / "people").write_text("anna:{PLAIN}s3cret\n")
    conf = (PROJECT / "deploy" / "proxy" / "nginx.conf").read_text(encoding="utf-8")
    for there, here in (
        ("listen 80;", f"listen 127.0.0.1:{ports[0]};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{ports[1]} ssl;"),
        ("/etc/ssl/forewarn", str(tmp_path)),
        ("/etc/nginx/forewarn.people;", f"{tmp_path}/people;"),
        ("127.0.0.1:3080", f"127.0.0.1:{board.server_port}"),
    ):
        assert there in conf
        conf = conf.replace(there, here)
    user = "user root;" if getpass.getuser() == "root" else ""
    (tmp_path / "nginx.conf").write_text(WRAP.format(folder=tmp_path, conf=conf, user=user))
    command = ["nginx", "-c", str(tmp_path / "nginx.conf"), "-e", str(tmp_path / "error.log")]
    server = subprocess.Popen(command)
    try:
        yield ports
    finally:
        server.terminate()
        server.wait(20)
        board.shutdown()
        board.server_close()


def test_nobody_gets_to_the_board_unnamed_or_by_another_name(
    proxy: tuple[int, int], tmp_path: Path
) -> None:
    trust = ssl.create_default_context(cafile=str(tmp_path / "fullchain.pem"))
    with httpx.Client(verify=trust, headers={"X-Forwarded-User": "boss"}) as client:

        def get(
            path: str, *, scheme: str = "https", login: tuple[str, str] | None = None
        ) -> httpx.Response:
            # The certificate is checked for the name; the connection goes to this machine.
            port = proxy[1] if scheme == "https" else proxy[0]
            return client.get(f"{scheme}://127.0.0.1:{port}{path}", auth=login, headers={"Host": HOST},
                              extensions={"sni_hostname": HOST})  # fmt: skip

        until = time.monotonic() + 20
        while True:
            try:
                moved = get("/warnings", scheme="http")
                break
            except httpx.ConnectError:
                assert time.monotonic() < until, (tmp_path / "error.log").read_text()
                time.sleep(0.05)
        assert (moved.status_code, moved.headers["location"]) == (301, f"https://{HOST}/warnings")
        assert get("/").status_code == 401
        assert get("/", login=("anna", "wrong")).status_code == 401
        told = get("/targets", login=("anna", "s3cret"))
        assert told.headers["strict-transport-security"]
        assert told.json()["x-forwarded-user"] == "anna"
        assert told.json()["x-forwarded-proto"] == "https"
        assert told.json()["host"] == HOST
        # Links, tokens, bots and pictures prove themselves: whoever asks is nobody by name.
        for path in ("/a/x", "/api/v1/marts", "/chat/wecom", "/static/board.css"):
            assert "x-forwarded-user" not in get(path).json(), path
        for path in ("/apix", "/static", "/A/x", "/a/../warnings"):
            assert get(path).status_code in (400, 401), path
        # Ten a second, with room for forty at once.
        codes = [get("/static/board.css").status_code for _ in range(80)]
        assert codes[0] == 200
        assert codes[-1] == 429
