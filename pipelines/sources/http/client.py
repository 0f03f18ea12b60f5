"""One HTTP client for reading systems: listed paths only, bounded in time, size and tries.

Add here: a rule that every request to every system must keep. Keep out: what one system means by
its codes (pass a `judge`) and how it logs in (pass an `Auth`).

A connector lists the methods and paths it needs. Anything else is refused before it is sent, and so
is a redirect to another host: whatever a configuration or a reply says, nothing can be written.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import httpx

from pipelines.failures import Failure, TransientFailure, endpoint
from pipelines.language import Said, Text, text
from pipelines.sources.http.auth import Auth
from pipelines.sources.http.limiter import Limiter
from pipelines.sources.http.redaction import Redactor
from pipelines.sources.http.replies import SHAPE, USUAL_STEP, Judge, Refusal, Reply, Verdict
from pipelines.sources.http.retrying import RetryPolicy
from pipelines.sources.http.rules import Expected, verdict_of, verdict_of_break
from pipelines.sources.http.transport import Outgoing, Timeouts, Transport

log = logging.getLogger("forewarn.http")


class ReadOnlyClient:
    """Sends requests to one system and gives back complete, checked replies.

    `allowed`: pairs of method and regular expression, which must match the whole path below the
    host, e.g. `("GET", r"/services/data/v[0-9.]+/query/?")`. `hosts`: patterns of further hosts
    (`*.my.salesforce.com`) that a login may name as the place of the data. `judge` sees every reply
    before the general rules (errors with HTTP 200, codes that mean a dead token or a daily limit).
    `private`: the configuration allows addresses that are not public (see `addresses.py`).
    """

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        allowed: Iterable[tuple[str, str]],
        auth: Auth | None = None,
        limiter: Limiter | None = None,
        timeouts: Timeouts | None = None,
        retry: RetryPolicy | None = None,
        judge: Judge | None = None,
        hosts: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        max_body: int = 64 * 1024 * 1024,
        redactor: Redactor | None = None,
        private: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.base_url, self.name = base_url.rstrip("/"), name
        self._auth, self._judge = auth, judge
        self.limiter = limiter or Limiter()
        self.redactor = redactor or Redactor()
        self._retry, self._sleep, self._now = retry or RetryPolicy(), sleep, now
        self._transport = Transport(
            self.base_url,
            name=name,
            allowed=allowed,
            hosts=hosts,
            timeouts=timeouts or Timeouts(),
            headers=headers or {},
            max_body=max_body,
            clock=clock,
            private=private,
        )

    def close(self) -> None:
        self._transport.close()

    def forget_cookies(self) -> None:
        """Drop the cookies of an earlier session before a new login."""
        self._transport.forget_cookies()

    def __enter__(self) -> ReadOnlyClient:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # What connectors call --------------------------------------------------------------------

    def get_json(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        expect: Expected | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
        cost: int = 1,
        tried: Said = "",
    ) -> Reply:
        """GET a JSON body; `reply.json` is parsed and has the shape `expect` (see `shape_fault`).

        `path` may be an absolute address on an allowed host (a link to the next page). `cost`: what
        the limiter counts. `tried` names the attempt in failures. Raises `Refusal` (a
        `PermanentFailure` with status and code), `PermanentFailure`, `TransientFailure`.
        """
        outgoing = Outgoing("GET", path, _texts(params), dict(headers or {}))
        return self.send(
            outgoing, expect=expect or dict, authorised=authorised, cost=cost, tried=tried
        )

    def post_json(
        self,
        path: str,
        json: Any,
        *,
        params: Mapping[str, Any] | None = None,
        expect: Expected | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = True,
        cost: int = 1,
        tried: Said = "",
    ) -> Reply:
        """POST a JSON body to a path that reads; otherwise as `get_json`."""
        outgoing = Outgoing("POST", path, _texts(params), dict(headers or {}), json=json)
        return self.send(
            outgoing, expect=expect or dict, authorised=authorised, cost=cost, tried=tried
        )

    def post_form(
        self,
        path: str,
        form: Mapping[str, str],
        *,
        expect: Expected | None = None,
        headers: Mapping[str, str] | None = None,
        authorised: bool = False,
        tried: Said = "",
    ) -> Reply:
        """POST a form, which is how tokens are asked for; otherwise as `get_json`."""
        outgoing = Outgoing("POST", path, {}, dict(headers or {}), form=dict(form))
        return self.send(outgoing, expect=expect or dict, authorised=authorised, tried=tried)

    def get_bytes(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        content_types: Sequence[str],
        headers: Mapping[str, str] | None = None,
        cost: int = 1,
        tried: Said = "",
    ) -> Reply:
        """GET a body that is not JSON (CSV); its content type must be one of `content_types`."""
        outgoing = Outgoing("GET", path, _texts(params), dict(headers or {}))
        return self.send(outgoing, content_types=content_types, cost=cost, tried=tried)

    def send(
        self,
        outgoing: Outgoing,
        *,
        expect: Expected | None = None,
        content_types: Sequence[str] | None = None,
        authorised: bool = True,
        cost: int = 1,
        tried: Said = "",
    ) -> Reply:
        """Send within the policy of retries; see `get_json`. `expect` None: no JSON is expected."""
        tried = tried or text("sources.could_not_read_source", source=self.name)
        auth = self._auth if authorised else None
        failures, misshapen, logged_in = 0, 0, False
        while True:
            self.limiter.acquire(cost)
            request = _copied(outgoing)
            token = auth.prepare(self, request) if auth else None
            base_url = token.base_url if token else None
            try:
                reply = self._transport.exchange(request, base_url)
            except httpx.HTTPError as error:
                where = endpoint(self._transport.address(request.path, base_url))
                reply, verdict = Reply(0, {}, b"", where), verdict_of_break(error)
            else:
                verdict = self._verdict(reply, expect, content_types)
            if verdict.action == "accept":
                if auth:
                    auth.accepted()
                return reply
            if verdict.action == "login":
                failure = self._failure(tried, reply, replace(verdict, action="permanent"))
                if auth is None:
                    raise failure
                if logged_in or not auth.renew(self, token):
                    raise auth.refused(failure)
                logged_in = True
                continue
            if verdict.action != "retry":
                raise self._failure(tried, reply, verdict)
            # A fresh token refused at once is no use; one that died while waiting is renewed again.
            logged_in = False
            if verdict.code == SHAPE:
                misshapen += 1
                # Once may be a hiccup of a gateway; twice the interface has changed.
                if misshapen > 1:
                    raise self._failure(tried, reply, replace(verdict, action="permanent"))
            failures += 1
            wait = self._retry.wait(failures) if verdict.wait is None else verdict.wait
            if wait > self._retry.longest_wait:
                cause = text(
                    "sources.http.system_asks_wait_s",
                    cause=self._clean(verdict.cause),
                    wait=f"{wait:.0f}",
                )
                raise self._failure(tried, reply, replace(verdict, action="transient", cause=cause))
            if failures >= self._retry.tries:
                cause = text("sources.http.tries", cause=self._clean(verdict.cause), tries=failures)
                raise self._failure(tried, reply, replace(verdict, action="transient", cause=cause))
            said = self._clean(verdict.cause)
            again = text(
                "sources.http.again",
                name=self.name,
                said=said,
                wait=f"{wait:.1f}",
                where=reply.where,
            )
            log.info("%s", again)
            self._sleep(wait)

    def _verdict(
        self, reply: Reply, expect: Expected | None, content_types: Sequence[str] | None
    ) -> Verdict:
        judged = self._judge(reply) if self._judge else None
        # An accepted 200 still has to have the expected shape.
        if judged is not None and (judged.action != "accept" or reply.status != 200):
            return judged
        return verdict_of(
            reply,
            expect=expect,
            content_types=content_types,
            redactor=self.redactor,
            now=self._now(),
        )

    def _clean(self, said: Said) -> Said:
        """What came back, without secrets; a sentence holds none, what goes into it may."""
        if isinstance(said, str):
            return self.redactor.clean(said)
        if type(said) is not Text:
            return said
        return Text(
            said.key,
            {
                name: self._clean(value) if isinstance(value, str | Text) else value
                for name, value in said.values.items()
            },
        )

    def _failure(self, tried: Said, reply: Reply, verdict: Verdict) -> Failure:
        cause, next_step = self._clean(verdict.cause), verdict.next_step
        if verdict.action == "transient":
            return TransientFailure(
                tried,
                where=reply.where,
                cause=cause,
                next_step=next_step or text("sources.http.run_again_later"),
            )
        return Refusal(
            tried,
            where=reply.where,
            cause=cause,
            next_step=next_step or USUAL_STEP,
            status=reply.status,
            code=verdict.code,
        )


def _copied(outgoing: Outgoing) -> Outgoing:
    """A copy that an `Auth` may add to, so that a repetition begins from the original."""
    body = dict(outgoing.json) if isinstance(outgoing.json, dict) else outgoing.json
    return replace(
        outgoing, params=dict(outgoing.params), headers=dict(outgoing.headers), json=body
    )


def _texts(params: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: str(value) for key, value in (params or {}).items() if value is not None}
