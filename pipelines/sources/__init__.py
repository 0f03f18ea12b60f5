"""Source systems: one module or package per system, none of which knows Dagster."""
