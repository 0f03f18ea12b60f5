"""销售易 (Neocrm), read by XOQL. Facts and rights: docs/sources/neocrm.md.

Add here: what is peculiar to this system. Keep out: requests, retries and rows as all systems have them
(`http/`, `records/`).

objects.py    which objects and fields      options.py    what sources.yml may say
selection.py  the select list               login.py      the token
tenant.py     requests                      answers.py    what codes mean
records.py    odd values made plain         reading.py    one object
lists.py      stages, types, currencies     history.py    changes of fields
connector.py  the source as a whole         checking.py   `forewarn check`
"""

from pipelines.sources.neocrm.connector import NeocrmConnector
from pipelines.sources.neocrm.objects import TABLES

__all__ = ["TABLES", "NeocrmConnector"]
