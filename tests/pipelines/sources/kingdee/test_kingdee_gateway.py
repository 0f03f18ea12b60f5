"""Signed requests of sites behind the gateway, by values that the vendor's own client gives."""

from __future__ import annotations

import pytest

from pipelines.sources.kingdee.gateway import client_key, headers_of

APP = "123456_AbCdEfGhIjKlMnOpQrStUvWxYz012345"
SECRET = "0123456789abcdef0123456789abcdef"
PATH = "/k3cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc"


def test_the_headers_are_those_of_the_vendors_client():
    assert client_key(APP) == ("123456", "MYCoJZeSGwXGBEGadoeaapeBWl5U7BoK")
    headers = headers_of(PATH, APP, SECRET, "60a1b2c3d4e5f6,bi_reader,2052,100", "1790000000")
    assert headers["X-Api-Signature"] == (
        "ZjMwNDQ5ZmQzODhjNTM5MGNjNzVlNmRlYmQ3M2Q0MDZiZWM5MWQwODBjYjc5N2MwMmUxYWFiNjllN2UwYzBjYg=="
    )
    assert headers["X-Kd-Appdata"] == "NjBhMWIyYzNkNGU1ZjYsYmlfcmVhZGVyLDIwNTIsMTAw"
    assert headers["X-Kd-Signature"] == (
        "MWVlYjc0YTY5MzU4ZjE3MTYxMWUyMzVjZWQwNDQzNWVkZjdjMWUwMDcxODYzMjlkYjY3N2QxYzBiNmI3ZTVjZg=="
    )
    assert SECRET not in str(headers)


@pytest.mark.parametrize("app", ["", "123456", "123456_short", "_" + "a" * 32])
def test_what_is_no_application_id_hides_no_key(app):
    with pytest.raises(ValueError, match="application id"):
        client_key(app)
