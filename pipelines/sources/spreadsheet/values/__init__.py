"""One cell or column to one value: amounts, units, dates, months.

Add here: one more way in which people write a value.
Keep out: where the cell stands (`layout/`), which rows count (`lists/`, `targets/`).
"""
