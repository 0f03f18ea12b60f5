"""What sources.yml may say, and where data centres lie."""

from __future__ import annotations

import pytest

from pipelines.configuration.problems import ConfigurationError
from pipelines.configuration.sources import Source
from pipelines.sources.registry import connector_of, raw_tables
from pipelines.sources.zoho import TABLES, ZohoConnector
from pipelines.sources.zoho.centres import CENTRES, accounts_of, belongs
from pipelines.sources.zoho.options import options_of


def source(**options):
    return Source(
        name="crm", system="zoho", base_url="https://www.zohoapis.eu", auth={}, options=options
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"page_sise": 10}, "page_sise"),
        ({"page_size": 500}, "page_size"),
        ({"without": ["Deals"]}, "Calls"),
        ({"fields": {"deals": {}}}, "opportunities"),
        ({"fields": {"opportunities": {"color": "X"}}}, "product_line"),
        ({"fields": {"opportunities": {"product_line": "Product line"}}}, "API name"),
        ({"grant": "client_credentials"}, "organisation_id"),
        ({"history_time": "later"}, "history_time"),
        ({"accounts_url": "https://user@host"}, "accounts_url"),
    ],
)
def test_wrong_options_are_named(options, says):
    with pytest.raises(ConfigurationError, match=says):
        ZohoConnector(source(**options))


def test_without_options_the_defaults_hold():
    options = options_of(source())
    assert (options.api_version, options.overlap_minutes, options.bulk_from) == ("v8", 15, 10_000)


def test_the_registry_knows_the_connector_and_its_tables(settings):
    assert isinstance(connector_of(source(), settings), ZohoConnector)
    assert raw_tables("zoho") == tuple(TABLES)


@pytest.mark.parametrize(
    ("base_url", "accounts"),
    [
        ("https://www.zohoapis.com", "https://accounts.zoho.com"),
        ("https://sandbox.zohoapis.com.cn", "https://accounts.zoho.com.cn"),
        ("https://developer.zohoapis.ca", "https://accounts.zohocloud.ca"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_tokens_come_from_the_accounts_host_of_the_data_centre(base_url, accounts):
    assert accounts_of(base_url) == accounts


@pytest.mark.parametrize(
    ("base_url", "named", "answer"),
    [
        ("https://sandbox.zohoapis.eu", "https://www.zohoapis.eu", True),
        ("https://www.zohoapis.eu", "https://www.zohoapis.com", False),
        ("https://www.zohoapis.eu", "https://www.zohoapis.eu.evil.example", False),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", True),
        ("http://127.0.0.1:8080", "https://www.zohoapis.com", False),
    ],
)
def test_a_login_may_name_only_its_own_data_centre(base_url, named, answer):
    assert belongs(base_url, named) is answer


def test_every_data_centre_has_a_host_of_its_own():
    assert len(set(CENTRES.values())) == len(CENTRES)
