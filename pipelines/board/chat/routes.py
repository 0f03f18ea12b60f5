"""The addresses that platforms call, and what every call goes through.

Add here: the address of another platform. Keep out: how a platform proves itself (its own module).

Whatever is not proved gets the same short refusal; whatever is, an answer within the platform's seconds:
replies that need calls of our own are sent after it.
"""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from pipelines.board.access.guard import Pace
from pipelines.board.chat import dingtalk, feishu, wecom
from pipelines.board.chat.messages import Hear, Heard, Request, Untrue
from pipelines.board.chat.signals import record
from pipelines.board.site import Site
from pipelines.failures import Failure
from pipelines.language import text
from pipelines.ledger.programs import forget, hear
from pipelines.notifying.small_form import LARGEST_FORM

HEARING: dict[str, Hear] = {"wecom": wecom.hear, "dingtalk": dingtalk.hear, "feishu": feishu.hear}
# Of all people together, and of one.
CALLS_A_MINUTE, MESSAGES_A_MINUTE = 600, 30


def routes(site: Site) -> list[BaseRoute]:
    """The addresses of the bots that board.yml names."""
    everybody, each = Pace(CALLS_A_MINUTE), Pace(MESSAGES_A_MINUTE)
    return [
        _route(site, platform, listen, everybody, each)
        for platform, listen in HEARING.items()
        if getattr(site.file.chat, platform) is not None
    ]


def _route(site: Site, platform: str, listen: Hear, everybody: Pace, each: Pace) -> BaseRoute:
    async def endpoint(request: HttpRequest) -> Response:
        if not everybody.allows(platform):
            return PlainTextResponse("", 429, {"Retry-After": "60"})
        body = await _body(request)
        if body is None:
            return PlainTextResponse("", 413)
        asked = Request(request.method, request.query_params, request.headers, body)
        try:
            heard = listen(site.file.chat, asked)
            if isinstance(heard, Response):
                return heard
            if not each.allows(f"{platform} {heard.senders[0]}"):
                return PlainTextResponse("", 429, {"Retry-After": "60"})
            return await run_in_threadpool(_taken, site, heard)
        except Untrue:
            return PlainTextResponse("", 403)

    return Route(f"/chat/{platform}", endpoint, methods=["GET", "POST"])


async def _body(request: HttpRequest) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    return bytes(body)


def _taken(site: Site, heard: Heard) -> Response:
    """The reply to a message, which is recorded at most once. Raises Untrue for a used proof."""
    now = site.settings.now()
    # Every key is noted, also behind one that was known.
    news = [hear(site.ledger, key, now=now) for key in heard.keys]
    if not all(news):
        return PlainTextResponse("")  # the platform asks again, or somebody else does
    proofs = [hear(site.ledger, key, now=now) for key in heard.once]
    if not all(proofs):
        forget(site.ledger, heard.keys)
        raise Untrue
    try:
        words = record(site, heard)
    except (FileNotFoundError, Failure):
        # Nothing is published, the ledger is busy: the platform or the person may try again.
        forget(site.ledger, (*heard.keys, *heard.once))
        words = text("chat.reply.not_now").into(site.settings.company.language)
    if heard.answer is not None:
        return heard.answer(words)
    say = heard.say
    return JSONResponse({}, background=BackgroundTask(say, words) if say else None)
