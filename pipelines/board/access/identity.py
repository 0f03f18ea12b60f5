"""Who asks: whoever sits at this machine, whom a trusted proxy names, or who has signed in.

Add here: another way to know a person. Keep out: what they may see (`viewers.py`).
"""

from __future__ import annotations

import getpass
import ipaddress
from collections.abc import Callable, Iterable

from starlette.requests import Request

from pipelines.board.access.viewers import Viewer, viewer_of
from pipelines.board.reading.organisation import Organisation
from pipelines.configuration.board_file import Auth
from pipelines.notifying.recipients import RecipientBook
from pipelines.settings import Settings

# What proxies say of whom they ask for.
_OF_PROXIES = ("forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-user")


class Doorkeeper:
    """Tells who a request comes from."""

    def __init__(self, auth: Auth, settings: Settings, book: RecipientBook) -> None:
        self.auth = auth
        # Whom a browser's session is of, where people sign in at a provider.
        self.session: Callable[[Request], str | None] = lambda _request: None
        self._networks = [ipaddress.ip_network(item, strict=False) for item in auth.proxies]
        self._recipients = {one.person_id: one for one in book.recipients}
        # Other names under which people.csv knows a person.
        known: dict[str, set[str]] = {}
        for person in settings.people:
            for name in filter(None, (person.email, person.source_user_id)):
                known.setdefault(name.casefold(), set()).add(person.person_id)
        # An id that two systems gave to two people is nobody's.
        self._known_as = {name: next(iter(ids)) for name, ids in known.items() if len(ids) == 1}

    @property
    def is_open(self) -> bool:
        """Whether nobody signs in: then the board serves this machine alone."""
        return self.auth.mode == "none"

    @property
    def signs_in(self) -> bool:
        """Whether people sign in at a provider."""
        return self.auth.mode == "sign_in"

    def viewer(
        self, request: Request, organisation: Organisation, acting: str | None
    ) -> Viewer | None:
        """The viewer; None for nobody. `acting` is whom the person at this machine answers as."""
        if self.is_open:
            if any(name in request.headers for name in _OF_PROXIES):
                return None  # somebody from elsewhere: an open board serves this machine alone
            person = acting if acting and self.knows(acting, organisation) else self.default()
            return Viewer(person, self.name_of(person, organisation), "all")
        named = self.named(request)
        if named is None:
            return None
        other = self._known_as.get(named.casefold())
        return self._viewer(named, organisation) or (
            self._viewer(other, organisation) if other else None
        )

    def _viewer(self, person_id: str, organisation: Organisation) -> Viewer | None:
        """Who somebody is in a version, worked out once."""
        key = ("viewer", id(self), person_id)
        if key not in organisation.kept:
            found = viewer_of(person_id, organisation, self._recipients)
            if found is None:  # whatever strangers send is not kept
                return None
            organisation.kept[key] = found
        return organisation.kept[key]

    def is_secure(self, request: Request) -> bool:
        """Whether the reader's browser speaks https, to us or to the trusted proxy."""
        peer = request.client.host if request.client else ""
        told = request.headers.get("x-forwarded-proto", "") if not self.is_open else ""
        if self.signs_in and str(self.auth.address).startswith("https"):
            return True
        return request.url.scheme == "https" or (self.trusts(peer) and told == "https")

    def asker(self, request: Request) -> str:
        """Whose posts are counted together: the person that the proxy names, else the address."""
        peer = request.client.host if request.client else ""
        return peer if self.is_open else self.named(request) or peer

    def named(self, request: Request) -> str | None:
        """What the proxy or the provider calls whoever asks; None for nobody."""
        if self.signs_in:
            return self.session(request)
        # The address of the socket, never what a header says of it.
        peer = request.client.host if request.client else ""
        if not self.trusts(peer):
            return None
        values = request.headers.getlist(self.auth.header)
        # Two headers of the name: one of them was not the proxy's.
        return values[0].strip() or None if len(values) == 1 else None

    def trusts(self, peer: str) -> bool:
        """Whether a socket address is that of a proxy."""
        try:
            address = ipaddress.ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def knows(self, person_id: str, organisation: Organisation) -> bool:
        return person_id in self._recipients or ("rep", person_id) in organisation.units

    def default(self) -> str:
        """Whom loopback acts as at first: the first director who is told, else the machine's user."""
        directors: Iterable[str] = (
            one.person_id for one in self._recipients.values() if one.role == "director"
        )
        return next(iter(directors), None) or getpass.getuser()

    def name_of(self, person_id: str, organisation: Organisation) -> str:
        """A person's name, also of recipients who are no salespeople."""
        if ("rep", person_id) in organisation.units:
            return organisation.person(person_id)
        known = self._recipients.get(person_id)
        return (known.name if known else "") or person_id

    def people(self, viewer: Viewer, organisation: Organisation) -> list[tuple[str, str]]:
        """Ids and names of those to whom a viewer may give something, by name."""
        found = {
            ident: unit.name
            for (kind, ident), unit in organisation.units.items()
            if kind == "rep"
            and unit.is_current
            and (viewer.people is None or ident in viewer.people)
        }
        if viewer.people is None:
            found |= {
                one.person_id: one.name or one.person_id
                for one in self._recipients.values()
                if one.person_id not in found
            }
        return sorted(found.items(), key=lambda item: (item[1], item[0]))
