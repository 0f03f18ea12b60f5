"""The quarantine as an administrator works it off: what is set aside, read again, or accepted.

Add here: something that is done to rows in quarantine. Keep out: which rows those are
(`raw_zone/quarantine.py`), how answers are shown (`commands/quarantine.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.failures import PermanentFailure
from pipelines.language import text
from pipelines.language.text import Said
from pipelines.ledger.quarantine import Decided, Row, accepted, decide
from pipelines.ledger.store import Ledger
from pipelines.nights.writer_lock import writer_lock
from pipelines.raw_zone.quarantine import SetAside, open_rows
from pipelines.raw_zone.zone import RawZone
from pipelines.settings import Settings
from pipelines.sources.registry import connector_of

SHOWN = 8  # signs of an id, as far as no two begin alike


@dataclass(frozen=True)
class Group:
    """Rows at fault in one column of one feed; `decided` where the last of them was accepted."""

    key: str
    rows: tuple[SetAside, ...]
    accepted: tuple[Decided, ...]

    @property
    def first(self) -> SetAside:
        return self.rows[0]

    @property
    def why(self) -> Said:
        return self.first.why


@dataclass(frozen=True)
class Refused:
    """A file (or table) that was refused as a whole; its last good version stays in force."""

    source: str
    entity: str
    file: str | None
    why: Said


@dataclass(frozen=True)
class Replay:
    """What reading a source again gave: rows that came in now; rows and files set aside before and still."""

    source: str
    before: int
    still: int
    rows: int


def groups(settings: Settings, ledger: Ledger, *, everything: bool = False) -> list[Group]:
    """What is set aside, the largest groups first; accepted rows only with `everything`."""
    agreed = accepted(ledger)
    raw_zone = _zone(settings)
    by_group: dict[str, list[SetAside]] = {}
    for source in settings.sources:
        for row in open_rows(raw_zone, raw_zone.known_extracts(source.name)):
            if everything or row.key not in agreed:
                by_group.setdefault(row.group, []).append(row)
    found = [
        Group(key, tuple(rows), tuple(agreed[row.key] for row in rows if row.key in agreed))
        for key, rows in by_group.items()
    ]
    return sorted(found, key=lambda one: (-len(one.rows), one.first.feed[0], one.key))


def refused(settings: Settings) -> list[Refused]:
    """Files whose last version was refused as a whole."""
    raw_zone, found = _zone(settings), []
    for source in settings.sources:
        last = {
            (item.extract.entity, item.extract.file): item.extract
            for item in raw_zone.known_extracts(source.name)
        }
        for (entity, file), extract in last.items():
            if extract.state == "rejected":
                found.append(Refused(source.name, entity, file, extract.told))
    return found


def chosen(found: Sequence[Group], ident: str) -> list[SetAside]:
    """Rows of the group, or the one row, whose id begins like this.

    Raises `PermanentFailure` if none does, or several do.
    """
    by_group = [one for one in found if one.key.startswith(ident)]
    by_row = [row for one in found for row in one.rows if row.key.startswith(ident)]
    if ident and len(by_group) == 1 and not by_row:
        return list(by_group[0].rows)
    if ident and len(by_row) == 1 and not by_group:
        return by_row
    key = "several" if by_group or by_row else "none"
    raise PermanentFailure(
        text("quarantine.not_found"),
        cause=text(f"quarantine.not_found.{key}", given=ident),
        next_step=text("quarantine.not_found.next"),
    )


def accept(
    ledger: Ledger, rows: Iterable[SetAside], reason: str, person: str, now: dt.datetime
) -> int:
    """Keep in the ledger that the rows may stay out, and why; how many were not accepted before."""
    return decide(ledger, map(_row, rows), "accepted", reason, person, now)


def reopen(ledger: Ledger, rows: Iterable[SetAside], person: str, now: dt.datetime) -> int:
    """Take acceptance back; how many rows that concerned."""
    return decide(ledger, map(_row, rows), "reopened", "", person, now)


def replay(
    settings: Settings, rows: Sequence[SetAside], files: Sequence[Refused] = ()
) -> list[Replay]:
    """Read the feeds of some rows and some refused files again, whole, changed or not.

    What comes in is a load like any other: the next night builds with it. Takes the writer lock.
    Raises `WriterBusy`, and what a connector raises; nothing of that source is then loaded.
    """
    raw_zone, done = _zone(settings), []
    with writer_lock(settings.data_dir, "forewarn quarantine replay"):
        for source in settings.sources:
            mine: list[SetAside | Refused] = [row for row in rows if row.source == source.name]
            mine += [file for file in files if file.source == source.name]
            if not mine:
                continue
            feeds = {(one.entity, one.file) for one in mine}
            report = raw_zone.load(
                source.name,
                source.system,
                connector_of(source, settings),
                now=dt.datetime.now(dt.UTC),
                again=feeds,
            )
            left: list[SetAside | Refused] = []
            left += open_rows(raw_zone, raw_zone.known_extracts(source.name))
            left += [one for one in refused(settings) if one.source == source.name]
            still = sum((one.entity, one.file) in feeds for one in left)
            done.append(Replay(source.name, len(mine), still, sum(report.rows.values())))
    return done


def place_of(row: SetAside) -> str:
    """File, address and column, as far as there are any."""
    return " ".join(part for part in (row.file, row.address, row.column) if part)


def _row(row: SetAside) -> Row:
    return Row(row.key, row.source, row.entity, place_of(row))


def _zone(settings: Settings) -> RawZone:
    return RawZone(settings.raw_dir, settings.data_dir / "dlt")
