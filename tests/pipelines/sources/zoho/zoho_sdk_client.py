"""Reads deals, tracker, users and deletions with Zoho's own client, to JSON on standard output.

Run as a program of its own: the client keeps its state in globals and in the working directory.
Arguments: address, refresh token, client id, client secret.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from zohocrmsdk.src.com.zoho.api.authenticator import OAuthToken
from zohocrmsdk.src.com.zoho.api.authenticator.store import FileStore
from zohocrmsdk.src.com.zoho.crm.api import HeaderMap, Initializer, ParameterMap, SDKConfig
from zohocrmsdk.src.com.zoho.crm.api.dc.data_center import DataCenter
from zohocrmsdk.src.com.zoho.crm.api.record import (
    GetDeletedRecordsParam,
    GetRecordsParam,
    RecordOperations,
)
from zohocrmsdk.src.com.zoho.crm.api.users import GetUsersParam, UsersOperations


def plain(value: Any) -> Any:
    if hasattr(value, "get_value"):
        value = value.get_value()
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if hasattr(value, "get_id"):
        return str(value.get_id())
    return value


def walk(module: str, fields: list[str]) -> dict[str, list[Any]]:
    found, token = {}, None
    while True:
        params = ParameterMap()
        for field in fields:
            params.add(GetRecordsParam.fields, field)
        params.add(GetRecordsParam.sort_by, "Modified_Time")
        params.add(GetRecordsParam.sort_order, "asc")
        if token:
            params.add(GetRecordsParam.page_token, token)
        page = RecordOperations(module).get_records(params, HeaderMap()).get_object()
        for record in page.get_data():
            values = record.get_key_values()
            found[str(record.get_id())] = [plain(values.get(field)) for field in fields]
        if not page.get_info().get_more_records():
            return found
        token = page.get_info().get_next_page_token()


def main(base: str, refresh_token: str, client_id: str, client_secret: str) -> None:
    Initializer.initialize(
        DataCenter.Environment(base, f"{base}/oauth/v2/token", base),
        OAuthToken(client_id=client_id, client_secret=client_secret, refresh_token=refresh_token),
        store=FileStore("tokens.txt"),
        sdk_config=SDKConfig(update_api_domain=False),
        resource_path=".",
    )
    everyone, gone = ParameterMap(), ParameterMap()
    everyone.add(GetUsersParam.type, "AllUsers")
    gone.add(GetDeletedRecordsParam.type, "all")
    users = UsersOperations().get_users(everyone, HeaderMap()).get_object().get_users()
    deleted = RecordOperations("Deals").get_deleted_records(gone, HeaderMap()).get_object()
    result = {
        "deals": walk("Deals", ["Deal_Name", "Stage", "Amount", "Owner", "Modified_Time"]),
        "history": walk("DealHistory", ["Potential_Name", "Stage", "Modified_Time"]),
        "users": [str(user.get_id()) for user in users],
        "deleted": [str(record.get_id()) for record in deleted.get_data()],
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
