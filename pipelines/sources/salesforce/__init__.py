"""Salesforce, read by REST and Bulk API 2.0. Facts and rights: docs/sources/salesforce.md.

objects.py    which objects and fields        options.py   what sources.yml may say
selection.py  the select list                 login.py     the token
queries.py    requests, bulk.py query jobs    answers.py   what error codes mean
reading.py    one object                      regions.py   the region of a role
connector.py  the source as a whole           checking.py  `forewarn check`
"""

from pipelines.sources.salesforce.connector import SalesforceConnector
from pipelines.sources.salesforce.objects import TABLES

__all__ = ["TABLES", "SalesforceConnector"]
