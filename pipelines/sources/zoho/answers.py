"""What Zoho's replies mean: empty bodies, errors with any status, throttling, dead tokens.

Add here: an error code that needs its own treatment. Keep out: rules of HTTP itself
(`http/rules.py`) and what is done about a refusal (the callers, by `Refusal.code`).

An error is a flat object `{"code", "message", "status": "error"}`, in newer files also the one item
of `data`; it may come with HTTP 200, so the body is looked at before the status.
"""

from __future__ import annotations

from typing import Any

from pipelines.language import text
from pipelines.sources.http import Reply, Verdict

NOTHING = (204, 304)  # no rows, nothing changed: no body
DEAD_TOKEN = {"INVALID_TOKEN", "AUTHENTICATION_FAILURE", "INVALID_OAUTHTOKEN"}
NOT_ALLOWED = {"NO_PERMISSION", "OAUTH_SCOPE_MISMATCH"}
NOT_THERE = {"INVALID_MODULE", "INVALID_URL_PATTERN", "MODULE_NOT_SUPPORTED", "NOT_SUPPORTED"}
STALE_PAGE = {"EXPIRED_VALUE", "TOKEN_BOUND_DATA_MISMATCH", "PAGINATION_LIMIT_EXCEEDED"}
GONE = {"RESOURCE_NOT_FOUND", "NOT_FOUND"}
_BUSY = {"TOO_MANY_REQUESTS", "RATE_LIMIT_EXCEEDED", "INTERNAL_ERROR"}
_CREDITS = "x-api-credits-remaining"

SCOPES = (
    "ZohoCRM.modules.READ, ZohoCRM.coql.READ, ZohoCRM.bulk.READ, ZohoCRM.settings.READ, "
    "ZohoCRM.users.READ, ZohoCRM.org.READ"
)
# What to do about codes with which a module is refused for want of a right.
STEPS = {
    "OAUTH_SCOPE_MISMATCH": text("sources.zoho.make_token_scopes", SCOPES=SCOPES),
    "NO_PERMISSION": text("sources.zoho.give_profile_integration_user_right"),
}


def error_of(content: Any) -> tuple[str, str] | None:
    """Code and message of an error in either form; None if the body is no error."""
    if not isinstance(content, dict):
        return None
    if "code" not in content:
        data = content.get("data")
        if not (isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict)):
            return None
        content = data[0]
    code, status = content.get("code"), content.get("status")
    if status != "error" or not isinstance(code, str):
        return None
    return code, str(content.get("message") or "")


class Judge:
    """Judges replies of the data interface; `spare` credits are left to the company's other programs."""

    def __init__(self, spare: int) -> None:
        self._spare = spare

    def __call__(self, reply: Reply) -> Verdict | None:
        left = reply.headers.get(_CREDITS, "")
        if left.isdigit() and int(left) < self._spare:
            return Verdict(
                "transient",
                text("sources.zoho.credits_left", left=left),
                text("sources.zoho.run_again_later_lower_spare"),
            )
        if reply.status in NOTHING:
            return Verdict("accept")
        if reply.status == 200 and "json" not in reply.content_type:
            return None
        error = error_of(reply.json_or_none())
        if error is None:
            return None
        code, message = error
        told = f"{code}: {message}" if message else code
        if code in DEAD_TOKEN:
            return Verdict(
                "login",
                told,
                text("sources.zoho.check_refresh_token_base_url"),
                code,
            )
        if code in _BUSY:
            return Verdict("retry", told, code=code)
        step = STEPS.get(code, "")
        return Verdict("permanent", told, step, code)


def judge_token(reply: Reply) -> Verdict | None:
    """What the accounts server means: it says with HTTP 200 or 400 what is wrong."""
    content = reply.json_or_none()
    if not isinstance(content, dict) or "access_token" in content or "error" not in content:
        return None
    error = str(content["error"])
    if error == "Access Denied":
        # Asking again lengthens the block.
        return Verdict(
            "transient",
            text("sources.zoho.too_many_tokens"),
            text("sources.zoho.wait_at_least_ten_minutes"),
            error,
        )
    steps = {
        "invalid_code": text("sources.zoho.make_new_refresh_token_this"),
        "invalid_client": text("sources.zoho.check_client_id_base_url"),
        "invalid_client_secret": text("sources.zoho.check_client_secret"),
        "missing_org_info": text("sources.zoho.enter_organisation_id_options_source"),
    }
    return Verdict(
        "permanent", error, steps.get(error, text("sources.http.check_credentials")), error
    )
