"""The board of one installation, and one visit to it: who looks, at which night, in which language.

Add here: what every page needs. Keep out: what single pages need.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
from starlette.requests import Request

from pipelines.board.access.guard import Pace
from pipelines.board.access.identity import Doorkeeper
from pipelines.board.access.sessions import Session, Sessions
from pipelines.board.access.viewers import Viewer
from pipelines.board.charts.drawing import Charts, Drawn
from pipelines.board.keeping import Kept
from pipelines.board.reading.cards import Card, open_cards
from pipelines.board.reading.organisation import Organisation, Scope, read_organisation
from pipelines.board.reading.published import Publications, Version
from pipelines.board.reading.runs import Run
from pipelines.board.reading.slicing import SlicedMarts
from pipelines.board.reading.standing import Standing, changed_since, given_to, standings
from pipelines.board.warming import Lately
from pipelines.configuration.board_file import BoardFile
from pipelines.language import text
from pipelines.language.figures import Writer
from pipelines.ledger.due import IsWorkday
from pipelines.ledger.moment import moment
from pipelines.ledger.store import Ledger
from pipelines.notifying.links import Links
from pipelines.notifying.recipients import RecipientBook
from pipelines.reporting.told_levels import OnTargets, standing_on_targets
from pipelines.settings import Settings

# Cards of all slices that are kept: a thousand bytes each.
MOST_CARDS = 8_000


@dataclass
class Site:
    """What the server holds while it runs."""

    settings: Settings
    file: BoardFile
    ledger: Ledger
    book: RecipientBook
    links: Links
    sessions: Sessions
    door: Doorkeeper
    is_workday: IsWorkday
    publications: Publications
    charts: Charts = field(default_factory=Charts)
    pace: Pace = field(default_factory=Pace)
    lately: Lately = field(default_factory=Lately)
    # Every open warning by moment of the ledger, and the same by day since which changes are told.
    standings: Kept[dict[str, Standing]] = field(default_factory=lambda: Kept(6))
    # The same as cards, by version and slice too.
    cards: Kept[list[Card]] = field(default_factory=lambda: Kept(MOST_CARDS, lambda c: 20 + len(c)))


@dataclass
class Visit:
    """One request of a known reader on one published night."""

    site: Site
    request: Request
    session: Session
    viewer: Viewer
    version: Version
    cursor: duckdb.DuckDBPyConnection
    organisation: Organisation
    language: str
    # Of the cards that this page shows, as far as it shows their weeks: by alert.
    runs: dict[str, Run] = field(default_factory=dict)
    # The charts of this page, by their names in it.
    charts: dict[str, Drawn] = field(default_factory=dict)

    @property
    def as_of(self) -> dt.date:
        """The day that the figures are of."""
        return self.version.manifest.as_of

    @property
    def now(self) -> dt.datetime:
        return self.site.settings.now()

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @cached_property
    def writer(self) -> Writer:
        return Writer(self.language, self.site.settings.company.currency)

    @cached_property
    def marts(self) -> SlicedMarts:
        """The marts, cut to the viewer."""
        given = frozenset() if self.viewer.sees_all else self.given
        version = self.version
        return SlicedMarts(
            self.cursor, self.viewer, given,
            columns=version.columns, kept=version.rows, answered=version.answered,
        )  # fmt: skip

    @cached_property
    def given(self) -> frozenset[str]:
        return given_to(self.site.ledger, self.viewer.person_id)

    @cached_property
    def told(self) -> OnTargets | None:
        """The warning that stands on each target."""
        return standing_on_targets(self.marts)

    @property
    def since(self) -> dt.date:
        """What is new is counted from: the reader's visit before, else the working day before."""
        if self.session.visit_before:
            zone = self.site.settings.timezone
            last = dt.datetime.fromtimestamp(self.session.visit_before, zone).date()
            if last < self.as_of:
                return last
        day = self.as_of - dt.timedelta(days=1)
        while not self.site.is_workday(day) and (self.as_of - day).days < 15:
            day -= dt.timedelta(days=1)
        return day

    @cached_property
    def live(self) -> dict[str, Standing]:
        """Every open warning as the ledger has it now; a page shows only those in the slice."""
        ledger, since, now, kept = self.site.ledger, self.since, self.moment, self.site.standings
        return kept.get(
            (now, since),
            lambda: changed_since(ledger, kept.get(now, lambda: standings(ledger, None)), since),
        )

    @cached_property
    def moment(self) -> tuple[int | None, ...]:
        """The same as long as nothing happens in the ledger."""
        return moment(self.site.ledger)

    @cached_property
    def cards(self) -> list[Card]:
        """The open cases that the visitor sees, gravest and dearest first."""
        key = (self.version.folder, self.marts.slice, self.moment, self.since)
        return self.site.cards.get(
            key,
            lambda: open_cards(self.marts, self.viewer, self.live, is_workday=self.site.is_workday),
        )

    def scope(self) -> Scope | None:
        """The scope that the address asks for; the viewer's own without one, None outside."""
        asked = self.query.get("scope", "")
        if not asked:
            return self.viewer.home
        kind, _, ident = asked.partition(":")
        found = (kind, ident)
        if found not in self.organisation.units:
            return None
        if self.viewer.scopes is not None and found not in self.viewer.scopes:
            return None
        return found

    def shows(self, scope: Scope) -> bool:
        """Whether a scope is there today and the viewer's to see."""
        unit = self.organisation.units.get(scope)
        allowed = self.viewer.scopes
        return unit is not None and unit.is_current and (allowed is None or scope in allowed)

    def scope_name(self, scope_type: str | None, scope_id: str | None, known: str = "") -> str:
        """What a scope is called: the company in the reader's language, everything else by its name."""
        if scope_type == "company":
            return text("board.scope.whole").into(self.language)
        found = self.organisation.units.get((scope_type or "", scope_id or ""))
        return found.name if found else known or scope_id or ""

    @property
    def people(self) -> list[tuple[str, str]]:
        """Those to whom the viewer may give something: ids and names, by name."""
        kept, mine = self.organisation.kept, ("people", self.viewer.people)
        if mine not in kept:
            kept[mine] = self.site.door.people(self.viewer, self.organisation)
        return kept[mine]

    def found_person(self, typed: str) -> str | None:
        """The person that somebody chose or typed, by id or by name; None for nobody or for several."""
        wanted = typed.strip()
        ids = [ident for ident, _ in self.people if ident == wanted]
        ids = ids or [ident for ident, name in self.people if name == wanted]
        return ids[0] if len(ids) == 1 else None

    def person(self, person_id: str | None) -> str:
        """A person's name; whoever the viewer may not see is a colleague."""
        return self.site.door.name_of(person_id, self.organisation) if person_id else ""


@dataclass(frozen=True)
class Shown:
    """A page: its template with what goes into it."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


class NotHere(Exception):
    """There is no such thing, or none that the viewer may see: both look the same."""


def organisation_of(version: Version, cursor: duckdb.DuckDBPyConnection) -> Organisation:
    """The organisation of a version, read once."""
    if "organisation" not in version.kept:
        version.kept["organisation"] = read_organisation(cursor)
    return version.kept["organisation"]
