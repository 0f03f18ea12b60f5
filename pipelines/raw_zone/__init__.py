"""The raw zone: loads, which of them are complete, what was known when, which entity a table is.

Add here: how raw Parquet is laid out and found again.
Keep out: who writes it (`sources/`, `assets/raw.py`), how dbt reads it (`warehouse/`).
"""
