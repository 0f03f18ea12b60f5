"""Asking one Zoho organisation: the allowed paths, and an answer or nothing.

Add here: a path that is read. Keep out: what replies mean (`answers.py`) and paging (`walking.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from pipelines.configuration.sources import Source
from pipelines.language import Said
from pipelines.sources.http import (
    Limiter,
    LoginMemory,
    Rate,
    ReadOnlyClient,
    Redactor,
    RetryPolicy,
    Timeouts,
)
from pipelines.sources.zoho.answers import NOTHING, Judge, judge_token
from pipelines.sources.zoho.centres import accounts_of
from pipelines.sources.zoho.login import TOKEN_PATH, token_auth
from pipelines.sources.zoho.options import Options

_V = r"v\d"
# Everything this connector may ever send. COQL knows only select; a bulk job is a query, too.
ALLOWED = (
    ("GET", rf"/crm/{_V}/org"),
    ("GET", rf"/crm/{_V}/users(/\d+/actions/associated_groups)?"),
    ("GET", rf"/crm/{_V}/settings/(roles|modules|fields|layouts|pipeline)"),
    ("GET", rf"/crm/{_V}/[A-Za-z][A-Za-z0-9_]*"),
    ("GET", rf"/crm/{_V}/[A-Za-z][A-Za-z0-9_]*/(deleted|actions/count)"),
    ("POST", rf"/crm/{_V}/coql"),
    ("POST", rf"/crm/bulk/{_V}/read"),
    ("GET", rf"/crm/bulk/{_V}/read/\d+(/result)?"),
)
# Waits of 5 to 60 s: Zoho names no time after which it would answer again.
RETRY = RetryPolicy(tries=5, base=10.0, cap=60.0)
_LARGEST = 512 * 1024 * 1024  # a zip of 200,000 wide records
_DAY = 86_400.0


class Session:
    """One source's connection. Nothing is sent and no secret is read before the first question."""

    def __init__(
        self,
        source: Source,
        options: Options,
        *,
        retry: RetryPolicy = RETRY,
        memory: LoginMemory | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.options, self.sleep = options, sleep
        base_url = source.base_url or ""
        redactor = Redactor()
        self.accounts = ReadOnlyClient(
            options.accounts_url or accounts_of(base_url),
            name=f"Zoho accounts ({source.name})",
            allowed=[("POST", TOKEN_PATH)],
            judge=judge_token,
            private=options.private_network,
            redactor=redactor,
            retry=retry,
            sleep=sleep,
        )
        self.client = ReadOnlyClient(
            base_url,
            name=f"Zoho CRM ({source.name})",
            allowed=ALLOWED,
            auth=token_auth(source, options, self.accounts, memory),
            private=options.private_network,
            limiter=Limiter(Rate(options.daily_credits, _DAY), sleep=sleep),
            timeouts=Timeouts(connect=10.0, read=120.0, whole=900.0),
            retry=retry,
            judge=Judge(options.spare_credits),
            max_body=_LARGEST,
            redactor=redactor,
            sleep=sleep,
        )
        # Ten results per minute may be fetched.
        self.downloads = Limiter(Rate(10, 60.0), sleep=sleep)

    def close(self) -> None:
        self.client.close()
        self.accounts.close()

    def path(self, rest: str, *, bulk: bool = False) -> str:
        """`Deals` -> `/crm/v8/Deals`."""
        return f"/crm/{'bulk/' if bulk else ''}{self.options.api_version}/{rest}"

    def get(
        self,
        rest: str,
        params: Mapping[str, Any] | None = None,
        *,
        expect: Mapping[str, type | tuple[type, ...]],
        headers: Mapping[str, str] | None = None,
        tried: Said = "",
        bulk: bool = False,
    ) -> dict[str, Any] | None:
        """The JSON object, None for the empty answers that mean "nothing"."""
        reply = self.client.get_json(
            self.path(rest, bulk=bulk), params=params, expect=expect, headers=headers, tried=tried
        )
        return None if reply.status in NOTHING else reply.json

    def post(
        self,
        rest: str,
        json: Any,
        *,
        expect: Mapping[str, type | tuple[type, ...]],
        tried: Said = "",
        bulk: bool = False,
        cost: int = 1,
    ) -> dict[str, Any] | None:
        """As `get`, for questions that are asked by POST."""
        reply = self.client.post_json(
            self.path(rest, bulk=bulk), json, expect=expect, tried=tried, cost=cost
        )
        return None if reply.status in NOTHING else reply.json
