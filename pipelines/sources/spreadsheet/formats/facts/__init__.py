"""What a workbook's own bytes say and value readers hide: errors, formulas, hidden rows, dates, currencies.

Add here: one more file format, or one more such fact of a format. Keep out: the values themselves and which
sheets are meant (`workbook.py`).
"""
