"""Where sheets come from: a folder, a mailbox, both together.

Add here: one more place that files are fetched from.
Keep out: what stands in a file (`formats/`, `layout/`).
"""
