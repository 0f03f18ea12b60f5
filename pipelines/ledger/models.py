"""The tables of the ledger.

Add here: a table or column, together with a migration in `migrations/versions/` (a test compares
the two). Keep out: behaviour; the modules beside this one hold it.

An episode is never deleted and a response is never changed: corrections are further rows.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pipelines.ledger.columns import Money, UtcDateTime

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map = {dt.datetime: UtcDateTime(), Decimal: Money()}


class Episode(Base):
    """One alert episode: what the evaluation says of it, and where the response to it stands.

    Grain: alert_id. The first block is the row of `fct_alerts`; `details` is a JSON object with
    every further column the evaluation gave. `epoch` counts how often it came back after an end.
    """

    __tablename__ = "episodes"

    alert_id: Mapped[str] = mapped_column(String(200), primary_key=True)
    rule: Mapped[str] = mapped_column(String(200))
    rule_version: Mapped[str] = mapped_column(String(100))
    metric: Mapped[str] = mapped_column(String(200))
    scope_type: Mapped[str] = mapped_column(String(50))
    scope_id: Mapped[str] = mapped_column(String(200))
    scope_name: Mapped[str | None] = mapped_column(Text)
    period_start: Mapped[dt.date | None]
    opened_on: Mapped[dt.date]
    closed_on: Mapped[dt.date | None]
    as_of: Mapped[dt.date]
    level: Mapped[str] = mapped_column(String(20))
    peak_level: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    value: Mapped[float | None]
    expected: Mapped[float | None]
    limit_value: Mapped[float | None]
    sample_size: Mapped[int | None] = mapped_column(BigInteger)
    amount_at_risk: Mapped[Decimal | None]
    probability: Mapped[float | None]
    owner_id: Mapped[str | None] = mapped_column(String(200))
    message: Mapped[str | None] = mapped_column(Text)
    drivers: Mapped[str | None] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)

    origin: Mapped[str] = mapped_column(String(20))  # evaluated | reported
    recorded_at: Mapped[dt.datetime]
    level_since: Mapped[dt.date]  # as-of day of the last opening or rise; due times count from it
    opened_value: Mapped[float | None]  # value when first recorded: the effect is measured from it
    amount_marked: Mapped[Decimal | None]  # money at risk at the last change, to see it double
    withdrawn: Mapped[bool]  # the evaluation no longer yields it: corrected data or another rule
    proposed_outcome: Mapped[str | None] = mapped_column(String(20))
    epoch: Mapped[int]
    changes: Mapped[int]  # how many rows episode_changes has for it
    morning: Mapped[str | None] = mapped_column(
        Text
    )  # as the last day it changed found it (`mornings.py`)

    acknowledged_at: Mapped[dt.datetime | None]  # first response of this epoch
    seen_at: Mapped[dt.datetime | None]  # first response since the last rise of the level
    assigned_to: Mapped[str | None] = mapped_column(String(200))
    planned_at: Mapped[dt.datetime | None]
    snoozed_until: Mapped[dt.date | None]  # still snoozed on this day, awake on the next
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[str | None] = mapped_column(String(20))

    __table_args__ = (Index(None, "state"), Index(None, "scope_type", "scope_id"))


class EpisodeChange(Base):
    """The change log of levels and states. Grain: alert × number (1, 2, 3 without gaps).

    `change`: recorded (already over when first seen), opened, raised, eased, doubled, recovered,
    closed, withdrawn, rule_changed, reopened, resumed (a run of the day took back what an earlier one had
    ended), overdue. For overdue, `step` is what was due (seen, taken,
    planned) and `person_id` whom it goes up to.
    """

    __tablename__ = "episode_changes"

    change_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"))
    number: Mapped[int]
    epoch: Mapped[int]
    change: Mapped[str] = mapped_column(String(20))
    level_from: Mapped[str | None] = mapped_column(String(20))
    level_to: Mapped[str] = mapped_column(String(20))
    step: Mapped[str | None] = mapped_column(String(20))
    person_id: Mapped[str | None] = mapped_column(String(200))
    as_of: Mapped[dt.date]
    run_id: Mapped[str | None] = mapped_column(String(200))
    recorded_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("alert_id", "number"), Index(None, "change"))


class Response(Base):
    """What a person did about an alert. Grain: response_id; rows are only ever added.

    `text` is the plan, the note of a resolution or the reason of a snooze.
    """

    __tablename__ = "responses"

    response_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"), index=True)
    epoch: Mapped[int]
    person_id: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(
        String(20)
    )  # ack | assign | plan | resolve | snooze | feedback
    acted_at: Mapped[dt.datetime]
    assigned_to: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[str | None] = mapped_column(String(20))
    until: Mapped[dt.date | None]
    text: Mapped[str | None] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(String(20))  # cli | link | board | api


class Comment(Base):
    """A remark on an alert, open or not. Grain: comment_id."""

    __tablename__ = "comments"

    comment_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"), index=True)
    person_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[dt.datetime]


class Snooze(Base):
    """A pause of the notices of one alert. Grain: snooze_id. `until` is its last day."""

    __tablename__ = "snoozes"

    snooze_id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"), index=True)
    person_id: Mapped[str] = mapped_column(String(200))
    until: Mapped[dt.date]
    reason: Mapped[str] = mapped_column(Text)
    snoozed_at: Mapped[dt.datetime]


class Signal(Base):
    """A risk reported by hand; the episode of rule `reported` with the same id is its life."""

    __tablename__ = "signals"

    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(200))
    scope_type: Mapped[str] = mapped_column(String(50))
    scope_id: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[dt.datetime]


class Run(Base):
    """One recording of a night's episodes. Grain: run_id × as_of × recorded_at."""

    __tablename__ = "runs"

    record_id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(String(200))
    as_of: Mapped[dt.date]
    recorded_at: Mapped[dt.datetime]
    episodes: Mapped[int]
    opened: Mapped[int]
    raised: Mapped[int]
    eased: Mapped[int]
    recovered: Mapped[int]

    __table_args__ = (Index(None, "as_of"),)


class Telling(Base):
    """That a change was decided upon for a recipient, so that it is told once.

    Grain: recipient × change. `kind`: urgent (a notice was queued) or digest (left to the digest).
    `notice_key` is the notice it went with; `week` the ISO week the budget counts it in.
    """

    __tablename__ = "tellings"

    telling_id: Mapped[int] = mapped_column(primary_key=True)
    recipient_id: Mapped[str] = mapped_column(String(200))
    change_id: Mapped[int] = mapped_column(ForeignKey("episode_changes.change_id"))
    alert_id: Mapped[str] = mapped_column(ForeignKey("episodes.alert_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    notice_key: Mapped[str | None] = mapped_column(String(100))
    week: Mapped[str] = mapped_column(String(10))
    decided_at: Mapped[dt.datetime]

    __table_args__ = (
        UniqueConstraint("recipient_id", "change_id"),
        Index(None, "recipient_id", "week"),
    )


class Notice(Base):
    """The outbox: one message to one channel of one recipient. Grain: idempotency_key.

    `state`: pending, sending (claimed, outcome unknown until `sent`), sent, dropped (its channel
    is gone). `channel` is a fingerprint of the configured reference, never the URL.
    """

    __tablename__ = "outbox"

    notice_id: Mapped[int] = mapped_column(primary_key=True)
    idempotency_key: Mapped[str] = mapped_column(String(100), unique=True)
    notice_key: Mapped[str] = mapped_column(String(100), index=True)  # shared by all channels
    recipient_id: Mapped[str] = mapped_column(String(200), index=True)
    channel: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))  # urgent | digest | data
    alert_ids: Mapped[str] = mapped_column(Text)  # JSON list
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    markdown: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime]
    not_before: Mapped[dt.datetime]
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int]
    repeats: Mapped[int]  # sendings whose outcome a crash left unknown
    next_attempt_at: Mapped[dt.datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(200))
    claimed_at: Mapped[dt.datetime | None]
    sent_at: Mapped[dt.datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index(None, "state", "next_attempt_at"),)


class QuarantineDecision(Base):
    """What a person decided about a row in quarantine. Grain: decision_id; the last one counts.

    `row_key` is `SetAside.key`. `decision`: accepted | reopened. The value itself is not kept.
    """

    __tablename__ = "quarantine_decisions"

    decision_id: Mapped[int] = mapped_column(primary_key=True)
    row_key: Mapped[str] = mapped_column(String(64), index=True)
    decision: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(200))
    entity: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(Text)  # file, address and column, as they were shown
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(200))
    decided_at: Mapped[dt.datetime]
