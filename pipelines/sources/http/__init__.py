"""The shared HTTP layer of the systems that are read by API: requests that cannot do harm.

Add here: what at least two systems need to fetch an answer safely.
Keep out: rows (`sources/records/`), addresses, objects and codes of one system (its own package).

    client.py      one request: limits, retries, one new login; transport.py sends it (allowed paths
                   only, bounded bodies), rules.py tells what its reply means
    addresses.py   where a request may go at all; decoding.py: compressed bodies, bounded
    auth.py        tokens that are reused and renewed once; logins.py: refused ones are not tried again
    limiter.py     staying below a system's limits before it refuses
    replies.py     what a reply is, and what a system may judge about it
    retrying.py    how often and how long to wait
    redaction.py   nothing secret in a message
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines.sources.http.auth import Asking, Auth, FixedAuth, Token, TokenAuth
    from pipelines.sources.http.client import ReadOnlyClient
    from pipelines.sources.http.limiter import Limiter, Rate
    from pipelines.sources.http.logins import LoginMemory, LoginRefused
    from pipelines.sources.http.redaction import Redactor
    from pipelines.sources.http.replies import Refusal, Reply, Verdict
    from pipelines.sources.http.retrying import RetryPolicy
    from pipelines.sources.http.transport import Outgoing, Timeouts

# Loaded when they are asked for: whoever needs `addresses` alone, as each night does, needs no client.
_PLACES = {
    "auth": ("Asking", "Auth", "FixedAuth", "Token", "TokenAuth"),
    "client": ("ReadOnlyClient",),
    "limiter": ("Limiter", "Rate"),
    "logins": ("LoginMemory", "LoginRefused"),
    "redaction": ("Redactor",),
    "replies": ("Refusal", "Reply", "Verdict"),
    "retrying": ("RetryPolicy",),
    "transport": ("Outgoing", "Timeouts"),
}

__all__ = [
    "Asking",
    "Auth",
    "FixedAuth",
    "Limiter",
    "LoginMemory",
    "LoginRefused",
    "Outgoing",
    "Rate",
    "ReadOnlyClient",
    "Redactor",
    "Refusal",
    "Reply",
    "RetryPolicy",
    "Timeouts",
    "Token",
    "TokenAuth",
    "Verdict",
]


def __getattr__(name: str) -> Any:
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
