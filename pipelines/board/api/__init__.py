"""The HTTP interface for other programs: marts and warnings as JSON, under /api/v1.

Add here: an address, a form of answer, and its description. Keep out: whose rows are whose
(`reading/slicing.py`), pages for people (`pages/`). It reads; nothing here changes anything.
"""
