"""The first tables of the ledger.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipelines.ledger.columns import Money, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "episodes",
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("rule_version", sa.String(length=100), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("scope_type", sa.String(length=50), nullable=False),
        sa.Column("scope_id", sa.String(length=200), nullable=False),
        sa.Column("scope_name", sa.Text(), nullable=True),
        sa.Column("period_start", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("peak_level", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("expected", sa.Double(), nullable=True),
        sa.Column("limit_value", sa.Double(), nullable=True),
        sa.Column("sample_size", sa.BigInteger(), nullable=True),
        sa.Column("amount_at_risk", Money(), nullable=True),
        sa.Column("probability", sa.Double(), nullable=True),
        sa.Column("owner_id", sa.String(length=200), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("drivers", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("level_since", sa.Date(), nullable=False),
        sa.Column("opened_value", sa.Double(), nullable=True),
        sa.Column("amount_marked", Money(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("proposed_outcome", sa.String(length=20), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_to", sa.String(length=200), nullable=True),
        sa.Column("planned_at", UtcDateTime(), nullable=True),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_episodes")),
    )
    op.create_index(
        op.f("ix_episodes_scope_type_scope_id"),
        "episodes",
        ["scope_type", "scope_id"],
        unique=False,
    )
    op.create_index(op.f("ix_episodes_state"), "episodes", ["state"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=100), nullable=False),
        sa.Column("notice_key", sa.String(length=100), nullable=False),
        sa.Column("recipient_id", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("alert_ids", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("markdown", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_by", sa.String(length=200), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_outbox_idempotency_key")),
    )
    op.create_index(op.f("ix_outbox_notice_key"), "outbox", ["notice_key"], unique=False)
    op.create_index(op.f("ix_outbox_recipient_id"), "outbox", ["recipient_id"], unique=False)
    op.create_index(
        op.f("ix_outbox_state_next_attempt_at"),
        "outbox",
        ["state", "next_attempt_at"],
        unique=False,
    )
    op.create_table(
        "runs",
        sa.Column("record_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.String(length=200), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("episodes", sa.Integer(), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.Column("eased", sa.Integer(), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_as_of"), "runs", ["as_of"], unique=False)
    op.create_table(
        "comments",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_comments_alert_id")
        ),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_comments")),
    )
    op.create_index(op.f("ix_comments_alert_id"), "comments", ["alert_id"], unique=False)
    op.create_table(
        "episode_changes",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("change", sa.String(length=20), nullable=False),
        sa.Column("level_from", sa.String(length=20), nullable=True),
        sa.Column("level_to", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=True),
        sa.Column("person_id", sa.String(length=200), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("run_id", sa.String(length=200), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_episode_changes_alert_id")
        ),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_episode_changes")),
        sa.UniqueConstraint("alert_id", "number", name=op.f("uq_episode_changes_alert_id_number")),
    )
    op.create_index(op.f("ix_episode_changes_change"), "episode_changes", ["change"], unique=False)
    op.create_table(
        "responses",
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("acted_at", UtcDateTime(), nullable=False),
        sa.Column("assigned_to", sa.String(length=200), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_responses_alert_id")
        ),
        sa.PrimaryKeyConstraint("response_id", name=op.f("pk_responses")),
    )
    op.create_index(op.f("ix_responses_alert_id"), "responses", ["alert_id"], unique=False)
    op.create_table(
        "signals",
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("scope_type", sa.String(length=50), nullable=False),
        sa.Column("scope_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_signals_alert_id")
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_signals")),
    )
    op.create_table(
        "snoozes",
        sa.Column("snooze_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("snoozed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_snoozes_alert_id")
        ),
        sa.PrimaryKeyConstraint("snooze_id", name=op.f("pk_snoozes")),
    )
    op.create_index(op.f("ix_snoozes_alert_id"), "snoozes", ["alert_id"], unique=False)
    op.create_table(
        "tellings",
        sa.Column("telling_id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.String(length=200), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("notice_key", sa.String(length=100), nullable=True),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["episodes.alert_id"], name=op.f("fk_tellings_alert_id")
        ),
        sa.ForeignKeyConstraint(
            ["change_id"], ["episode_changes.change_id"], name=op.f("fk_tellings_change_id")
        ),
        sa.PrimaryKeyConstraint("telling_id", name=op.f("pk_tellings")),
        sa.UniqueConstraint(
            "recipient_id", "change_id", name=op.f("uq_tellings_recipient_id_change_id")
        ),
    )
    op.create_index(op.f("ix_tellings_alert_id"), "tellings", ["alert_id"], unique=False)
    op.create_index(
        op.f("ix_tellings_recipient_id_week"), "tellings", ["recipient_id", "week"], unique=False
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_tellings_recipient_id_week"), table_name="tellings")
    op.drop_index(op.f("ix_tellings_alert_id"), table_name="tellings")
    op.drop_table("tellings")
    op.drop_index(op.f("ix_snoozes_alert_id"), table_name="snoozes")
    op.drop_table("snoozes")
    op.drop_table("signals")
    op.drop_index(op.f("ix_responses_alert_id"), table_name="responses")
    op.drop_table("responses")
    op.drop_index(op.f("ix_episode_changes_change"), table_name="episode_changes")
    op.drop_table("episode_changes")
    op.drop_index(op.f("ix_comments_alert_id"), table_name="comments")
    op.drop_table("comments")
    op.drop_index(op.f("ix_runs_as_of"), table_name="runs")
    op.drop_table("runs")
    op.drop_index(op.f("ix_outbox_state_next_attempt_at"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_recipient_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_notice_key"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_episodes_state"), table_name="episodes")
    op.drop_index(op.f("ix_episodes_scope_type_scope_id"), table_name="episodes")
    op.drop_table("episodes")
