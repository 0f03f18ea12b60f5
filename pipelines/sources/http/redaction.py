"""Nothing secret in a message: known values and whatever looks like a credential are blanked.

Add here: another look of a credential. Keep out: where messages are made.
"""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

_BLANK = "***"
# `"access_token": "..."`, `client_secret=...`, `Authorization: Bearer ...`, in JSON, forms, headers.
_LOOKS_SECRET = re.compile(
    r"""(?ix)
    ( ["']? [\w.-]* (?: token | secret | passw(?:or)?d | api_?key | assertion | authorization
        | session_?id | signature | cookie ) [\w.-]* ["']? \s* [:=] \s* (?: bearer \s+ | basic \s+ )? )
    ( "[^"]*"? | '[^']*'? | [^\s,;&}"']+ )
    """
)
_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.IGNORECASE | re.DOTALL)


class Redactor:
    """Knows the secrets of one client, and cleans texts that people will read."""

    def __init__(self, *secrets: str) -> None:
        self._secrets: set[str] = set()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Add values that may never be shown; short or empty ones are not worth blanking."""
        for secret in secrets:
            if len(secret) >= 4:
                self._secrets |= {secret, quote(secret, safe=""), quote_plus(secret)}

    def clean(self, text: str) -> str:
        """The text with known secrets, and what looks like one, blanked."""
        # Longest first: one secret may be the beginning of another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, _BLANK)
        return _LOOKS_SECRET.sub(lambda match: match.group(1) + _BLANK, text)

    def excerpt(self, body: bytes, length: int = 200) -> str:
        """The beginning of a body as one clean line: no tags, no control characters, no secret."""
        text = body[: length * 20].decode("utf-8", "replace")
        text = " ".join(self.clean(_TAGS.sub(" ", text)).split())
        text = "".join(char for char in text if char.isprintable())
        return text if len(text) <= length else text[: length - 1] + "…"
