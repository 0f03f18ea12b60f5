"""What a reply means by the rules that all systems share: which is worth another try, which is not.

Add here: a rule of HTTP itself. Keep out: codes of one system (its `judge` is asked first).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import httpx

from pipelines import language
from pipelines.language import Text
from pipelines.sources.http.redaction import Redactor
from pipelines.sources.http.replies import SHAPE, Reply, Verdict, shape_fault
from pipelines.sources.http.retrying import retry_after

_RETRIED = {406, 408, 420, 425, 429, 500, 502, 503, 504}

Expected = Mapping[str, type | tuple[type, ...]] | type


def verdict_of(
    reply: Reply,
    *,
    expect: Expected | None,
    content_types: Sequence[str] | None,
    redactor: Redactor,
    now: dt.datetime,
) -> Verdict:
    """What to do with a reply: by status, content type and shape (see `ReadOnlyClient.get_json`)."""
    status = reply.status
    # What an answer said is worth its reading only where it is told: two thousandths of a second each.
    refused = status >= 300 or status == 206
    said = redactor.excerpt(reply.body) if refused else ""
    told = f"HTTP {status}{', ' + said if said else ''}"
    if status in _RETRIED or status >= 500:
        wait = retry_after(reply.headers.get("retry-after"), now)
        return Verdict("retry", told, wait=wait, code=str(status))
    if status == 401:
        return Verdict("login", told, language.text("sources.http.check_credentials"), code="401")
    if status == 206:
        # Nobody asked for a part: a cache on the way gives one for the whole.
        return Verdict("retry", told, language.text("sources.http.check_base_url_whether_proxy"))
    if status >= 300:
        return Verdict("permanent", told, code=str(status))
    if content_types is not None:
        if reply.content_type in content_types:
            return Verdict("accept")
        return Verdict("retry", _of_type(reply, ""))
    if expect is None:
        return Verdict("accept")
    content = reply.json_or_none()
    if content is None and reply.body.strip() != b"null":
        # A gateway's page, or a body that was cut where no length was announced.
        return Verdict(
            "retry",
            _of_type(reply, redactor.excerpt(reply.body)),
            language.text("sources.http.check_base_url_whether_proxy"),
        )
    fault = shape_fault(content, expect)
    if fault:
        return Verdict(
            "retry",
            language.text("sources.http.another_shape", fault=fault),
            language.text("sources.see_whether_system_has_changed"),
            code=SHAPE,
        )
    return Verdict("accept")


def _of_type(reply: Reply, said: str) -> Text:
    """An answer of another content type than was asked for, with its beginning."""
    kind = reply.content_type or language.text("sources.http.no_type")
    if said:
        return language.text("sources.http.no_json_but", kind=kind, said=said)
    return language.text("sources.http.answer_of_type", kind=kind)


def _no_connection(said: str) -> Text:
    if said:
        return language.text("sources.http.break.no_connection_because", said=said)
    return language.text("sources.http.break.no_connection")


def verdict_of_break(error: httpx.HTTPError) -> Verdict:
    """What a broken exchange means; the text of the error itself may hold an address."""
    kinds: list[tuple[type[Exception], Text]] = [
        (httpx.ConnectTimeout, language.text("sources.http.break.connect_timeout")),
        (httpx.ConnectError, _no_connection(str(error))),
        (httpx.ReadTimeout, language.text("sources.http.break.read_timeout")),
        (httpx.TimeoutException, language.text("sources.http.break.timeout")),
        (httpx.RemoteProtocolError, language.text("sources.http.break.cut_off")),
        (httpx.DecodingError, language.text("sources.http.break.damaged")),
        (httpx.TooManyRedirects, language.text("sources.http.break.circle")),
    ]
    for kind, cause in kinds:
        if isinstance(error, kind):
            return Verdict(
                "retry", cause, language.text("sources.http.check_system_up_reachable_from")
            )
    return Verdict("retry", type(error).__name__)
