"""The weekly progress and risk report.

Add here: what a reader of the report sees, one module per part. Keep out: how a figure or a level
comes about (dbt, `pipelines/alerting`), and Dagster.
"""
