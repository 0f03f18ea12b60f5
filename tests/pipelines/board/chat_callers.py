"""Callers that speak to the bots' addresses as 企业微信, 钉钉 and 飞书 do, and a server that hears replies.

Add here: a way in which a platform calls. Keep out: what must hold. Written from the platforms'
descriptions and apart from the code that checks them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from Crypto.Cipher import AES
from starlette.testclient import TestClient

CORP, TOKEN = "ww0123456789abcdef", "wecom-token-of-a-test"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
DING_SECRET = "ding-secret-of-a-test"
ENCRYPT, VERIFY, APP_SECRET = (
    "feishu-encrypt-of-a-test",
    "feishu-verify-of-a-test",
    "feishu-app-secret",
)
SECRETS = {
    "WECOM_TOKEN": TOKEN, "WECOM_AES_KEY": AES_KEY, "DINGTALK_SECRET": DING_SECRET,
    "FEISHU_ENCRYPT": ENCRYPT, "FEISHU_VERIFY": VERIFY, "FEISHU_SECRET": APP_SECRET,
}  # fmt: skip


def padded(plain: bytes, block: int) -> bytes:
    more = block - len(plain) % block
    return plain + bytes([more]) * more


class Wecom:
    """`send` gives the answer of the HTTP request; `read` opens the reply in it."""

    def __init__(self, board: TestClient, corp: str = CORP) -> None:
        self.board, self.corp = board, corp
        self.key = base64.b64decode(AES_KEY + "=")

    def _cipher(self, message: bytes) -> str:
        plain = os.urandom(16) + len(message).to_bytes(4, "big") + message + self.corp.encode()
        cipher = AES.new(self.key, AES.MODE_CBC, iv=self.key[:16]).encrypt(padded(plain, 32))
        return base64.b64encode(cipher).decode()

    def _address(self, cipher: str, when: float, **more: str) -> str:
        query = {"timestamp": str(int(when)), "nonce": "1372623149"}
        joined = "".join(sorted([TOKEN, *query.values(), cipher]))
        signature = hashlib.sha1(joined.encode()).hexdigest()
        return f"/chat/wecom?{urlencode({'msg_signature': signature, **query, **more})}"

    def check(self, words: str) -> Any:
        cipher = self._cipher(words.encode())
        return self.board.get(self._address(cipher, time.time(), echostr=cipher))

    def request(
        self, words: str, sender: str, ident: int, *, kind: str = "text", age: float = 0
    ) -> tuple:
        message = (
            f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName><FromUserName><![CDATA[{sender}]]>"
            f"</FromUserName><CreateTime>{int(time.time())}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
            f"<Content><![CDATA[{words}]]></Content><MsgId>{ident}</MsgId><AgentID>1</AgentID></xml>"
        )
        cipher = self._cipher(message.encode())
        body = (
            f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName><AgentID><![CDATA[1]]></AgentID>"
            f"<Encrypt><![CDATA[{cipher}]]></Encrypt></xml>"
        )
        return self._address(cipher, time.time() - age), body.encode()

    def send(self, *words: Any, **more: Any) -> Any:
        address, body = self.request(*words, **more)
        return self.board.post(address, content=body)

    def read(self, answer: Any) -> str:
        found = {child.tag: child.text for child in ElementTree.fromstring(answer.content)}
        joined = "".join(sorted([TOKEN, found["TimeStamp"], found["Nonce"], found["Encrypt"]]))
        assert hashlib.sha1(joined.encode()).hexdigest() == found["MsgSignature"]
        plain = AES.new(self.key, AES.MODE_CBC, iv=self.key[:16]).decrypt(
            base64.b64decode(found["Encrypt"])
        )
        length = int.from_bytes(plain[16:20], "big")
        message = ElementTree.fromstring(plain[20 : 20 + length])
        assert plain[20 + length : -plain[-1]].decode() == self.corp
        return message.findtext("Content") or ""


class Dingtalk:
    def __init__(self, board: TestClient, replies: Replies) -> None:
        self.board, self.replies = board, replies

    def request(self, words: str, sender: str, ident: str, *, age: float = 0, **more: Any) -> tuple:
        timestamp = str(int((time.time() - age) * 1000) + len(self.replies.posts))
        signed = hmac.new(
            DING_SECRET.encode(), f"{timestamp}\n{DING_SECRET}".encode(), hashlib.sha256
        ).digest()
        content = {
            "msgtype": "text", "text": {"content": f" {words}"}, "msgId": ident, "conversationType": "2",
            "senderStaffId": sender, "senderId": "$:LWCP_v1:$x", "senderNick": "谁",
            "sessionWebhook": f"{self.replies.address}/robot/sendBySession?session=x", **more,
        }  # fmt: skip
        return {"timestamp": timestamp, "sign": base64.b64encode(signed).decode()}, content

    def send(self, *words: Any, **more: Any) -> Any:
        headers, content = self.request(*words, **more)
        return self.board.post("/chat/dingtalk", headers=headers, json=content)


class Feishu:
    def __init__(self, board: TestClient) -> None:
        self.board = board

    def encrypted(self, content: dict[str, Any]) -> bytes:
        key, vector = hashlib.sha256(ENCRYPT.encode()).digest(), os.urandom(16)
        plain = padded(json.dumps(content, ensure_ascii=False).encode(), 16)
        cipher = vector + AES.new(key, AES.MODE_CBC, iv=vector).encrypt(plain)
        return json.dumps({"encrypt": base64.b64encode(cipher).decode()}).encode()

    def headers(self, body: bytes, age: float = 0) -> dict[str, str]:
        timestamp, nonce = str(int(time.time() - age)), "n0nce"
        signature = hashlib.sha256(f"{timestamp}{nonce}{ENCRYPT}".encode() + body).hexdigest()
        return {"X-Lark-Request-Timestamp": timestamp, "X-Lark-Request-Nonce": nonce,
                "X-Lark-Signature": signature}  # fmt: skip

    def event(self, words: str, sender: str, ident: str, **more: Any) -> dict[str, Any]:
        message = {
            "message_id": f"om_{ident}", "chat_type": "group", "message_type": "text",
            "content": json.dumps({"text": f"@_user_1 {words}"}), "mentions": [{"key": "@_user_1"}],
        }  # fmt: skip
        return {
            "schema": "2.0",
            "header": {
                "event_id": ident,
                "event_type": "im.message.receive_v1",
                "token": VERIFY,
                **more,
            },
            "event": {
                "sender": {"sender_id": {"open_id": sender, "union_id": "on_1"}},
                "message": message,
            },
        }

    def send(self, *words: Any, age: float = 0, **more: Any) -> Any:
        body = self.encrypted(self.event(*words, **more))
        return self.board.post("/chat/feishu", content=body, headers=self.headers(body, age))


class Replies:
    """What the board posts to the platforms: path, login, content."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, str, dict[str, Any]]] = []
        replies = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                replies.posts.append((self.path, self.headers.get("Authorization", ""), content))
                answer = json.dumps(
                    {"code": 0, "errcode": 0, "tenant_access_token": "t-1"}
                ).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
