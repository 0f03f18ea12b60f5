"""Tokens of programs, and messages of chats that were heard.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipelines.ledger.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "access_tokens",
        sa.Column("token_id", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_tokens_digest")),
    )
    op.create_table(
        "heard_messages",
        sa.Column("message_key", sa.String(length=100), nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("message_key", name=op.f("pk_heard_messages")),
    )
    op.create_index(
        op.f("ix_heard_messages_heard_at"), "heard_messages", ["heard_at"], unique=False
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_heard_messages_heard_at"), table_name="heard_messages")
    op.drop_table("heard_messages")
    op.drop_table("access_tokens")
