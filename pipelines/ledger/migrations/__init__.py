"""Alembic's folder. A new version: copy the newest file in versions/, keep the chain."""
