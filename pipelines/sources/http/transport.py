"""One exchange: the address checked against the list, the body read within its bounds.

Add here: a rule about where a request may go and how much may come back. Keep out: what the answer
means (`rules.py`) and trying again (`client.py`).
"""

from __future__ import annotations

import functools
import logging
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from pipelines.failures import PermanentFailure, endpoint
from pipelines.language import text
from pipelines.sources.http.addresses import Addresses, Resolve, resolved
from pipelines.sources.http.decoding import ACCEPTED, Inflater, TooLarge
from pipelines.sources.http.replies import Reply

# The HTTP library logs whole addresses with their query, and headers: both may hold credentials.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect, for the next bytes, and for one whole reply, its headers among it (a
    slow drip ends too).
    """

    connect: float = 10.0
    read: float = 60.0
    whole: float = 300.0


@dataclass
class Outgoing:
    """A request before it is sent; an `Auth` may add to it."""

    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: dict[str, str] | None = None


def certificates(*, trust_env: bool) -> ssl.SSLContext:
    """Whom a client believes, as httpx would decide it; read once, since it takes 30 ms to read."""
    named = [os.environ.get(n) for n in ("SSL_CERT_FILE", "SSL_CERT_DIR")] if trust_env else []
    return _certificates(trust_env, *named)


@functools.cache
def _certificates(trust_env: bool, *_named: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=trust_env)


class Transport:
    """Sends what is on the list to the hosts that are configured, nothing else."""

    def __init__(
        self,
        base_url: str,
        *,
        name: str,
        allowed: Iterable[tuple[str, str]],
        hosts: Sequence[str],
        timeouts: Timeouts,
        headers: Mapping[str, str],
        max_body: int,
        clock: Callable[[], float],
        private: bool = False,
        resolve: Resolve = resolved,
    ) -> None:
        self._base_url, self._name = base_url, name
        self._allowed = [(method, re.compile(pattern)) for method, pattern in allowed]
        self._hosts, self._timeouts, self._max_body = tuple(hosts), timeouts, max_body
        self._clock = clock
        self._addresses = Addresses(name, private=private, resolve=resolve)
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPTED,
            "User-Agent": "forewarn",
            **headers,
        }
        self._http = self._client()

    def _client(self) -> httpx.Client:
        # Proxies by environment are fine, but not for a system on the own machine.
        outside = urlsplit(self._base_url).hostname not in ("127.0.0.1", "localhost", "::1")
        return httpx.Client(
            headers=self._headers,
            timeout=httpx.Timeout(self._timeouts.read, connect=self._timeouts.connect),
            follow_redirects=False,
            trust_env=outside,
            verify=certificates(trust_env=outside),
        )

    def close(self) -> None:
        self._http.close()

    def forget_cookies(self) -> None:
        self._http.cookies.clear()

    def address(self, path: str, base_url: str | None = None) -> str:
        """The absolute address of a path below the configured or the given address."""
        if path.startswith(("http://", "https://")):
            return path
        base = (base_url or self._base_url).rstrip("/")
        return base + (path if path.startswith("/") else f"/{path}")

    def _check(self, method: str, url: str) -> None:
        own = urlsplit(self._base_url)
        try:
            parts = urlsplit(url)
            asked = (parts.scheme, parts.hostname, parts.port)
        except ValueError:  # what a redirect names may be no address at all
            parts, asked = own, ("", None, None)
        same = asked == (own.scheme, own.hostname, own.port)
        # Further hosts never lower the protection: what began encrypted stays so.
        listed = asked[0] == "https" and any(
            fnmatch(parts.hostname or "", pattern) for pattern in self._hosts
        )
        if not same and not listed:
            raise PermanentFailure(
                text("sources.http.refused_call_another_host", name=self._name),
                where=endpoint(url),
                cause=text("sources.http.only_configured", hostname=own.hostname),
                next_step=text("sources.http.correct_base_url_source_if"),
            )
        path = parts.path
        if ".." in path or not any(m == method and p.fullmatch(path) for m, p in self._allowed):
            raise PermanentFailure(
                text("sources.http.refused_send", method=method, name=self._name),
                where=endpoint(url),
                cause=text("sources.http.connector_only_reads_this_path"),
                next_step=text("sources.report_this_as_fault_connector"),
            )
        self._addresses.check(url)

    def exchange(self, request: Outgoing, base_url: str | None = None) -> Reply:
        """One request and its complete reply.

        Raises `httpx.HTTPError` if the exchange broke, `PermanentFailure` if it may not be made.
        """
        url = self.address(request.path, base_url)
        deadline = self._clock() + self._timeouts.whole
        for _ in range(4):
            self._check(request.method, url)
            built = self._http.build_request(
                request.method,
                url,
                params=request.params or None,
                headers=request.headers,
                json=request.json,
                data=request.form,
                extensions=self._addresses.watching(url),
            )
            response = self._answered(built)
            try:
                body = self._body(response, deadline, endpoint(url))
            finally:
                response.close()
            target = response.headers.get("location")
            if not (response.is_redirect and target):
                headers = {key.lower(): value for key, value in response.headers.items()}
                return Reply(response.status_code, headers, body, endpoint(url))
            url = urljoin(url, target)
            if request.method != "GET":
                raise PermanentFailure(
                    text("sources.could_not_read", name=self._name),
                    where=endpoint(url),
                    cause=text("sources.http.was_redirected", method=request.method),
                    next_step=text("sources.http.enter_address_leads_as_base"),
                )
            request = replace(request, params={})
        raise httpx.TooManyRedirects("redirected in a circle")

    def _answered(self, request: httpx.Request) -> httpx.Response:
        """The reply up to its body. Waited for in a thread: headers that drip never time out by
        themselves, since each byte begins the wait for the next one anew.
        """
        came: list[httpx.Response | BaseException] = []
        late = threading.Event()

        def send() -> None:
            try:
                response = self._http.send(request, stream=True)
            except BaseException as error:
                came.append(error)
                return
            came.append(response)
            if late.is_set():
                response.close()

        waiting = threading.Thread(target=send, name="forewarn-request", daemon=True)
        waiting.start()
        waiting.join(self._timeouts.whole)
        if not came:
            late.set()
            # Nobody else uses the connections of this client while one is waited for.
            stuck, self._http = self._http, self._client()
            stuck.close()
            raise httpx.ReadTimeout(f"no answer within {self._timeouts.whole:.0f} s")
        if isinstance(came[0], BaseException):
            raise came[0]
        return came[0]

    def _body(self, response: httpx.Response, deadline: float, where: str) -> bytes:
        body = bytearray()  # not a list of pieces: they may be of one byte each
        try:
            inflater = Inflater(response.headers.get("content-encoding", ""), self._max_body)
            for part in response.iter_raw():
                for piece in inflater.feed(part):
                    body += piece
                if self._clock() > deadline:
                    took = f"the reply took more than {self._timeouts.whole:.0f} s"
                    raise httpx.ReadTimeout(took)
            inflater.end()
        except TooLarge:
            raise PermanentFailure(
                text("sources.could_not_read", name=self._name),
                where=where,
                cause=text(
                    "sources.http.one_reply_larger_than_mb", max_body=self._max_body // 1024 // 1024
                ),
                next_step=text("sources.http.ask_smaller_pages_options_source"),
            ) from None
        return bytes(body)
