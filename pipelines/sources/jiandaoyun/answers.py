"""What 简道云's error codes mean, and what an administrator can do about them.

Add here: a code and its remedy. Keep out: rules of HTTP itself (`http/rules.py`).
"""

from __future__ import annotations

from pipelines.sources.http import Reply, Verdict
from pipelines.sources.http.replies import Judge

TOO_MANY = "8303"
_BAD_KEY = {"8301", "8302"}
_NEXT_STEPS = {
    "1": "report this as a fault of the connector",
    "3005": "report this as a fault of the connector",
    "1010": "check that the member is still in the directory",
    "4001": "check the form's entry_id and that the key may read its application",
    "6002": "check that department 1 (the root) is visible to the key",
}


def judge(key: str) -> Judge:
    """The rules for a source whose API key stands in `key` (a variable's name, never its value)."""
    key_step = f"check the key in {key} under 开放平台 » 密钥管理: enabled, and the application in its scope"

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
            return Verdict("retry", said, "let other programs call less often", code=code)
        if reply.status == 401 or code in _BAD_KEY:
            # The key itself: it is not sent again.
            return Verdict("login", said, key_step, code=code or str(reply.status))
        if reply.status == 403:
            return Verdict("permanent", said, key_step, code=code or str(reply.status))
        if code:
            step = _NEXT_STEPS.get(code, "look the code up in the manual of the open platform")
            return Verdict("permanent", said, step, code=code)
        return None

    return verdict
