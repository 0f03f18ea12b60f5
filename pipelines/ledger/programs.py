"""Programs that ask or write for somebody: their tokens, and which of their messages were heard.

Add here: a table about programs, with a migration. Keep out: what a token may read
(`board/access/tokens.py`), how a message is checked (`board/chat/`).

A token is 32 random bytes and shown once; the ledger keeps its digest alone. Of random bytes a plain
SHA-256 tells nothing, so no slow hash is needed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Sequence

from sqlalchemy import String, Text, delete, false, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.language import text as words
from pipelines.ledger.models import Base
from pipelines.ledger.refusals import Refused
from pipelines.ledger.store import Ledger

PREFIX = "fw_"
# A message that is refused by its age after this need not be remembered any longer.
REMEMBERED = dt.timedelta(days=3)


class AccessToken(Base):
    """Grain: token_id, a short name that may be shown. `scopes`: a JSON list of type:id.

    Either `person_id` (the program sees what that person sees) or `role` with `scopes` is given. With
    `may_write` it also answers warnings, as that person: an answer is always somebody's.
    """

    __tablename__ = "access_tokens"

    token_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    person_id: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[str | None] = mapped_column(String(20))
    scopes: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]
    may_write: Mapped[bool] = mapped_column(default=False, server_default=false())

    def is_good(self, now: dt.datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class HeardMessage(Base):
    """A message of a chat that was acted upon, so that nobody sends it again. Grain: message_key."""

    __tablename__ = "heard_messages"

    message_key: Mapped[str] = mapped_column(String(100), primary_key=True)
    heard_at: Mapped[dt.datetime] = mapped_column(index=True)


def digest_of(token: str) -> str:
    """What the ledger keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_token(
    ledger: Ledger,
    name: str,
    *,
    person_id: str | None,
    role: str | None,
    scopes: Sequence[str],
    by: str,
    now: dt.datetime,
    days: int | None,
    may_write: bool = False,
) -> tuple[str, AccessToken]:
    """A new token in clear, which nobody can see again, and its row. `days` None: without an end.

    Raises Refused for one that may write and belongs to no person.
    """
    if may_write and person_id is None:
        raise Refused(words("command.tokens.write_person"))
    token = PREFIX + secrets.token_urlsafe(32)
    row = AccessToken(
        token_id=secrets.token_hex(4),
        digest=digest_of(token),
        name=name,
        person_id=person_id,
        role=role,
        scopes=json.dumps(list(scopes), ensure_ascii=False),
        created_by=by,
        created_at=now,
        expires_at=None if days is None else now + dt.timedelta(days=days),
        revoked_at=None,
        may_write=may_write,
    )
    with ledger.writing() as session:
        session.add(row)
    return token, row


def tokens(ledger: Ledger) -> list[AccessToken]:
    """Every token there ever was, the newest first."""
    with ledger.reading() as session:
        return list(session.scalars(select(AccessToken).order_by(AccessToken.created_at.desc())))


def revoke_token(ledger: Ledger, token_id: str, *, now: dt.datetime) -> bool:
    """End a token at once; False if there is none of that id that still opens anything."""
    with ledger.writing() as session:
        done = session.execute(
            update(AccessToken)
            .where(AccessToken.token_id == token_id, AccessToken.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        return done.rowcount == 1  # type: ignore[attr-defined]


def token_of(ledger: Ledger, token: str, *, now: dt.datetime) -> AccessToken | None:
    """The row of a token that is good; None for every other text."""
    with ledger.reading() as session:
        row = session.scalar(select(AccessToken).where(AccessToken.digest == digest_of(token)))
    return row if row is not None and row.is_good(now) else None


def hear(ledger: Ledger, message_key: str, *, now: dt.datetime) -> bool:
    """Note that a message was taken; False if it had been taken before, by whatever process."""
    try:
        with ledger.writing() as session:
            session.execute(delete(HeardMessage).where(HeardMessage.heard_at < now - REMEMBERED))
            session.add(HeardMessage(message_key=message_key, heard_at=now))
    except IntegrityError:
        return False
    return True


def forget(ledger: Ledger, message_keys: Sequence[str]) -> None:
    """Take back that messages were taken: they could not be acted upon, and may come again."""
    with ledger.writing() as session:
        session.execute(delete(HeardMessage).where(HeardMessage.message_key.in_(message_keys)))
