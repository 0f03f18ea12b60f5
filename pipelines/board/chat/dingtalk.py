r"""钉钉: messages to a robot of the company in HTTP mode.

Add here: a kind of message. Keep out: what is done with it (`signals.py`).

    sign = Base64(HMAC-SHA256(app secret, timestamp + "\n" + app secret)), timestamp in milliseconds

The signature covers the moment alone, not the message. So each is good once: who sees a request cannot
put other words under it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import partial
from urllib.parse import urlsplit

import orjson
from starlette.responses import JSONResponse, Response

from pipelines.board.chat.messages import Heard, Request, Untrue, field, fresh, same, secret
from pipelines.board.chat.replies import post
from pipelines.configuration.chat import Chat
from pipelines.configuration.mailbox import is_loopback

# As the platform documents it.
WITHIN = 3600.0


def hear(chat: Chat, request: Request) -> Heard | Response:
    """A message. Raises Untrue."""
    bot = chat.dingtalk
    if bot is None or request.method != "POST":
        raise Untrue
    timestamp, key = request.headers.get("timestamp", ""), secret(bot.app_secret)
    signed = hmac.new(key.encode(), f"{timestamp}\n{key}".encode(), hashlib.sha256).digest()
    if not same(request.headers.get("sign", ""), base64.b64encode(signed).decode()):
        raise Untrue
    fresh(timestamp, within=WITHIN, unit=0.001)
    try:
        content = orjson.loads(request.body)
    except ValueError:
        raise Untrue from None
    message_id = field(content, "msgId")
    senders = tuple(filter(None, (field(content, "senderStaffId"), field(content, "senderId"))))
    if field(content, "msgtype") != "text" or not message_id or not senders:
        return JSONResponse({})
    reply_to = field(content, "sessionWebhook")
    parts = urlsplit(reply_to)
    host = parts.hostname or ""
    is_theirs = host in bot.hosts and (parts.scheme == "https" or is_loopback(host))
    return Heard(
        "dingtalk",
        senders,
        field(content, "text", "content"),
        (f"dingtalk {hashlib.sha256(message_id.encode()).hexdigest()[:40]}",),
        once=(f"dingtalk sign {timestamp}",),
        say=partial(_say, reply_to) if is_theirs else None,
    )


def _say(address: str, words: str) -> None:
    post(address, {"msgtype": "text", "text": {"content": words}})
