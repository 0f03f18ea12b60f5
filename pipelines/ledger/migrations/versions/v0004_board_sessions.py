"""Sessions of people who signed in to the board.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipelines.ledger.columns import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "board_sessions",
        sa.Column("session_digest", sa.String(length=64), nullable=False),
        sa.Column("named", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("signed_in_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("session_digest", name=op.f("pk_board_sessions")),
    )
    op.create_index(
        op.f("ix_board_sessions_expires_at"), "board_sessions", ["expires_at"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_board_sessions_expires_at"), table_name="board_sessions")
    op.drop_table("board_sessions")
