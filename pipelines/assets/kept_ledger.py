"""The ledger as the night keeps it: a copy with each version, put back when the ledger is gone.

Add here: when a copy is written and when one is put back. Keep out: how (`ledger/copies.py`).

What people answered is the one thing no source can give again. A ledger that was deleted or emptied
would otherwise be made anew without a word, and every open alert told once more.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.assets.refilled_ledger import refill
from pipelines.assets.steps import log
from pipelines.language import Text, text
from pipelines.ledger.copies import copy_ledger, is_new, put_back
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
    published marts had to serve. `alerts` is how many the ledger knows again.
    """

    alerts: int
    copied_at: str | None

    @property
    def told(self) -> Text:
        if self.copied_at is None:
            return text("night.ledger.no_copy", count=self.alerts)
        return text("night.ledger.restored", count=self.alerts, when=self.copied_at)


def open_kept(settings: Settings) -> Ledger:
    """Open the ledger; one that is gone is filled from its last copy, else from the published marts.

    Says so in the log and leaves a note for the data owners. Raises what `open_ledger` raises.
    """
    ledger = open_ledger(settings.ledger_url)
    if not is_new(ledger):
        return ledger
    copies = _copies(settings)
    lost = None
    if copies:
        alerts = put_back(copies[0], ledger)
        when = dt.datetime.fromtimestamp(copies[0].stat().st_mtime, settings.timezone)
        lost = Lost(alerts, f"{when:%Y-%m-%d %H:%M}")
    elif ledger.created and read_manifest(settings.current) is not None:
        alerts = refill(ledger, settings)
        lost = Lost(alerts, None) if alerts else None
    if lost is not None:
        log.warning("%s", lost.told)
        (settings.data_dir / NOTE).write_text(json.dumps(asdict(lost)))
    return ledger


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
