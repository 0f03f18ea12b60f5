"""The spreadsheet source: files as people keep them, brought to the canonical entities.

Keep out: rules for one kind of file, cell or sheet, which belong into one of the rooms below. Add here:
nothing, not even an import: the child that reads workbooks (`formats/child.py`) starts in
milliseconds because this package brings nothing with it. The connector is in `connector.py`.

    places/   where files come from: a folder, a mailbox
    formats/  bytes to grids                       layout/   where the table stands, what headings mean
    values/   one cell, one column                 lists/    one record per row
    targets/  months as columns                    plan.py   which file is read as what
    reader.py one file, step by step               outcomes.py  what is said of each file
"""
