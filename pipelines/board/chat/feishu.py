"""飞书: events of version 2 of an app with a bot, encrypted and signed.

Add here: a kind of message. Keep out: what is done with it (`signals.py`).

    X-Lark-Signature = SHA256(timestamp + nonce + encrypt key + body as it came), in hexadecimal
    encrypt          = Base64 of vector (16 bytes) and AES-256-CBC; key = SHA256(encrypt key)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from functools import partial
from typing import Any

import orjson
from Crypto.Cipher import AES
from Crypto.Util.Padding import unpad
from starlette.responses import JSONResponse, Response

from pipelines.board.chat.messages import Heard, Request, Untrue, field, fresh, same, secret
from pipelines.board.chat.replies import post
from pipelines.configuration.chat import Chat, Feishu

WITHIN = 300.0


def hear(chat: Chat, request: Request) -> Heard | Response:
    """The check of the address, or a message. Raises Untrue."""
    bot = chat.feishu
    if bot is None or request.method != "POST":
        raise Untrue
    is_signed = "x-lark-signature" in request.headers
    if is_signed:
        _check(bot, request)
    content = _opened(bot, request.body)
    if field(content, "type") == "url_verification":
        # It may come unsigned: that it is encrypted and knows the token proves as much.
        _known(bot, field(content, "token"))
        return JSONResponse({"challenge": field(content, "challenge")})
    _known(bot, field(content, "header", "token"))
    if not is_signed:
        raise Untrue
    event_id, event = field(content, "header", "event_id"), content.get("event")
    senders = tuple(
        found for kind in ("open_id", "user_id", "union_id")
        if (found := field(event, "sender", "sender_id", kind))
    )  # fmt: skip
    is_text = field(event, "message", "message_type") == "text"
    if field(content, "header", "event_type") != "im.message.receive_v1" or not is_text:
        return JSONResponse({})
    if not event_id or not senders:
        return JSONResponse({})
    assert isinstance(event, dict)
    message_id = field(event, "message", "message_id")
    return Heard(
        "feishu",
        senders,
        _words(event),
        tuple(f"feishu {one[:80]}" for one in (event_id, message_id) if one),
        say=partial(_say, bot, message_id) if bot.app_id and bot.app_secret else None,
    )


def _check(bot: Feishu, request: Request) -> None:
    headers = request.headers
    timestamp = headers.get("x-lark-request-timestamp", "")
    begin = timestamp + headers.get("x-lark-request-nonce", "") + secret(bot.encrypt_key)
    expected = hashlib.sha256(begin.encode() + request.body).hexdigest()
    if not same(headers["x-lark-signature"], expected):
        raise Untrue
    fresh(timestamp, within=WITHIN)


def _opened(bot: Feishu, body: bytes) -> dict[str, Any]:
    try:
        cipher = base64.b64decode(field(orjson.loads(body), "encrypt"), validate=True)
        key = hashlib.sha256(secret(bot.encrypt_key).encode()).digest()
        plain = AES.new(key, AES.MODE_CBC, cipher[:16]).decrypt(cipher[16:])
        content = orjson.loads(unpad(plain, AES.block_size))
    except (ValueError, binascii.Error):
        raise Untrue from None
    if not isinstance(content, dict):
        raise Untrue
    return content


def _known(bot: Feishu, token: str) -> None:
    if not same(token, secret(bot.verification_token)):
        raise Untrue


def _words(event: dict[str, Any]) -> str:
    """The text without the places where somebody is called by name (`@_user_1`)."""
    try:
        words = field(orjson.loads(field(event, "message", "content")), "text")
    except ValueError:
        return ""
    mentions = event["message"].get("mentions")
    for mention in mentions if isinstance(mentions, list) else []:
        words = words.replace(field(mention, "key") or "\0", "")
    return words


def _say(bot: Feishu, message_id: str, words: str) -> None:
    """Reply below the message, as the app."""
    assert bot.app_secret is not None
    login = {"app_id": bot.app_id, "app_secret": secret(bot.app_secret)}
    given = post(f"{bot.base_url}/open-apis/auth/v3/tenant_access_token/internal", login)
    token = field(given, "tenant_access_token")
    content = {"msg_type": "text", "content": orjson.dumps({"text": words}).decode()}
    if token:
        post(f"{bot.base_url}/open-apis/im/v1/messages/{message_id}/reply", content, token)
