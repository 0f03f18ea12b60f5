"""Salesforce, read by REST and Bulk API 2.0. Facts and rights: docs/sources/salesforce.md.

Add here: what is peculiar to this system. Keep out: requests, retries and rows as all systems have them
(`http/`, `records/`).

Modules: objects (fields) and tables (raw tables), options, login, answers (error codes), queries and
bulk (requests), selection (the select list), planning (whole or incremental), reading (one object),
gone (deletions), regions (of roles), checking (`forewarn check`), connector (the source as a whole).
"""

from pipelines.sources.salesforce.connector import SalesforceConnector
from pipelines.sources.salesforce.tables import TABLES

__all__ = ["TABLES", "SalesforceConnector"]
