"""Decisions about rows in quarantine.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipelines.ledger.columns import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "quarantine_decisions",
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("entity", sa.String(length=200), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person_id", sa.String(length=200), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_quarantine_decisions")),
    )
    op.create_index(
        op.f("ix_quarantine_decisions_row_key"), "quarantine_decisions", ["row_key"], unique=False
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_quarantine_decisions_row_key"), table_name="quarantine_decisions")
    op.drop_table("quarantine_decisions")
