"""Providers on loopback that behave as an OpenID Connect provider, 企业微信 and 飞书 do.

Add here: a way in which a provider answers. Keep out: what must hold of the board.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "forewarn-board", "client-secret-of-a-test"


@cache
def keys() -> tuple[RSAKey, RSAKey]:
    """The provider's key and another of the same name: half a second, once."""
    return RSAKey.generate_key(2048, {"kid": "k1"}), RSAKey.generate_key(2048, {"kid": "k1"})


class Server:
    """Codes that were given out, by whom, and what was asked along with them."""

    def __init__(self) -> None:
        self.key, self.stranger = keys()
        self.signing: Any = self.key
        self.algorithm = "RS256"
        self.change: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
        self.codes: dict[str, dict[str, Any]] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802
                self._answer(server.get(urlsplit(self.path), dict(self.headers)))

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(server.post(urlsplit(self.path).path, body, dict(self.headers)))

            def _answer(self, content: dict[str, Any] | None) -> None:
                body = json.dumps(content or {"error": "invalid_grant"}).encode()
                self.send_response(200 if content is not None else 400)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def signed_in(self, address: str, who: dict[str, Any]) -> tuple[str, str]:
        """Somebody signs in on the provider's page: code and state that the browser takes back."""
        query = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        code = f"code{len(self.codes)}"
        self.codes[code] = {**query, "who": who}
        return code, query["state"]

    def _taken(self, code: str, form: dict[str, str], secret: str) -> dict[str, Any] | None:
        asked = self.codes.pop(code, None)
        if asked is None or secret != SECRET or form.get("redirect_uri") != asked["redirect_uri"]:
            return None
        hashed = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_proved = base64.urlsafe_b64encode(hashed).decode().rstrip("=") == asked["code_challenge"]
        return asked if is_proved and asked["code_challenge_method"] == "S256" else None

    def get(self, address: Any, headers: dict[str, str]) -> dict[str, Any] | None:
        query = {key: values[0] for key, values in parse_qs(address.query).items()}
        match address.path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
                    "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
                }  # fmt: skip
            case "/keys":
                return {"keys": [self.key.as_dict(private=False)]}
            case "/cgi-bin/gettoken":
                good = (query["corpid"], query["corpsecret"]) == (CLIENT, SECRET)
                return {"errcode": 0, "access_token": "t"} if good else {"errcode": 40001}
            case "/cgi-bin/auth/getuserinfo":
                asked = (
                    self.codes.pop(query["code"], None) if query["access_token"] == "t" else None
                )
                return (
                    {"errcode": 0, **asked["who"]} if asked else {"errcode": 40029, "userid": "sun"}
                )
            case "/open-apis/authen/v1/user_info":
                who = headers.get("Authorization", "").removeprefix("Bearer ")
                return {"code": 0, "data": json.loads(who)} if who else {"code": 20005}
        return None

    def post(self, path: str, body: str, headers: dict[str, str]) -> dict[str, Any] | None:
        is_json = headers.get("Content-Type", "").startswith("application/json")
        form = json.loads(body) if is_json else {k: v[0] for k, v in parse_qs(body).items()}
        if path == "/token":
            login = base64.b64decode(
                headers.get("Authorization", "").removeprefix("Basic ")
            ).decode()
            asked = self._taken(form.get("code", ""), form, login.partition(":")[2])
            if asked is None:
                return None
            now = int(time.time())
            claims = {
                "iss": self.address, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300,
                "nonce": asked["nonce"], **asked["who"],
            }  # fmt: skip
            token = jwt.encode(
                {"alg": self.algorithm, "kid": "k1"}, self.change(claims), self.signing,
                algorithms=[self.algorithm],
            )  # fmt: skip
            return {"access_token": "t", "token_type": "Bearer", "id_token": token}
        if path == "/open-apis/authen/v2/oauth/token" and is_json:
            asked = self._taken(form["code"], form, form.get("client_secret", ""))
            return asked and {
                "code": 0,
                "access_token": json.dumps(asked["who"]),
                "token_type": "Bearer",
            }
        return None


def with_own_secret(server: Server) -> None:
    """A token that is signed with what every client knows."""
    server.signing, server.algorithm = OctKey.import_key("x" * 32), "HS256"
