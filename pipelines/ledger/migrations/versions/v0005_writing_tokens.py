"""Tokens of programs that answer warnings.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the column; tokens that there are go on reading alone."""
    op.add_column(
        "access_tokens",
        sa.Column("may_write", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("access_tokens", "may_write")
