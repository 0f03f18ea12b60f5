"""From bytes to grids: xlsx, xls, csv, and the values that ready readers hide.

Add here: one more kind of file.
Keep out: what a grid means (`layout/`), what a cell means (`values/`).
"""
