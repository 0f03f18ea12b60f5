"""Target sheets of any shape: months as columns, one target a row, a matrix of people and months.

Add here: one more shape of a target sheet.
Keep out: lists of records (`lists/`).
"""
