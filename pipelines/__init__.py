"""Everything that Dagster runs; see the house in docs/design.md and the charter of each module.

Add here: a room for what no room holds yet. Keep out: loose modules, but for what every room needs.
"""
