"""The shared HTTP layer of the systems that are read by API.

Add here: what at least two systems need to fetch pages safely and turn them into Arrow rows.
Keep out: addresses, objects, codes and fields of one system (its own package), Dagster and dlt.

    client.py      one request: limits, retries, one new login; transport.py sends it (allowed paths
                   only, bounded bodies), rules.py tells what its reply means
    auth.py        tokens that are reused and renewed once
    limiter.py     staying below a system's limits before it refuses
    replies.py     what a reply is, and what a system may judge about it
    retrying.py    how often and how long to wait
    redaction.py   nothing secret in a message
    paging.py      no page twice, no row twice, the next page fetched while this one is read
    cursors.py     where an incremental load starts and ends
    arrow_rows.py  JSON records or CSV text -> Arrow with a declared schema
                   (fields.py: what is declared, columns.py and values.py: conversion)
    batches.py     few large writes instead of many small ones
"""

from pipelines.sources.http.arrow_rows import Converted, Drift, RowShape
from pipelines.sources.http.auth import Auth, FixedAuth, Token, TokenAuth
from pipelines.sources.http.batches import Batches
from pipelines.sources.http.client import ReadOnlyClient
from pipelines.sources.http.cursors import Cursor, Window
from pipelines.sources.http.fields import Field
from pipelines.sources.http.limiter import Limiter, Rate
from pipelines.sources.http.paging import PageGuard, prefetched
from pipelines.sources.http.redaction import Redactor
from pipelines.sources.http.replies import Refusal, Reply, Verdict
from pipelines.sources.http.retrying import RetryPolicy
from pipelines.sources.http.transport import Outgoing, Timeouts

__all__ = [
    "Auth",
    "Batches",
    "Converted",
    "Cursor",
    "Drift",
    "Field",
    "FixedAuth",
    "Limiter",
    "Outgoing",
    "PageGuard",
    "Rate",
    "ReadOnlyClient",
    "Redactor",
    "Refusal",
    "Reply",
    "RetryPolicy",
    "RowShape",
    "Timeouts",
    "Token",
    "TokenAuth",
    "Verdict",
    "Window",
    "prefetched",
]
