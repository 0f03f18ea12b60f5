"""Zoho CRM (REST v8) as a source: read only, nightly.

Add here: what is needed to read Zoho CRM. Keep out: what several systems need (`sources/http/`) and
canonical meaning (dbt staging).

    options.py     what sources.yml may say      modules.py    what is read, and the raw tables
    centres.py     hosts of the data centres     login.py      tokens
    answers.py     what a reply means            session.py    asking
    metadata.py    fields as the org has them    walking.py    pages of records
    bulk.py        Bulk Read                     counting.py   what the system itself counts
    deletions.py   deleted records               lists.py      users, roles, stages, organisation
    loading.py     one module's load             checking.py   `forewarn check`
    connector.py   the whole
"""

from pipelines.sources.zoho.connector import ZohoConnector
from pipelines.sources.zoho.own_modules import TABLES

__all__ = ["TABLES", "ZohoConnector"]
