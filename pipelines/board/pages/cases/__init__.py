"""Pages about warnings: the list, one in full, answers, records, and signed links.

Add here: a page about warnings. Keep out: open cases on the first page and the agenda (`pages/`).
"""
