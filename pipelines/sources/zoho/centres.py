"""The hosts of Zoho's data centres: where data is read and where its tokens come from.

Add here: a data centre. Keep out: logging in (`login.py`).

A refresh token works only at the accounts host of its own data centre. Sandboxes and developer
editions put `sandbox.` or `developer.` in the place of `www.` and share the accounts host.
"""

from __future__ import annotations

from urllib.parse import urlsplit

# Domain of the API host, without its first part -> accounts host.
CENTRES: dict[str, str] = {
    "zohoapis.com": "accounts.zoho.com",
    "zohoapis.eu": "accounts.zoho.eu",
    "zohoapis.in": "accounts.zoho.in",
    "zohoapis.com.au": "accounts.zoho.com.au",
    "zohoapis.jp": "accounts.zoho.jp",
    "zohoapis.com.cn": "accounts.zoho.com.cn",
    "zohoapis.ca": "accounts.zohocloud.ca",
    "zohoapis.sa": "accounts.zoho.sa",
}


def centre_of(url: str) -> str | None:
    """The data centre of an API address, e.g. `zohoapis.eu`; None if it is none of Zoho's."""
    domain = (urlsplit(url).hostname or "").partition(".")[2]
    return domain if domain in CENTRES else None


def accounts_of(base_url: str) -> str:
    """Where the tokens for an API address come from; the address itself if it is none of Zoho's."""
    centre = centre_of(base_url)
    return f"https://{CENTRES[centre]}" if centre else base_url.rstrip("/")


def belongs(base_url: str, api_domain: str) -> bool:
    """Whether the address that a login names lies in the data centre that is configured."""
    centre = centre_of(base_url)
    if centre:
        return centre_of(api_domain) == centre
    return urlsplit(api_domain).netloc == urlsplit(base_url).netloc
