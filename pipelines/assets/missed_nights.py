"""A night that did not start, noticed by whatever starts next: told to the data owners, once a day.

Add here: how a missing night is known. Keep out: nights that started and died (`dead_runs.py`).
"""

from __future__ import annotations

import datetime as dt

from pipelines.assets.notices import tell_owners
from pipelines.assets.steps import log
from pipelines.language import Text, text
from pipelines.notifying.data_problems import missed_night as problem_of
from pipelines.publishing.versions import read_manifest
from pipelines.settings import Settings
from pipelines.upkeep.doctor import LATE_HOURS, last_good_night


def missed_night(settings: Settings, now: dt.datetime | None = None) -> Text | None:
    """That no night has ended well for longer than a day; None where all is well.

    Before the first night nothing is missed, and with a frozen clock no night is awaited.
    """
    last = last_good_night(settings)
    if last is None or settings.company.clock:
        return None
    hours = ((now or dt.datetime.now(dt.UTC)) - last).total_seconds() / 3600
    if hours <= LATE_HOURS:
        return None
    when = last.astimezone(settings.timezone)
    return text("night.missed", last=f"{when:%Y-%m-%d %H:%M}", count=round(hours))


def tell_of_missed_night(settings: Settings, now: dt.datetime | None = None) -> Text | None:
    """The same, told to the data owners, once a day."""
    said = missed_night(settings, now)
    manifest = read_manifest(settings.current)
    if said is not None and manifest is not None:
        day = settings.today()
        problem = problem_of(said, day=day, still_published=manifest.as_of)
        if tell_owners(settings, problem, now=settings.now()).told:
            log.warning("%s", said)
    return said
