"""The tables of a night made by DuckDB in the night's own file: the first engine.

Add here: how a model becomes a table there, and when the last good one stands. Keep out: what the engines
share (`pipelines/warehouse/`), the other engine (`pipelines/warehouse/spark/`).
"""
