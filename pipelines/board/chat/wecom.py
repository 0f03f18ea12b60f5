"""企业微信: messages to an application of the company, in encrypted XML.

Add here: a kind of message. Keep out: what is done with it (`signals.py`).

    msg_signature = SHA1 of token, timestamp, nonce and the cipher text, sorted and joined
    cipher text   = Base64 of AES-256-CBC; key = Base64 of EncodingAESKey, its first half is the vector
    plain text    = 16 random bytes, length (4 bytes, big end first), message, id of the company
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import struct
import time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from Crypto.Cipher import AES
from Crypto.Util.Padding import pad, unpad
from starlette.responses import PlainTextResponse, Response

from pipelines.board.chat.messages import Heard, Request, Untrue, fresh, same, secret
from pipelines.configuration.chat import Chat, Wecom

# The platform asks again for some seconds; its clock may be off a little.
WITHIN = 300.0
_BLOCK = 32


def hear(chat: Chat, request: Request) -> Heard | Response:
    """The check of the address (GET), or a message. Raises Untrue."""
    bot = chat.wecom
    if bot is None:
        raise Untrue
    if request.method == "GET":
        return PlainTextResponse(_opened(bot, request, request.query.get("echostr", "")))
    content = _xml(_opened(bot, request, _xml(request.body).get("Encrypt", "")))
    message_id, sender = content.get("MsgId", ""), content.get("FromUserName", "")
    if content.get("MsgType") != "text" or not message_id or not sender:
        return PlainTextResponse("")  # somebody opened the application, sent a picture
    return Heard(
        "wecom",
        (sender,),
        content.get("Content", ""),
        (f"wecom {message_id}",),
        answer=lambda words: _reply(bot, content, words),
    )


def _signature(token: str, timestamp: str, nonce: str, cipher: str) -> str:
    joined = "".join(sorted((token, timestamp, nonce, cipher)))
    return hashlib.sha1(joined.encode(), usedforsecurity=False).hexdigest()


def _opened(bot: Wecom, request: Request, cipher: str) -> bytes:
    query = request.query
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    expected = _signature(secret(bot.token), timestamp, nonce, cipher)
    if not cipher or not same(query.get("msg_signature", ""), expected):
        raise Untrue
    fresh(timestamp, within=WITHIN)
    try:
        key = _key(bot)
        plain = AES.new(key, AES.MODE_CBC, key[:16]).decrypt(
            base64.b64decode(cipher, validate=True)
        )
        plain = unpad(plain, _BLOCK)
        length = struct.unpack(">I", plain[16:20])[0]
    except (ValueError, binascii.Error, struct.error):
        raise Untrue from None
    message, company = plain[20 : 20 + length], plain[20 + length :]
    if len(message) != length or not same(company.decode(errors="replace"), bot.corp_id):
        raise Untrue
    return message


def _key(bot: Wecom) -> bytes:
    return base64.b64decode(secret(bot.aes_key) + "=")


def _xml(body: bytes) -> dict[str, str]:
    """The texts right below the root. Raises Untrue for anything but a flat document."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise Untrue
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError):
        raise Untrue from None
    return {child.tag: child.text or "" for child in root}


def _reply(bot: Wecom, content: dict[str, str], words: str) -> Response:
    now, nonce = str(int(time.time())), secrets.token_hex(8)
    message = (
        f"<xml><ToUserName>{escape(content['FromUserName'])}</ToUserName>"
        f"<FromUserName>{escape(content.get('ToUserName', ''))}</FromUserName>"
        f"<CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>{escape(words)}</Content></xml>"
    ).encode()
    plain = (
        secrets.token_bytes(16) + struct.pack(">I", len(message)) + message + bot.corp_id.encode()
    )
    key = _key(bot)
    cipher = base64.b64encode(
        AES.new(key, AES.MODE_CBC, key[:16]).encrypt(pad(plain, _BLOCK))
    ).decode()
    signature = _signature(secret(bot.token), now, nonce, cipher)
    return Response(
        f"<xml><Encrypt>{cipher}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        f"<TimeStamp>{now}</TimeStamp><Nonce>{nonce}</Nonce></xml>",
        media_type="application/xml",
    )
