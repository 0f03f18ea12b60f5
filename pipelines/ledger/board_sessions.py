"""Who is signed in to the board: sessions that end, by themselves or by a word.

Add here: a fact about a session, with a migration. Keep out: how somebody signs in (`board/access/sign_in/`).

The cookie holds a random id, the ledger its digest: who reads the ledger cannot take a session over.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.ledger.models import Base
from pipelines.ledger.store import Ledger

KEPT = dt.timedelta(days=90)


class BoardSession(Base):
    """Grain: session_digest. `named`: what the provider calls the person, or a person id."""

    __tablename__ = "board_sessions"

    session_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    named: Mapped[str] = mapped_column(String(200))
    provider: Mapped[str] = mapped_column(String(20))
    signed_in_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime] = mapped_column(index=True)
    ended_at: Mapped[dt.datetime | None]


def _digest(ident: str) -> str:
    return hashlib.sha256(ident.encode()).hexdigest()


def begin_session(
    ledger: Ledger, ident: str, named: str, provider: str, *, now: dt.datetime, hours: int
) -> None:
    """Somebody has signed in; sessions that ended long ago are forgotten."""
    with ledger.writing() as session:
        session.execute(delete(BoardSession).where(BoardSession.expires_at < now - KEPT))
        session.add(
            BoardSession(
                session_digest=_digest(ident), named=named, provider=provider, signed_in_at=now,
                expires_at=now + dt.timedelta(hours=hours), ended_at=None,
            )
        )  # fmt: skip


def signed_in(ledger: Ledger, ident: str, *, now: dt.datetime) -> str | None:
    """Whom a session is of; None once it has ended."""
    with ledger.reading() as session:
        return session.scalar(
            select(BoardSession.named).where(
                BoardSession.session_digest == _digest(ident),
                BoardSession.ended_at.is_(None),
                BoardSession.expires_at > now,
            )
        )


def end_session(ledger: Ledger, ident: str, *, now: dt.datetime) -> None:
    """The person has signed out: whoever has a copy of the cookie is out too."""
    with ledger.writing() as session:
        session.execute(
            update(BoardSession)
            .where(BoardSession.session_digest == _digest(ident), BoardSession.ended_at.is_(None))
            .values(ended_at=now)
        )
