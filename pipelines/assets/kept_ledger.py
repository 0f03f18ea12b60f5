"""The ledger as the night keeps it: a copy with each version, put back when the ledger is gone.

Add here: when a copy is written and when one is put back. Keep out: how (`ledger/copies.py`).

What people answered is the one thing no source can give again. A ledger that was deleted or emptied
would otherwise be made anew without a word, and every open alert told once more.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from pipelines.assets.refilled_ledger import refill
from pipelines.assets.steps import log
from pipelines.failures import Failure
from pipelines.language import Text, text
from pipelines.ledger.copies import complete, copy_ledger, is_behind, is_new, put_back
from pipelines.ledger.store import Ledger, open_ledger
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings

COPY = "ledger.db"
# In the data folder, until the data owners have been told what happened to the ledger.
NOTE = "ledger-lost.json"


@dataclass(frozen=True)
class Lost:
    """A ledger that was gone although alerts had been told.

    `copied_at` is the time of the copy that was put back; None where there was none and the
    published marts had to serve. `alerts` is how many the ledger knows again. `older`: it was there,
    and knew less than its copy.
    """

    alerts: int
    copied_at: str | None
    older: bool = False

    @property
    def told(self) -> Text:
        if self.copied_at is None:
            return text("night.ledger.no_copy", count=self.alerts)
        if self.older:
            return text("night.ledger.completed", count=self.alerts, when=self.copied_at)
        return text("night.ledger.restored", count=self.alerts, when=self.copied_at)


def open_kept(settings: Settings) -> Ledger:
    """Open the ledger; one that is gone is filled from its last copy, else from the published marts.

    Says so in the log and leaves a note for the data owners. Raises what `open_ledger` raises.
    """
    ledger = open_ledger(settings.ledger_url)
    lost = _refilled(ledger, settings) if is_new(ledger) else _completed(ledger, settings)
    if lost is not None:
        log.warning("%s", lost.told)
        (settings.data_dir / NOTE).write_text(json.dumps(asdict(lost)))
    return ledger


def _refilled(ledger: Ledger, settings: Settings) -> Lost | None:
    """Fill a new ledger from the newest copy that can be read and knows an alert, else from the marts."""
    copies = _copies(settings)
    for copy in copies:
        with _skipping(copy):
            if alerts := put_back(copy, ledger):
                return Lost(alerts, _written(copy, settings))
    if (ledger.created or copies) and read_manifest(settings.current) is not None:
        alerts = refill(ledger, settings)
        return Lost(alerts, None) if alerts else None
    return None


def _completed(ledger: Ledger, settings: Settings) -> Lost | None:
    """Add to an older or partly emptied ledger what the newest readable copy has beyond it."""
    for copy in _copies(settings):
        with _skipping(copy):
            if not is_behind(ledger, copy):
                return None
            return Lost(complete(ledger, copy), _written(copy, settings), older=True)
    return None


@contextlib.contextmanager
def _skipping(copy: Path) -> Iterator[None]:
    """A copy that cannot be read is passed over: the one before may be whole."""
    try:
        yield
    except (Failure, SQLAlchemyError) as error:
        log.warning("%s", text("night.ledger.copy_unreadable", file=str(copy), why=str(error)))


def _written(copy: Path, settings: Settings) -> str:
    when = dt.datetime.fromtimestamp(copy.stat().st_mtime, settings.timezone)
    return f"{when:%Y-%m-%d %H:%M}"


def lost_ledger(settings: Settings) -> Lost | None:
    """What happened to the ledger since the data owners were last told; None: nothing."""
    try:
        return Lost(**json.loads((settings.data_dir / NOTE).read_text()))
    except FileNotFoundError:
        return None


def told_of(settings: Settings) -> None:
    """The data owners have been told of the lost ledger."""
    (settings.data_dir / NOTE).unlink(missing_ok=True)


def keep_copy(settings: Settings) -> None:
    """Write the copy that lies with the published version."""
    ledger = open_ledger(settings.ledger_url)
    try:
        copy_ledger(ledger, settings.current.resolve() / COPY)
    finally:
        ledger.close()


def _copies(settings: Settings) -> list[Path]:
    """Copies that lie with published versions, the newest first."""
    found = settings.versions_dir.glob(f"[0-9]*/{COPY}") if settings.versions_dir.is_dir() else ()
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)
