"""How an alert stood before the first run of a day.

Add here: nothing; a released version stays as it is. Keep out: later changes (a version of their own).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the column; what older nights left is judged as it stands."""
    op.add_column("episodes", sa.Column("morning", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("episodes", "morning")
