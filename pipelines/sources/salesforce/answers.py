"""What Salesforce's answers mean: dead tokens, used-up allowances, refusals and their remedies.

Add here: an error code and what an administrator can do about it. Keep out: rules of HTTP itself.
"""

from __future__ import annotations

import re
from typing import Any

from pipelines import language
from pipelines.sources.http import Reply, Verdict
from pipelines.sources.record_types import RecordType

# Codes that the reader handles itself, so the caller gets them as a `Refusal` with this code.
GONE_LOCATOR = "INVALID_QUERY_LOCATOR"
TOO_SLOW = {"QUERY_TIMEOUT", "REQUEST_RUNNING_TOO_LONG"}
NOT_THERE = {"INVALID_TYPE", "NOT_FOUND"}
NO_BULK = {"INVALIDENTITY", "FUNCTIONALITY_NOT_ENABLED", "API_ERROR", "LIMIT_EXCEEDED"}

_NEXT_STEPS = {
    "INVALID_FIELD": language.text("sources.salesforce.give_access_to_field"),
    "INVALID_TYPE": language.text("sources.give_integration_user_read_access"),
    "INSUFFICIENT_ACCESS": language.text("sources.salesforce.give_access_to_objects"),
    "API_DISABLED_FOR_ORG": language.text("sources.salesforce.use_edition_api_access_give"),
    # A day's records that cannot be counted: at night, or with an index, they often can.
    **dict.fromkeys(TOO_SLOW, language.text("sources.salesforce.run_at_another_hour")),
    "GONE": language.text("sources.salesforce.set_newer_api_version_options"),
    "TXN_SECURITY_METERING_ERROR": language.text(
        "sources.salesforce.let_org_s_transaction_security"
    ),
    "UNSUPPORTED_API_VERSION": language.text("sources.salesforce.set_newer_api_version_options"),
}
_LOGIN_STEPS = {
    "invalid_client_id": language.text("sources.salesforce.check_client_id_consumer_key"),
    "invalid_client": language.text("sources.salesforce.check_client_secret_consumer_secret"),
    "invalid_grant": language.text("sources.salesforce.enable_client_credentials_flow_its"),
    "unsupported_grant_type": language.text("sources.salesforce.use_my_domain_address_as"),
    "inactive_user": language.text("sources.salesforce.activate_integration_user"),
    "inactive_org": language.text("sources.salesforce.org_locked_ask_its_administrator"),
}
_USAGE = re.compile(r"api-usage=(\d+)/(\d+)")


def usage(reply: Reply) -> float | None:
    """Share of the org's daily requests that are spent, by the reply's own header."""
    match = _USAGE.search(reply.headers.get("sforce-limit-info", ""))
    if not match or not int(match.group(2)):
        return None
    return int(match.group(1)) / int(match.group(2))


class Judge:
    """The rules of one source. `most`: share of the daily requests at which reading stops."""

    def __init__(self, most: float) -> None:
        self.most = most

    def __call__(self, reply: Reply) -> Verdict | None:
        if reply.status < 400:
            spent = usage(reply)
            if spent is not None and spent > self.most:
                return Verdict(
                    "transient",
                    language.text(
                        "sources.salesforce.spent", spent=f"{spent:.0%}", most=f"{self.most:.0%}"
                    ),
                    language.text("sources.salesforce.run_again_tomorrow_raise_most"),
                    code="REQUEST_LIMIT_EXCEEDED",
                )
            return None
        code, text = _error(reply.json_or_none())
        if reply.where.endswith("/oauth2/token"):
            return _login_verdict(reply, code, text)
        if reply.status == 401:
            next_step = language.text("sources.salesforce.check_integration_user_may_use")
            return Verdict("login", _said(reply, code, text), next_step, code=code)
        if code == "REQUEST_LIMIT_EXCEEDED":
            if "concurrent" in text.lower():
                return Verdict("retry", _said(reply, code, text), code=code, wait=60.0)
            return Verdict(
                "transient",
                _said(reply, code, text),
                language.text("sources.salesforce.org_s_daily_api_requests"),
                code=code,
            )
        if code in TOO_SLOW:
            return Verdict("permanent", _said(reply, code, text), code=code)
        if reply.status in (406, 408, 420, 429) or reply.status >= 500:
            return None
        if reply.status == 410 and not code:
            code = "GONE"
        return Verdict(
            "permanent",
            _said(reply, code, text),
            _NEXT_STEPS.get(code, ""),
            code=code or str(reply.status),
        )


def _error(content: Any) -> tuple[str, str]:
    """Code and text of an error body: REST's array, OAuth's object, or nothing that is known."""
    if isinstance(content, list) and content and isinstance(content[0], dict):
        return str(content[0].get("errorCode", "")), str(content[0].get("message", ""))
    if isinstance(content, dict):
        return str(content.get("error", "")), str(content.get("error_description", ""))
    return "", ""


def _said(reply: Reply, code: str, text: str) -> str:
    # The text of an error may quote the query with names of fields, never values of records.
    return " ".join(part for part in (f"HTTP {reply.status}", code, text[:200]) if part)


def _login_verdict(reply: Reply, code: str, text: str) -> Verdict | None:
    if not code:
        return None  # a gateway's answer, not the token endpoint's
    if reply.status >= 500 or code in ("server_error", "temporarily_unavailable"):
        return Verdict("retry", _said(reply, code, text), code=code)
    # Never again with the same credentials: that locks accounts.
    step = _LOGIN_STEPS.get(code, language.text("sources.http.check_credentials"))
    return Verdict("permanent", _said(reply, code, text), step, code=code)


def types_of(described: dict[str, Any]) -> tuple[RecordType, ...]:
    """The record types in a description. Records without one have no id, and are called Master."""
    return tuple(
        RecordType(
            "" if item.get("master") else str(item.get("recordTypeId")),
            tuple(str(item[key]) for key in ("developerName", "name") if item.get(key)),
        )
        for item in described.get("recordTypeInfos") or ()
    )
