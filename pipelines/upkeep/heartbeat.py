"""The heartbeat: an address that is called after every good night, so that silence is noticed outside.

Add here: nothing else. Keep out: what people are told (`notifying/`).

A machine that is switched off tells nobody. A service that waits for this call does (any that takes
a GET: the monitoring of the company, a dead man's switch). The address is a secret: it is shown
without its query, and never logged whole.
"""

from __future__ import annotations

import os

import httpx

from pipelines.failures import endpoint
from pipelines.language import Text, text

URL = "FOREWARN_HEARTBEAT_URL"
_SECONDS = 10.0
_ATTEMPTS = 3


def beat() -> Text | None:
    """Call the address once a night has gone well; what to log, None where there is no address.

    Never raises: a night is not less good for a monitor that does not answer.
    """
    url = os.environ.get(URL)
    if not url:
        return None
    why = ""
    for _ in range(_ATTEMPTS):
        try:
            reply = httpx.get(url, timeout=_SECONDS)
            if reply.is_success:
                return text("heartbeat.called", where=_shown(url))
            why = f"HTTP {reply.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = type(error).__name__
    return text("heartbeat.not_called", where=_shown(url), why=why)


def _shown(url: str) -> str:
    # The path of such addresses is their key: host alone is enough to know which one.
    return endpoint(url).split("://", 1)[-1].split("/", 1)[0]
