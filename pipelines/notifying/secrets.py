"""Keeping secrets of channel URLs out of everything that is written down.

Add here: a place where a channel's address could leak. Keep out: sending.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
# Libraries that write addresses, with path and query, to their logs.
_TALKATIVE = ("apprise", "urllib3", "requests", "requests_oauthlib")
# Shorter parts (a port, `send`) are no secrets, and blanking them would garble every text.
_SHORTEST_SECRET = 4
# Services whose URL really names a host.
_WITH_HOST = {"json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos"}


def resolve(reference: str, environment: Mapping[str, str] = os.environ) -> str:
    """The URL with every `${NAME}` replaced. KeyError names the variable that is not set."""

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if not environment.get(name):
            raise KeyError(name)
        return environment[name]

    return REFERENCE.sub(value, reference)


def fingerprint(reference: str) -> str:
    """A channel's name in the ledger: its scheme and a digest of what the file says of it.

    The digest is of the reference, so that a new secret behind `${NAME}` is still that channel.
    """
    digest = hashlib.sha256(reference.encode()).hexdigest()[:12]
    scheme = reference.partition("://")[0] if "://" in reference else "url"
    return f"{scheme[:20]}-{digest}" if not REFERENCE.search(scheme) else f"url-{digest}"


def masked(reference: str) -> str:
    """A channel as it may be shown: `${NAME}` stays, a literal URL keeps only scheme and host."""
    if REFERENCE.fullmatch(reference):
        return reference
    scheme, separator, rest = reference.partition("://")
    if not separator or REFERENCE.search(scheme):
        return "…"
    if scheme == "file":
        return reference
    host = rest.rpartition("@")[2].partition("/")[0].partition("?")[0]
    # Most services have their token where others have a host.
    return f"{scheme}://{host}/…" if scheme in _WITH_HOST and host else f"{scheme}://…"


def secret_parts(url: str) -> list[str]:
    """Everything in a URL that could be a secret, longest first."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return [url]
    found = {url, url.partition("://")[2], parts.netloc}
    shown = f"{parts.hostname or ''}{port}"
    found.update(filter(None, (parts.username, parts.password)))
    found.update(parts.path.split("/"))
    found.update(value for _, value in parse_qsl(parts.query, keep_blank_values=False))
    if shown and "." not in shown:
        found.add(parts.netloc.rpartition("@")[2].partition(":")[0])
    found |= {unquote(part) for part in found}
    found -= {shown, parts.hostname or "", "localhost"}
    return sorted((part for part in found if len(part) >= _SHORTEST_SECRET), key=len, reverse=True)


def redacted(text: str, url: str) -> str:
    """The text with every part of the URL that could be a secret blanked."""
    for part in secret_parts(url):
        text = text.replace(part, "***")
    return text


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the sending libraries from logging addresses, whatever level the host has set.

    What went wrong is reported by us, redacted.
    """
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    before = [(logger, logger.level) for logger in loggers]
    names = [name for name in logging.root.manager.loggerDict if name.startswith("urllib3.")]
    before += [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    for logger, _ in before:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
