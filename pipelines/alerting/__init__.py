"""Warnings: rules, their evaluation over any span of days, episodes, messages and their record.

Add here: a judgement on metrics, or what is said of one. Keep out: files, databases, channels.

Pure: frames in, frames out. Only `rules/rule_file.py` reads a file. Nothing here knows Dagster, DuckDB,
the ledger or a channel.
"""
