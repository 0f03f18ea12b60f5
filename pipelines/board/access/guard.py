"""What holds for every request: headers, hosts, sizes, how often, and posts that nobody forged.

Add here: a defence that needs no knowledge of pages. Keep out: who may see what.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
# Posts of one person or address in a minute: a person answers a few, a script tries thousands.
POSTS_A_MINUTE = 60
_ADDRESSES = 2000


class Headers:
    """Every answer carries the security headers; a page may set its own value of one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI asks."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.lower().encode(), value.encode())
                        for name, value in HEADERS.items()
                        if name.lower().encode() not in given
                    ),
                ]
            await send(message)

        await self.app(scope, receive, with_headers)


class Pace:
    """How many posts a person or an address may send; the oldest are forgotten first."""

    def __init__(self, most: int = POSTS_A_MINUTE) -> None:
        self._most = most
        self._seen: OrderedDict[str, list[float]] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Count one more post; False when it was one too many."""
        now = time.monotonic()
        recent = [moment for moment in self._seen.pop(address, []) if now - moment < 60]
        allowed = len(recent) < self._most
        if allowed:
            recent.append(now)
        self._seen[address] = recent
        while len(self._seen) > _ADDRESSES:
            self._seen.popitem(last=False)
        return allowed


def is_from_here(request: Request) -> bool:
    """Whether a post comes from one of our own pages, as far as the browser tells.

    Browsers that say nothing of the kind (old ones, plain http off loopback) send an Origin; without
    either the form's token alone decides.
    """
    fetched = request.headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def inside(address: str) -> str:
    """An address of this board; whatever leads elsewhere becomes the first page."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    is_path = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if is_path and not parts.netloc and not parts.scheme else "/"
