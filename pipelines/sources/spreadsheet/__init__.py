"""The spreadsheet source: files as people keep them, brought to the canonical entities.

Add here: nothing; a new ability belongs into the module whose charter names it.

    folder.py, mailbox.py, places.py  where files come from
    mail_*.py      one mailbox, one message         plan.py        which file is read as what
    file_kinds.py  kinds of files                   workbook.py    its sheets
    csv_text.py    text files                       faults.py      what is refused
    ooxml.py, biff.py  facts hidden in the formats  grid.py        one sheet
    layout.py      where the table stands           headings.py    what headings mean
    cells.py, moments.py, months.py, units.py       one cell       columns.py  one column
    rows.py        one record per row               targets.py     months as columns
    checks.py      sums                             outcomes.py    what is said of each file
"""

from pipelines.sources.spreadsheet.connector import SpreadsheetConnector

__all__ = ["SpreadsheetConnector"]
