"""Source systems: one module or package per system, none of which knows Dagster.

Add here: a system, or what all systems share. Keep out: how loads are kept (`raw_zone/`), what rows mean (dbt).
"""
