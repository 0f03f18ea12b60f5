"""Publication: versions of the marts, the swap that makes one current, what else readers read from.

Add here: a place that readers read from.
Keep out: what the marts say (`dbt_project/`), whether they may go out (`quality/`).
"""
