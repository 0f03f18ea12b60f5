"""Everything that Dagster runs; see the house in docs/ and the charter of each module."""
