"""Posting a reply to a platform; whether it arrives changes nothing that was recorded.

Add here: nothing but how something is sent. Keep out: what is said (`signals.py`), to which address
(the platforms' modules).
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from pipelines.configuration.mailbox import is_loopback
from pipelines.language import text

log = logging.getLogger("forewarn.board")
SECONDS = 5.0


def post(address: str, content: dict[str, Any], token: str | None = None) -> Any:
    """Send JSON, give the JSON that comes back; None if nothing does. Never raises."""
    import httpx  # here: 5 MiB that a board without such a chat does not hold

    host = urlsplit(address).hostname or ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        reply = httpx.post(
            address, json=content, headers=headers, timeout=SECONDS, follow_redirects=False,
            trust_env=not is_loopback(host),
        )  # fmt: skip
        found = reply.json() if reply.is_success else {}
    except (httpx.HTTPError, ValueError) as error:
        log.warning(text("chat.log.not_replied", host=host, why=type(error).__name__))
        return None
    # Both platforms tell of a refusal in the body of a 200, as another code than 0.
    code = found.get("code", found.get("errcode", 0)) if isinstance(found, dict) else None
    if not reply.is_success or code != 0:
        why = f"HTTP {reply.status_code}, {code}"
        log.warning(text("chat.log.not_replied", host=host, why=why))
    return found
