"""Lists with one record a row: opportunities, orders, people; and their rows of totals.

Add here: one more kind of row that a list may have.
Keep out: target sheets of any shape (`targets/`).
"""
