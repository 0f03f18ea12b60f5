"""One night: its folder and fingerprint, the lock of the one writer, Dagster's home and event files.

Add here: what a night needs to start, to be told from another and to end cleanly; its upkeep.
Keep out: what a night does (`assets/`), where readers look (`publishing/`).
"""
