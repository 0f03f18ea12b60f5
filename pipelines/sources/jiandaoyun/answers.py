"""What 简道云's error codes mean, and what an administrator can do about them.

Add here: a code and its remedy. Keep out: rules of HTTP itself (`http/rules.py`).
"""

from __future__ import annotations

from pipelines.language import text
from pipelines.sources.http import Reply, Verdict
from pipelines.sources.http.replies import Judge

TOO_MANY = "8303"
_BAD_KEY = {"8301", "8302"}
_NEXT_STEPS = {
    "1": text("sources.report_this_as_fault_connector"),
    "3005": text("sources.report_this_as_fault_connector"),
    "1010": text("sources.jiandaoyun.check_member_still_directory"),
    "4001": text("sources.jiandaoyun.check_form_s_entry_id"),
    "6002": text("sources.jiandaoyun.check_department_1_root_visible"),
}


def judge(key: str) -> Judge:
    """The rules for a source whose API key stands in `key` (a variable's name, never its value)."""
    key_step = text("sources.jiandaoyun.check_key_under_enabled_application", key=key)

    def verdict(reply: Reply) -> Verdict | None:
        if reply.status == 429 or reply.status >= 500:
            return None
        content = reply.json_or_none()
        code = str(content.get("code", "")) if isinstance(content, dict) else ""
        said = f"HTTP {reply.status}"
        if code:
            said = f"{said}, code {code}, {str(content.get('msg', ''))[:200]}"
        if reply.status < 400 and code in ("", "0"):
            return None
        if code == TOO_MANY:
            return Verdict(
                "retry", said, text("sources.jiandaoyun.let_other_programs_call_less"), code=code
            )
        if reply.status == 401 or code in _BAD_KEY:
            # The key itself: it is not sent again.
            return Verdict("login", said, key_step, code=code or str(reply.status))
        if reply.status == 403:
            return Verdict("permanent", said, key_step, code=code or str(reply.status))
        if code:
            step = _NEXT_STEPS.get(code, text("sources.jiandaoyun.look_code_up"))
            return Verdict("permanent", said, step, code=code)
        return None

    return verdict
