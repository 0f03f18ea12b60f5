"""Who is sending a notice right now, and what to do when that process has died.

Add here: another way to see that a process is gone. Keep out: sending (`outbox.py`).
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import socket
from pathlib import Path

from sqlalchemy import select, update

from pipelines.language import text
from pipelines.ledger.models import Notice
from pipelines.ledger.store import Ledger

log = logging.getLogger("forewarn.outbox")

# A claim is broken after this, whoever holds it; no channel takes that long.
LEASE = dt.timedelta(minutes=15)


def claim(ledger: Ledger, notice_id: int, now: dt.datetime) -> Notice | None:
    """Take a pending row for sending; None if another process has it."""
    with ledger.writing() as session:
        claimed = session.execute(
            update(Notice)
            .where(Notice.notice_id == notice_id, Notice.state == "pending")
            .values(
                state="sending",
                attempts=Notice.attempts + 1,
                claimed_by=_myself(),
                claimed_at=now,
            )
        )
        if claimed.rowcount != 1:  # type: ignore[attr-defined]
            return None
        return session.get_one(Notice, notice_id)


def take_over_abandoned(ledger: Ledger, now: dt.datetime) -> int:
    """Put back what a process that died had claimed: it may have been sent, nobody can tell.

    Returns how many rows were put back; each is logged.
    """
    found = 0
    with ledger.writing() as session:
        for notice in session.scalars(
            select(Notice).where(Notice.state == "sending").with_for_update(skip_locked=True)
        ):
            if not _abandoned(notice, now):
                continue
            notice.state, notice.next_attempt_at = "pending", now
            notice.repeats += 1
            found += 1
            log.warning(
                text(
                    "notice.log.interrupted",
                    notice=notice.notice_id,
                    person=notice.recipient_id,
                )
            )
    return found


def _myself() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    """When a process started, as the kernel counts it: tells a reused pid from the old one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]  # a zombie sends nothing any more


def _abandoned(notice: Notice, now: dt.datetime) -> bool:
    host, _, rest = (notice.claimed_by or "").partition(":")
    pid, _, started = rest.partition(":")
    here = host == socket.gethostname() and pid.isdigit() and started
    if here and _started(int(pid)) != started:
        return True
    return notice.claimed_at is None or now - notice.claimed_at > LEASE
