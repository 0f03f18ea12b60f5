"""The Dagster assets, one module per stage of the night; each takes `Settings` and returns assets.

Add here: a step of the night. Keep out: what a step does (its own room); here is when, and after what.
"""
