"""Where a request may go at all: encrypted, and not into a network that nobody has named.

Add here: a rule about addresses. Keep out: paths (`transport.py`) and which hosts a system has.

A login may name the host of the data, and a name may be made to point anywhere. So addresses of
private networks, of this link (where cloud machines keep credentials) and the like are refused,
unless `private_network: true` stands in the options of the source.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pipelines.configuration.mailbox import is_loopback
from pipelines.failures import PermanentFailure, endpoint
from pipelines.language import text

# Addresses that stand for an older one in their last four bytes: mapped, compatible, NAT64.
_TRANSLATED = [ipaddress.ip_network(n) for n in ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96")]
_OWN_TRANSLATION = ipaddress.ip_network("64:ff9b:1::/48")
_ASSIGNED = ipaddress.ip_network("192.0.0.0/24")  # for protocols; no host of the internet
Resolve = Callable[[str], list[str]]


def resolved(host: str) -> list[str]:
    """The addresses behind a name; none if it cannot be looked up here."""
    try:
        return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, None)})
    except (OSError, UnicodeError):
        return []


class Addresses:
    """Checks every host once. `private`: the configuration allows addresses that are not public."""

    def __init__(self, name: str, *, private: bool = False, resolve: Resolve = resolved) -> None:
        self._name, self._private, self._resolve = name, private, resolve
        self._checked: set[tuple[str, str]] = set()

    def check(self, url: str) -> None:
        """Raise `PermanentFailure` if nothing may be sent to this address."""
        parts = urlsplit(url)
        scheme, host = parts.scheme, (parts.hostname or "").rstrip(".")
        if (scheme, host) in self._checked:
            return
        if not is_loopback(host):
            if scheme != "https":
                raise PermanentFailure(
                    text("sources.http.in_the_clear", source=self._name),
                    where=endpoint(url),
                    cause=text("sources.http.in_the_clear.why"),
                    next_step=text("sources.http.in_the_clear.step"),
                )
            self._stop_at_private(url, host)
        self._checked.add((scheme, host))

    def _stop_at_private(self, url: str, host: str) -> None:
        if self._private:
            return
        found = [host] if _is_address(host) else []
        # Behind a proxy, the proxy looks the name up.
        if not found and not behind_proxy(url):
            found = self._resolve(host)
        inside = [address for address in found if not is_public(address)]
        if inside:
            raise self._inside(url, host, inside[0])

    def watching(self, url: str) -> dict[str, Any]:
        """What an exchange with this address has to be given (httpx: `extensions`): it ends before
        anything is sent, with the failure of `check`, if the name leads inside by then. A name that is
        looked up twice may answer twice differently.
        """
        host = (urlsplit(url).hostname or "").rstrip(".")
        if self._private or is_loopback(host) or behind_proxy(url):
            return {}
        return {"trace": only_public_peers(lambda peer: self._inside(url, host, peer))}

    def _inside(self, url: str, host: str, address: str) -> PermanentFailure:
        return PermanentFailure(
            text("sources.http.private", source=self._name),
            where=endpoint(url),
            cause=text("sources.http.private.why", host=host, address=address),
            next_step=text("sources.http.private.step"),
        )


def behind_proxy(url: str) -> bool:
    """Whether requests to an address go to a proxy of the environment, which looks its name up."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return bool(getproxies().get(parts.scheme)) and not proxy_bypass(host)


def only_public_peers(refused: Callable[[str], Exception]) -> Callable[[str, dict[str, Any]], None]:
    """A trace (httpcore) that closes a connection to an address that is not public and raises."""

    def trace(event: str, facts: dict[str, Any]) -> None:
        if event != "connection.connect_tcp.complete":
            return
        stream = facts["return_value"]
        peer = str(stream.get_extra_info("server_addr")[0])
        if not is_public(peer):
            stream.close()
            raise refused(peer)

    return trace


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet at large."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.is_site_local or found in _OWN_TRANSLATION:
            return False
        found = _carried(found) or found
    return found.is_global and not found.is_multicast and found not in _ASSIGNED


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The older address within a newer one: what a translator or tunnel would go to."""
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
