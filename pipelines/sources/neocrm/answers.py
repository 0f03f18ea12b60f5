"""What 销售易's answers mean: success differs per endpoint, and errors come with HTTP 200.

Add here: a code and what an administrator can do about it. Keep out: rules of HTTP itself.

Assumption: which code a dead token has within an answer of HTTP 200 is not known, so any refusal
whose message speaks of a token is taken for one; the client then logs in once and no more.
"""

from __future__ import annotations

import re
from typing import Any

from pipelines import language
from pipelines.sources.http import Reply, Verdict

NO_COLUMN = "290003"
SERVER_FAULT = "290007"
TOO_MANY_ROWS = "290012"
NO_RIGHTS = "290014"
NOT_THERE = {"290008", "290013", NO_RIGHTS}
TOO_OFTEN = "1020025"

_NEXT_STEPS = {
    NO_COLUMN: language.text("sources.neocrm.give_access_to_field"),
    "290008": language.text("sources.neocrm.object_not_open_xoql_ask"),
    NO_RIGHTS: language.text("sources.give_integration_user_read_access"),
}
_COLUMN = re.compile(r"column\s*\[([^\]]+)\]", re.IGNORECASE)
_QUERY = re.compile(r"/rest/data/v2(\.0)?/query\b")
_ZERO = re.compile(r"/rest/(metadata/|data/v2\.0/logs/)")


def success_codes(where: str) -> frozenset[str]:
    """The codes that mean success at an endpoint; numbers and texts are the same here."""
    if _QUERY.search(where):
        return frozenset({"200"})
    if _ZERO.search(where):
        return frozenset({"0"})
    return frozenset({"0", "200"})


def missing_column(cause: str) -> str | None:
    """The column that a refusal of code 290003 names."""
    match = _COLUMN.search(cause)
    return match.group(1).strip() if match else None


def judge(reply: Reply) -> Verdict | None:
    """What a data endpoint's reply means; None leaves it to the rules of HTTP."""
    content = reply.json_or_none()
    if not isinstance(content, dict):
        return None
    code, text = _error(content)
    if not code or reply.status >= 500 or reply.status in (401, 408, 429):
        return None
    if code in success_codes(reply.where):
        return Verdict("accept") if reply.status == 200 else None
    said = f"code {code}{', ' + text[:200] if text else ''}"
    if code == TOO_OFTEN:
        return Verdict(
            "retry",
            said,
            language.text("sources.neocrm.lower_requests_per_second_options"),
            code=code,
        )
    if code == SERVER_FAULT and not _QUERY.search(reply.where):
        # Of a query the page may have been too large (`tenant.py`); a list just failed.
        return Verdict("retry", said, language.text("sources.neocrm.run_again_later"), code=code)
    # Codes of 29.... are about the query, which may itself speak of a token.
    if "token" in text.lower() and not code.startswith("29"):
        step = language.text("sources.neocrm.look_another_program_logs_same")
        return Verdict("login", said, step, code=code)
    if code in ("408", "429", "500", "502", "503", "504"):
        return Verdict("retry", said, code=code)
    return Verdict("permanent", said, _NEXT_STEPS.get(code, ""), code=code)


def judge_login(reply: Reply) -> Verdict | None:
    """What the token endpoint's reply means. A refusal is never tried again: that locks accounts."""
    content = reply.json_or_none()
    if not isinstance(content, dict) or reply.status >= 500:
        return None
    error = content.get("error") or content.get("error_code")
    if not error:
        return None
    text = str(content.get("error_description") or content.get("message") or "")
    return Verdict(
        "permanent",
        f"{error}{', ' + text[:200] if text else ''}",
        language.text("sources.neocrm.check_client_id_client_secret"),
        code=str(error),
    )


def _error(content: dict[str, Any]) -> tuple[str, str]:
    code = content.get("code", content.get("error_code", ""))
    text = content.get("msg") or content.get("message") or content.get("errorInfo") or ""
    return "" if code is None else str(code), str(text)
