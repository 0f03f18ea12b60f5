"""The Dagster assets, one module per stage of the night; each takes `Settings` and returns assets."""
