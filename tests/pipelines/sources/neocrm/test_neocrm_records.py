"""Odd values of 销售易, codes of its answers, and what sources.yml may say."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.sources.http import Reply
from pipelines.sources.neocrm.answers import judge, missing_column
from pipelines.sources.neocrm.options import options_of
from pipelines.sources.neocrm.records import milliseconds, text_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOST = "https://api.xiaoshouyi.com"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["赢单"], "赢单"),
        (["电话", "微信"], "电话;微信"),
        ([], None),
        ([""], None),
        (1481294232240872, "1481294232240872"),
        (True, "true"),
        ({"id": 7, "label": "甲"}, "7"),
        ({"label": "甲"}, "甲"),
        ("a", "a"),
    ],
)
def test_texts(value: object, text: object) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1_790_003_600_000, 1_790_003_600_000),
        (1_790_003_600, 1_790_003_600_000),
        ("1790003600000", 1_790_003_600_000),
        ("1790003600", 1_790_003_600_000),
        (1_790_003_600_000.0, 1_790_003_600_000),
        ("2026-09-21 23:13:20", 1_790_003_600_000),
        ("2026-09-21T15:13:20+00:00", 1_790_003_600_000),
        ("", None),
        ("昨天", "昨天"),
    ],
)
def test_moments(value: object, moment: object) -> None:
    assert milliseconds(value, SHANGHAI) == moment


@pytest.mark.parametrize(
    ("path", "body", "action"),
    [
        ("/rest/data/v2.0/query/xoql", b'{"code":"200","data":null}', "accept"),
        ("/rest/data/v2.0/query/xoql", b'{"code":200,"data":null}', "accept"),
        ("/rest/data/v2.0/query/xoql", b'{"code":0,"data":null}', "permanent"),
        ("/rest/data/v2.0/logs/x/actions/query", b'{"code":"0","result":{}}', "accept"),
        ("/rest/data/v2.0/logs/x/actions/query", b'{"code":"200","result":{}}', "permanent"),
        ("/rest/metadata/v2.0/xobjects/filter", b'{"code":0}', "accept"),
        ("/rest/data/v2.0/xobjects/a/description", b'{"code":"0"}', "accept"),
        ("/rest/data/v2.0/query/xoql", b'{"code":1020025,"msg":"too often"}', "retry"),
        ("/rest/data/v2.0/query/xoql", b'{"code":"x","msg":"Token expired"}', "login"),
        ("/rest/data/v2.0/query/xoql", b'{"code":"290003","msg":"column [token__c]"}', "permanent"),
        ("/x", b'{"error_code":"1","message":"bad"}', "permanent"),
    ],
)
def test_success_differs_per_endpoint(path: str, body: bytes, action: str) -> None:
    verdict = judge(Reply(200, {}, body, HOST + path))
    assert verdict is not None
    assert verdict.action == action


def test_the_column_that_is_refused() -> None:
    cause = "code 290003, no such column [abc__c] on entity [opportunity]"
    assert missing_column(cause) == "abc__c"
    assert missing_column("something else") is None


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"unknown": 1}, "unknown"),
        ({"fields": {"deals": {}}}, "fields of one of"),
        ({"fields": {"opportunities": {"colour": "x__c"}}}, "colour"),
        ({"fields": {"opportunities": {"stage": "x y"}}}, "an apiKey such as"),
        ({"objects": {"users": {"object": "a__c", "fields": {}}}}, "objects for"),
        ({"objects": {"orders": {"object": "a__c", "fields": {"amount": "b__c"}}}}, "account_id"),
        ({"skip": ["opportunity"]}, "some of"),
        ({"timezone": "Mars/Base"}, "a time zone"),
        ({"login_base_url": "login"}, "an address that begins with https://"),
        ({"page_size": 5_000}, "page_size"),
    ],
)
def test_wrong_options_are_told(options: dict, told: str) -> None:
    source = Source(name="neo", system="neocrm", base_url=HOST, options=options)
    with pytest.raises(ConfigurationError, match=told):
        options_of(source)


def test_fields_may_be_given_by_object() -> None:
    given = {"fields": {"visitRecord": {"direction": "way__c"}}}
    source = Source(name="neo", system="neocrm", base_url=HOST, options=given)
    assert options_of(source).fields["visitRecord"]["direction"].plain == "way__c"
