"""How Alembic runs here: on a connection that `pipelines.ledger.store` has already locked.

Add here: nothing but Alembic's own settings. Keep out: opening a database.
"""

from __future__ import annotations

from alembic import context

from pipelines.ledger import board_sessions as _sessions  # noqa: F401  their tables are among them
from pipelines.ledger import programs as _programs  # noqa: F401
from pipelines.ledger.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite can roll back DDL once the driver leaves transactions alone, as store.py has it.
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
