"""金蝶云星空 (Kingdee Cloud Galaxy, WebAPI) as a source: read only, nightly.

Add here: what is needed to read one Kingdee site. Keep out: what several systems need
(`sources/http/`) and canonical meaning (dbt staging). Facts and rights: docs/sources/kingdee.md.

    forms.py      which forms and keys, and the raw tables   options.py   what sources.yml may say
    login.py      logging in, the site's time zone           answers.py   what a reply means
    site.py       asking: rows, fields of a form             selection.py keys as the site has them
    cells.py      cells -> Arrow rows                        paging.py    pages by key
    sweeping.py   all keys: deletions, silent changes        reading.py   one form's load
    regions.py    the region of a department                 checking.py  `forewarn check`
    connector.py  the source as a whole
"""

from pipelines.sources.kingdee.connector import KingdeeConnector
from pipelines.sources.kingdee.forms import TABLES

__all__ = ["TABLES", "KingdeeConnector"]
