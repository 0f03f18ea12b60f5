"""Reads forms of a site with the vendor's own client, to JSON on standard output.

Run as a program of its own: the client turns off warnings for the whole process and prints what it
misses. Arguments: address of the site, data centre, user, application id, application secret. On
standard input: a list of queries; on standard output: for each the rows by ExecuteBillQuery and by
BillQuery.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from k3cloud_webapi_sdk.main import K3CloudApiSdk


def paged(ask: Any, query: dict[str, Any]) -> Any:
    """Pages by row number until an empty one, or the error that was answered instead."""
    rows: list[Any] = []
    while page := json.loads(ask({**query, "StartRow": len(rows)})):
        if isinstance(page, dict):
            return page
        rows += page
    return rows


def main(address: str, acct_id: str, user_name: str, app_id: str, app_secret: str) -> None:
    os.environ["NO_PROXY"] = "127.0.0.1"
    client = K3CloudApiSdk(address)
    client.InitConfig(acct_id, user_name, app_id, app_secret, address, org_num=100)
    queries = json.load(sys.stdin)
    answers = [
        {"rows": paged(client.ExecuteBillQuery, query), "named": paged(client.BillQuery, query)}
        for query in queries
    ]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
